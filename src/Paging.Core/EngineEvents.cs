using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>The events of a <see cref="PagingEngine"/>.</summary>
public static class EngineEvents
{
    /// <summary>Starts recording the faults, copies, reclaim, swapping and unmapping of all processes.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="capacity">The most events kept for <see cref="EventRecorder.Drain"/>; beyond that, the oldest are lost.</param>
    /// <exception cref="InvalidOperationException">There is a recorder already.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The capacity is not 1 to <see cref="EventRecorder.CapacityMax"/>.</exception>
    public static EventRecorder RecordEvents(this PagingEngine engine, int capacity = 4096)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(capacity, EventRecorder.CapacityMax);
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Machine.Events.Log is null
            ? new(engine.Parts.Machine, capacity)
            : throw new InvalidOperationException("This engine's events are being recorded already: dispose the other recorder first.");
    }
}
