using Paging.Scripting.Calls;

namespace Paging.Testing.Shrinking;

/// <summary>Takes calls out of a script so that the rest still names the right processes.</summary>
internal static class ScriptEdit
{
    /// <summary>
    /// The script without the calls for which the function returns true, and without the processes that are then never made.
    /// </summary>
    /// <remarks>The n-th fork makes process n: a fork that goes takes the calls of its child along, and later children move up.</remarks>
    public static List<ScenarioCall> Without(IReadOnlyList<ScenarioCall> script, Func<int, bool> isDropped)
    {
        const int none = -1;
        List<ScenarioCall> kept = new(script.Count);
        List<int> newNumbers = [0];
        int made = 0;
        for (int i = 0; i < script.Count; i++)
        {
            ScenarioCall call = script[i];
            int process = call.Process < newNumbers.Count ? newNumbers[call.Process] : none;
            bool stays = process != none && !isDropped(i);
            if (call.Name == CallName.Fork) newNumbers.Add(stays ? ++made : none);
            if (stays) kept.Add(call with { Process = process });
        }

        return kept;
    }

    /// <summary>The script in which the parent makes the calls of a child, which is never made.</summary>
    public static List<ScenarioCall> Adopted(IReadOnlyList<ScenarioCall> script, int child)
    {
        int made = 0, parent = 0;
        List<ScenarioCall> adopted = [];
        foreach (ScenarioCall call in script)
        {
            bool isBirth = call.Name == CallName.Fork && ++made == child;
            if (isBirth) parent = call.Process;
            if (!isBirth) adopted.Add(call with
            {
                Process = call.Process == child ? parent : call.Process > child
                ? call.Process - 1 : call.Process
            });
        }

        return adopted;
    }

    /// <summary>The script without a chunk of calls.</summary>
    public static List<ScenarioCall> WithoutChunk(IReadOnlyList<ScenarioCall> script, int first, int count) =>
        Without(script, index => index >= first && index < first + count);

    /// <summary>The script with another call in one place.</summary>
    public static List<ScenarioCall> With(IReadOnlyList<ScenarioCall> script, int index, ScenarioCall call) =>
        [.. script.Take(index), call, .. script.Skip(index + 1)];
}
