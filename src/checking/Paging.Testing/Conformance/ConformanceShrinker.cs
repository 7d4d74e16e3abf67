using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;

namespace Paging.Testing.Conformance;

/// <summary>Finds the smallest script with which an adapter breaks a rule; the oracle recomputes the expected results.</summary>
/// <param name="run">The adapter.</param>
/// <param name="oracle">The model, or the host's kernel.</param>
/// <param name="budget">The time that it may take.</param>
public sealed class ConformanceShrinker(ConformanceRun run, MachineSet oracle, TimeSpan budget)
{
    /// <summary>Returns a break of the same rule in as few calls as were found; the one given if it does not happen again.</summary>
    public ConformanceBreak Shrink(ConformanceBreak found)
    {
        ConformanceBreak best = found;
        Shrinker shrinker = new(candidate => Narrow(found, candidate, ref best), budget);
        shrinker.Shrink([.. found.Script.Calls.Take(found.CallIndex + 1)]);
        return best;
    }

    private List<ScenarioCall>? Narrow(ConformanceBreak wanted, List<ScenarioCall> candidate, ref ConformanceBreak best)
    {
        ScenarioHeader header = wanted.Script.Header;
        LockstepOptions machines = ConformanceScript.MachinesFor(oracle, header);
        ConformanceScript script = ConformanceScript.Replay(wanted.Script.Name, machines, header, candidate);
        if (script.Calls.Count == 0 || run.FindBreak(script, out _) is not { } again || again.Rule != wanted.Rule) return null;
        best = again;
        return [.. script.Calls.Take(again.CallIndex + 1)];
    }
}
