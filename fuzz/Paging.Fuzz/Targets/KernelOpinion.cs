using Paging.HostKernel;
using Paging.Scripting.Calls;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>Asks this host's kernel which is right where the engine and the model differ.</summary>
internal static class KernelOpinion
{
    /// <summary>Names the wrong one, or the reason why the kernel cannot decide; empty for findings that are no such difference.</summary>
    /// <param name="header">Where the script begins.</param>
    /// <param name="outcome">The shrunk script, with the model's results.</param>
    public static string On(ScenarioHeader header, ReplayOutcome outcome)
    {
        if (outcome.Failure is not { Kind: FailureKind.Difference } failure) return "";
        if (header.UsesHugePages) return "\n  the host's kernel was not asked: it would need a pool and huge pages of its own";
        if (header.Lowest is not null) return "\n  the host's kernel was not asked: it has no other bounds than its own";
        if (!HostKernelProbe.TryProbe(out string reason)) return $"\n  the host's kernel was not asked: {reason}";
        using HostKernelMachine machine = new();
        machine.Start(header);
        for (int i = 0; i < outcome.Calls.Count; i++)
        {
            ScriptResult answer = machine.Execute(outcome.Calls[i]);
            if (answer.Kind == CallResultKind.Unsupported) return $"\n  the host's kernel was not asked: it cannot run {outcome.Calls[i]}";
            bool isLast = i == outcome.Calls.Count - 1, agrees = outcome.Results[i].Agrees(answer);
            if (!isLast && !agrees) return $"\n  the host's kernel disagrees with both at call {i + 1}, {outcome.Calls[i]}: {answer}";
            if (!isLast) continue;
            bool isEngines = failure.Actual.StartsWith(answer.ToString(), StringComparison.Ordinal);
            return agrees ? "\n  the host's kernel agrees with the model: the engine is wrong"
                : isEngines ? "\n  the host's kernel agrees with the engine: the model is wrong"
                : $"\n  the host's kernel disagrees with both: {answer}";
        }

        return "";
    }
}
