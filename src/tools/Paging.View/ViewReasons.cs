using Paging.Pictures.Snapshots;
using Paging.Scripting.Calls;

namespace Paging.View;

/// <summary>Answers why a step ended as it did: the rule of its call, and those of the faults that it took.</summary>
internal static class ViewReasons
{
    /// <summary>The rules, from <see cref="LinuxReasons"/>.</summary>
    /// <param name="step">The step, with its result.</param>
    /// <param name="call">Its arguments; null if they are not known, so that an error names what it can mean.</param>
    /// <param name="before">The machine before the step; null: its faults are not reported.</param>
    /// <param name="now">The machine after it.</param>
    public static IEnumerable<string> Of(ViewedStep step, ScenarioCall? call, MachineView? before, MachineView now)
    {
        if (LinuxReasons.Find(step.Name, OutcomeOf(step.Result), call) is { } reason) yield return reason.ToString();
        if (before is null) yield break;
        foreach ((string counter, LinuxReason fault) in LinuxReasons.Faults)
        {
            long count = now.Counter(counter) - before.Counter(counter);
            if (count > 0) yield return $"{counter} +{count}: {fault}";
        }
    }

    /// <summary>The error or the signal of a result as it stands after <c>=</c>; empty for success.</summary>
    internal static string OutcomeOf(string? result)
    {
        string[] words = (result ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words is ["-1", { } error, ..] ? error
            : words is [['S', 'I', 'G', ..], { } kind, ..] ? kind
            : "";
    }
}
