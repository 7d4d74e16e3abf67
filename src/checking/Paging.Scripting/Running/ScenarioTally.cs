using Paging.Core;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Running;

/// <summary>Counts executed calls, over any number of scenarios.</summary>
public sealed class ScenarioTally
{
    private readonly long[] _calls = new long[ScriptCalls.All.Length];
    private readonly long[] _signals = new long[(int)MemoryFaultKind.BusError + 1];

    /// <summary>Calls that failed with an error.</summary>
    public long ErrorCount { get; private set; }

    /// <summary>Calls with a recorded result, with which theirs was compared.</summary>
    public long ComparedCount { get; private set; }

    /// <summary>The number of times that a call was executed.</summary>
    public long CountOf(CallName name) => _calls[(int)name];

    /// <summary>The number of accesses that ended in a signal of that kind.</summary>
    public long CountOf(MemoryFaultKind kind) => _signals[(int)kind];

    internal void Add(in ScenarioCall call, in ScriptResult result, bool isCompared)
    {
        _calls[(int)call.Name]++;
        if (isCompared) ComparedCount++;
        if (result.Kind == CallResultKind.Error) ErrorCount++;
        if (result.Kind == CallResultKind.Signal) _signals[result.Extra]++;
    }
}
