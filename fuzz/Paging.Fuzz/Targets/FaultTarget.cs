using Paging.Scripting.Calls;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz;

/// <summary>
/// Short scenarios in which every allocation fails once: right errors, clean audits, no leaks, and a retry that succeeds.
/// </summary>
internal sealed class FaultTarget : SeedTarget
{
    private const int CallCountMax = 50;
    private static readonly LockstepOptions WithModel = new(MachineSet.Model);

    public override string Name => "faults";

    public override string Description => "every allocation of every call of a short scenario fails once (outcomes are those of the " +
        "refused calls; 'unsupported' is out of memory)";

    protected override Coverage NewCoverage() => CallOutcomes.NewCoverage(listsUnseen: false);

    protected override FailureReport? RunSeed(FuzzOptions options, ulong seed, long operationCountMax, RunCounters counters,
        EngineShelf engines)
    {
        ScenarioRun run = new(SwarmTheme.Everything, WithModel, auditInterval: 0);
        RunCounters ignored = new(NewCoverage());
        FuzzFailure? failure = run.Run(seed, CallCountMax, ignored, engines);
        counters.ScenarioCount++;
        counters.RefusedCount += ignored.RefusedCount;
        failure ??= Sweep(run.Header, run.Calls, counters).Failure;
        if (failure is null) return null;

        FailureScript script =
            FailureScript.Shrink(run.Header, run.Calls, failure, candidate =>
            Sweep(run.Header, candidate, counters: null), options.ShrinkBudget);
        counters.ShrinkTime += script.Time;
        string path = script.WriteTo(options.OutDirectory, $"{Name}-{seed}");
        return new(seed, 1, $"{script.Outcome.Failure ?? failure}\n  {script.Summary}", path);
    }

    private static ReplayOutcome Sweep(ScenarioHeader header, List<ScenarioCall> calls, RunCounters? counters)
    {
        ReplayOutcome plain = ScriptReplay.Run(WithModel, header, calls);
        if (plain.Failure is not null) return plain;
        InjectionSweep sweep = new(header, plain.Calls, plain.Results)
        {
            Refused = (call, result) =>
            {
                if (counters is null) return;
                counters.OperationCount++;
                counters.AuditCount++;
                counters.Coverage.Add((int)call.Name, CallOutcomes.Of(result));
            },
        };
        return plain with { Failure = sweep.Run() };
    }
}
