namespace Paging.Core.Threads;

/// <summary>Threads whose faults wait outside the slow path until another thread has made a hold there.</summary>
/// <remarks>A hold may have supplied the page, so each fault is retried. Linux: wait_on_page_bit, and the retry after it.</remarks>
internal sealed class FaultWaits
{
    private readonly object _change = new();
    private long _holds;    // written on the slow path, under _change; waiters read it under _change

    /// <summary>The number of threads that wait.</summary>
    public int Count { get; private set; }

    /// <summary>On the slow path: registers the calling thread as a waiter. Returns the argument of <see cref="TryAwait"/>.</summary>
    public long Begin()
    {
        Count++;
        return _holds;
    }

    /// <summary>On the slow path: wakes all waiters, which then retry.</summary>
    public void Wake()
    {
        lock (_change)
        {
            _holds++;
            Count = 0;    // each retries, and registers again if it still has to wait
            Monitor.PulseAll(_change);
        }
    }

    /// <summary>Outside the slow path: waits until a hold was made since <see cref="Begin"/>.</summary>
    /// <returns>False after a timeout.</returns>
    public bool TryAwait(long seen, TimeSpan atMost)
    {
        int milliseconds = (int)Math.Clamp(atMost.TotalMilliseconds, 0, int.MaxValue);
        lock (_change)
        {
            if (_holds == seen) Monitor.Wait(_change, milliseconds);    // only another hold ends it early
            return _holds != seen;
        }
    }
}
