using System.Diagnostics;
using Paging.Core.Composition;
using Paging.Core.Spaces;
using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>Records the events of an engine, until it is disposed.</summary>
/// <remarks>
/// Cost: some nanoseconds per event, no allocation. Without a recorder, a test for null per fault. Hits never pay.
/// Not thread-safe; see <see cref="PagingEngine"/>. Linux: the tracepoints exceptions:page_fault_user and mm_vmscan_*.
/// </remarks>
[DebuggerDisplay("{Count} events, {LostCount} lost")]
public sealed class EventRecorder : IDisposable
{
    /// <summary>The most events that a recorder can hold.</summary>
    public const int CapacityMax = 1 << 20;

    private readonly MachineParts _machine;
    private readonly EventLog _log;

    internal EventRecorder(MachineParts machine, int capacity)
    {
        _machine = machine;
        _log = new(capacity);
        Switch(_log);
    }

    /// <summary>The number of events that wait to be drained.</summary>
    public int Count => _log.Count;

    /// <summary>The number of events that were lost because they were not drained in time.</summary>
    public long LostCount => _log.LostCount;

    /// <summary>Hands the recorded events to a sink, the oldest first, and drops them. Works after <see cref="Dispose"/>, too.</summary>
    /// <returns>The number of events.</returns>
    /// <remarks>The sink may call the engine; events of these calls are left to the next drain.</remarks>
    public int Drain<TSink>(ref TSink sink) where TSink : struct, IEngineEventSink, allows ref struct
    {
        int count = _log.Count;    // not asked again: the sink's own calls may add events without end
        for (int i = 0; i < count; i++)
        {
            if (!_log.TryTake(out EngineEvent oldest)) return i;
            sink.Take(oldest);
        }

        return count;
    }

    /// <summary>Ends the recording.</summary>
    public void Dispose()
    {
        if (_machine.Events.Log != _log || !_machine.Callers.TryHoldToDispose(out SlowPathHold hold)) return;
        using (hold)
        {
            if (_machine.Events.Log == _log) Switch(null);    // another thread may have disposed it
        }
    }

    private void Switch(EventLog? log)
    {
        _machine.Events.Log = log;
        foreach (Space space in _machine.Spaces.All) space.Events = log;    // also of spaces that wait for reuse
    }
}
