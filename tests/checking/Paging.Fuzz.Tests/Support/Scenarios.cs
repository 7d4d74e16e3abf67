using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;

namespace Paging.Fuzz.Tests;

/// <summary>Scenarios for tests: from a seed, or from lines.</summary>
internal static class Scenarios
{
    public static readonly LockstepOptions Alone = new(MachineSet.EngineOnly);

    public static readonly LockstepOptions WithModel = new(MachineSet.Model);

    /// <summary>The calls of a seed's scenario.</summary>
    public static IReadOnlyList<ScenarioCall> CallsOf(ulong seed) => RunOf(seed).Calls;

    /// <summary>The scenario of a seed as a file, results and all.</summary>
    /// <remarks>For the results every call is made once more with an audit after it, which takes seconds.</remarks>
    public static string TextOf(ulong seed)
    {
        ScenarioRun run = RunOf(seed);
        using StringWriter writer = new();
        RegressionFile.ToDocument("test", run.Header, ScriptReplay.Run(Alone, run.Header, run.Calls),
            $"seed {seed}").Write(writer);
        return writer.ToString();
    }

    private static ScenarioRun RunOf(ulong seed)
    {
        ScenarioRun run = new(SwarmTheme.Everything, Alone, auditInterval: 0);
        run.Run(seed, long.MaxValue, new(CallOutcomes.NewCoverage()));
        return run;
    }

    /// <summary>Calls as a file has them.</summary>
    public static List<ScenarioCall> Calls(params string[] lines) => [.. lines.Select(ScenarioParser.ParseCall)];

    /// <summary>A world in which the calls have been executed.</summary>
    public static LockstepMachines After(params string[] lines) => After(Alone, lines);

    /// <summary>A world of some machines in which the calls have been executed.</summary>
    public static LockstepMachines After(LockstepOptions options, string[] lines) => After(options, ScenarioHeader.Default, lines);

    /// <summary>A world that begins as a header says.</summary>
    public static LockstepMachines After(LockstepOptions options, in ScenarioHeader header, string[] lines)
    {
        LockstepMachines machines = new(options, header);
        foreach (ScenarioCall call in Calls(lines))
            Xunit.Assert.Null(machines.Execute(call, out _));
        return machines;
    }
}
