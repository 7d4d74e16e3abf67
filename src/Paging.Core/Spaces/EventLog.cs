using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The last events of an engine, in a ring that is made once. When it is full, the oldest ones are lost, and counted.</summary>
/// <remarks>Exists only while the host records; the parts that report events find null otherwise.</remarks>
internal sealed class EventLog(int capacity)
{
    private readonly EngineEvent[] _ring = new EngineEvent[capacity];
    private int _first;

    public int Count { get; private set; }

    public long LostCount { get; private set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Note(EngineEventKind kind, int processId, PageRange pages, FrameNumber frame = default) =>
        Add(new(kind, processId, pages, frame));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void NoteFault(EngineEventKind kind, int processId, PageNumber page, AccessKind access, MemoryFaultKind refusal) =>
        Add(new(kind, processId, new(page, PageCount.One), default, access, refusal));

    /// <summary>Takes the oldest event. Returns false if there is none.</summary>
    public bool TryTake(out EngineEvent oldest)
    {
        oldest = default;
        if (Count == 0) return false;
        oldest = _ring[_first];
        _first = (_first + 1) % _ring.Length;
        Count--;
        return true;
    }

    private void Add(in EngineEvent added)
    {
        if (Count == _ring.Length)
        {
            _ = TryTake(out _);
            LostCount++;
        }

        _ring[(_first + Count) % _ring.Length] = added;
        Count++;
    }
}

/// <summary>Holds the log of an engine while there is one.</summary>
internal sealed class EventSwitch
{
    public EventLog? Log { get; set; }
}
