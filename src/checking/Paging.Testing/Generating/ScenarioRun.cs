using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Counting;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Testing.World;

namespace Paging.Testing.Generating;

/// <summary>Makes the scenario of a seed and executes it on the way: each call depends on the effects of those before it.</summary>
/// <param name="theme">The kind of scenario.</param>
/// <param name="options">The machines.</param>
/// <param name="auditInterval">See <see cref="AuditSchedule"/>.</param>
internal sealed class ScenarioRun(SwarmTheme theme, LockstepOptions options, int auditInterval)
{
    private const ulong BoundsSeed = 0xB0B0_0D5E;

    /// <summary>The calls of the last scenario.</summary>
    public List<ScenarioCall> Calls { get; private set; } = [];

    /// <summary>The start of the last scenario.</summary>
    public ScenarioHeader Header { get; private set; } = ScenarioHeader.Default;

    /// <summary>The machines of the last scenario.</summary>
    public LockstepOptions Machines { get; private set; } = new(MachineSet.EngineOnly);

    /// <summary>Runs a seed's scenario to its end, to its first failure, or up to a number of calls.</summary>
    /// <param name="seed">The scenario.</param>
    /// <param name="callCountMax">Calls.</param>
    /// <param name="counters">The counters to which the executed operations are added.</param>
    /// <param name="engines">The shelf that the engine is taken from, and put back on if nothing was found; null: a new engine.</param>
    public FuzzFailure? Run(ulong seed, long callCountMax, RunCounters counters, EngineShelf? engines = null)
    {
        FuzzRandom random = new(seed);
        EngineOptions drawn = Swarm.DrawEngine(EngineShelf.BlockOf(seed));
        bool isOurs = !options.Set.HasFlag(MachineSet.Host), isShort = options.SwapByteLength != 0 || options.IsShort;
        bool mayBeHuge = options.MayHaveHugePages && !isShort && !options.IsUsual;
        ulong block = EngineShelf.BlockOf(seed);
        HugeSetting? huge = !mayBeHuge ? null : isOurs ? HugeSetting.Draw(block, drawn.Tables) : HugeSetting.DrawForHost(block);
        if (huge is not null && !isOurs) drawn = drawn with { Tables = TableFormat.Pae };    // with lines as long as the host's
        bool hasBounds = mayBeHuge && isOurs && huge is null && options.Set == MachineSet.Model && block % 8 == 3;
        Swarm swarm = new(random, theme, huge, hasBounds ? seed ^ BoundsSeed : null);
        AuditSchedule schedule = new(auditInterval, random, isLarge: swarm.HugeBytes != 0);
        Header = swarm.Header;
        if (isShort || !isOurs) drawn = drawn with { Overcommit = OvercommitMode.Always };    // the model has no swap
        Machines = options.IsUsual ? options : options with
        {
            Engine = isOurs
                ? drawn with { MaxMapCount = swarm.AreaCountMax }
                : drawn with { FaultAroundPages = new EngineOptions().FaultAroundPages },
        };
        Calls = engines?.Calls ?? Calls;
        Calls.Clear();
        // pressure leaves traces that are meant to stay
        EngineShelf? shelf = options.SwapByteLength == 0 && !options.IsShort ? engines : null;
        using LockstepMachines machines = new(Machines, Header, shelf, seed);
        ScenarioGenerator generator = new(machines.World, swarm, random);
        FuzzFailure? failure = null;
        long callCount = Math.Min(swarm.CallCount, callCountMax);
        while (Calls.Count < callCount && failure is null && !machines.World.IsUsedUp)
        {
            ScenarioCall call = generator.Next();
            Calls.Add(call);
            failure = machines.Execute(call, out ScriptResult result);
            CallOutcomes.Count(counters.Coverage, call, result);
            if (failure is not null || !schedule.IsDue(Calls.Count - 1)) continue;
            counters.AuditCount++;
            failure = machines.Audit(call);
        }

        if (failure is null && schedule.Audits && Calls.Count > 0) failure = machines.Finish(Calls[^1]);
        if (failure is null && shelf is not null && Calls.Count > 0) failure = machines.GiveBack(shelf, Calls[^1]);
        counters.OperationCount += Calls.Count;
        counters.ScenarioCount++;
        counters.RefusedCount += generator.RefusedCount;
        return failure;
    }
}
