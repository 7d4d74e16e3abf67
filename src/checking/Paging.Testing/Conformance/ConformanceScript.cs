using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;

namespace Paging.Testing.Conformance;

/// <summary>A scenario with the result that each call must have.</summary>
/// <param name="Name">The file, or the seed.</param>
/// <param name="Family">Recordings of one kind: <c>fork-s1</c> and <c>fork-s2</c> are of the family <c>fork</c>.</param>
/// <param name="Header">The state in which it begins.</param>
/// <param name="Calls">The calls.</param>
/// <param name="Expected">The result of each; <see cref="CallResultKind.None"/> where nothing was recorded.</param>
public sealed record ConformanceScript(string Name, string Family, ScenarioHeader Header, IReadOnlyList<ScenarioCall> Calls,
    IReadOnlyList<ScriptResult> Expected)
{
    private const ulong RamWithHugePages = 128 << 20;

    /// <summary>The recordings that this assembly carries, in the order of their names.</summary>
    public static IEnumerable<ConformanceScript> Recordings => ScenarioCorpus.Documents.Select(Of);

    /// <summary>A recording.</summary>
    public static ConformanceScript Of(ScenarioDocument document)
    {
        ScenarioLine[] lines = [.. document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call)];
        string name = Path.GetFileNameWithoutExtension(document.FileName);
        ScenarioHeader header = document.Header with { AsksForHugePages = document.AsksForHugePages };
        return new(name, FamilyOf(name), header, [.. lines.Select(static line => line.Call)],
            [.. lines.Select(static line => line.Recorded)]);
    }

    /// <summary>The scenario of a seed, with the results of the model or of the host's kernel.</summary>
    public static ConformanceScript Generate(ulong seed, MachineSet oracle)
    {
        LockstepOptions machines = new(oracle) { IsUsual = true };
        ScenarioRun run = new(SwarmTheme.Everything, machines, 0);
        run.Run(seed, long.MaxValue, new RunCounters(CallOutcomes.NewCoverage()));
        return Replay($"seed {seed}", machines, run.Header, run.Calls);
    }

    /// <summary>Given calls, with the results of an oracle; calls whose results the dialect leaves open are skipped.</summary>
    internal static ConformanceScript Replay(
        string name, LockstepOptions machines, ScenarioHeader header, IReadOnlyList<ScenarioCall> calls)
    {
        ReplayOutcome outcome = ScriptReplay.Run(machines, header, calls, audits: false);
        return new(name, "generated", header, outcome.Calls, outcome.Results);
    }

    /// <summary>
    /// The same without some calls, and with the oracle's results. Calls of children that are then never made are left out too.
    /// </summary>
    /// <remarks>Leaving out an inspection does not change other results, so a recording keeps the kernel's.</remarks>
    /// <param name="oracle">The source of the expected results.</param>
    /// <param name="isLeftOut">True for a call to leave out.</param>
    public ConformanceScript Without(MachineSet oracle, Func<int, bool> isLeftOut)
    {
        int[] left = [.. Enumerable.Range(0, Calls.Count).Where(isLeftOut)];
        if (left.All(index => IsQuery(Calls[index].Name)))
        {
            int[] rest = [.. Enumerable.Range(0, Calls.Count).Except(left)];
            return this with { Calls = [.. rest.Select(index => Calls[index])], Expected = [.. rest.Select(index => Expected[index])] };
        }

        List<ScenarioCall> kept = [];
        bool hasChildren = true;
        for (int i = 0; i < Calls.Count; i++)
        {
            if (isLeftOut(i)) hasChildren &= Calls[i].Name != CallName.Fork;
            else kept.Add(Calls[i]);
        }

        if (!hasChildren) kept.RemoveAll(static call => call.Process != 0 || call.Name == CallName.Fork);
        return Replay(Name, MachinesFor(oracle, Header), Header, kept) with { Family = Family };
    }

    /// <summary>
    /// The machines that recompute the expected results of a scenario. Huge pages have the recordings' size, the pool has room.
    /// </summary>
    internal static LockstepOptions MachinesFor(MachineSet oracle, ScenarioHeader header)
    {
        LockstepOptions machines = new(oracle);
        return !header.UsesHugePages ? machines
            : machines with { RamByteLength = RamWithHugePages, Engine = machines.Engine with { Tables = TableFormat.Pae } };
    }

    // Faults counts from zero afterwards.
    private static bool IsQuery(CallName name) =>
        name is CallName.Fsize or (>= CallName.Maps and <= CallName.Smaps and not CallName.Faults);

    private static string FamilyOf(string name)
    {
        int end = name.LastIndexOf("-s", StringComparison.Ordinal);
        if (end > 0 && name.AsSpan(end + 2).IndexOfAnyExceptInRange('0', '9') < 0) return name[..end];
        return name.StartsWith("hand-", StringComparison.Ordinal) ? "hand" : name.Split('-')[0];
    }
}
