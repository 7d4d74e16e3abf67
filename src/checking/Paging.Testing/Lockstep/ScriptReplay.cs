using Paging.Scripting.Calls;
using Paging.Testing.World;

namespace Paging.Testing.Lockstep;

/// <summary>The outcome of a script.</summary>
/// <param name="Calls">The calls that were executed, up to the failure; those that the dialect leaves open were passed over.</param>
/// <param name="Results">The oracle's result of each; the engine's own without an oracle.</param>
/// <param name="Failure">The failure, if there was one.</param>
internal sealed record ReplayOutcome(List<ScenarioCall> Calls, List<ScriptResult> Results, FuzzFailure? Failure);

/// <summary>Executes a given script on a set of machines.</summary>
internal static class ScriptReplay
{
    /// <param name="options">The machines.</param>
    /// <param name="header">The state in which the script begins.</param>
    /// <param name="script">The calls.</param>
    /// <param name="limited">Skip calls whose result the dialect leaves open. A script written by hand is executed as it is.</param>
    /// <param name="audits">Audit after every call, and check at the end that no resource is left.</param>
    public static ReplayOutcome Run(LockstepOptions options, ScenarioHeader header, IReadOnlyList<ScenarioCall> script, bool limited = true,
        bool audits = true)
    {
        using EngineShelf engines = new();
        using LockstepMachines machines = new(options, header, engines);
        List<ScenarioCall> calls = [];
        List<ScriptResult> results = [];
        FuzzFailure? failure = null;
        foreach (ScenarioCall call in script)
        {
            if (limited && DialectLimits.Of(machines.World, call) != DialectLimit.None) continue;
            failure = machines.Execute(call, out ScriptResult result);
            calls.Add(call);
            results.Add(result);
            if (audits) failure ??= machines.Audit(call);
            if (failure is not null || machines.World.IsStopped) break;
        }

        if (failure is null && audits && calls.Count > 0) failure = machines.Finish(calls[^1]) ?? machines.GiveBack(engines, calls[^1]);
        return new(calls, results, failure);
    }
}
