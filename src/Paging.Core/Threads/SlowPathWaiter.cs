namespace Paging.Core.Threads;

/// <summary>The waiter of one thread for a <see cref="SlowPathLock"/>. Made once per thread, and reused.</summary>
/// <remarks>All but <see cref="Park"/> under the queue's own lock. Linux: struct mutex_waiter; the parking is that of a futex.</remarks>
internal sealed class SlowPathWaiter(int threadId)
{
    private readonly object _bell = new();
    private bool _hasRung;    // under _bell, once the waiter is in the queue

    /// <summary>The states of a wait.</summary>
    public enum Place
    {
        Asleep,
        Awake,
        Granted,
    }

    /// <summary>The number of its thread, which is the lock's word while that thread holds it.</summary>
    public int ThreadId => threadId;

    /// <summary>The next waiter in the queue.</summary>
    public SlowPathWaiter? Next { get; set; }

    /// <summary>Asleep, or about to sleep; awake; or no longer in the queue, because it has the lock.</summary>
    public Place State { get; set; }

    /// <summary>The holds that had ended when the wait began, as the lock counts them.</summary>
    public long JoinedAt { get; private set; }

    /// <summary>Begins a wait. Only threads in the queue are woken.</summary>
    public void Begin(long passes) => (Next, State, JoinedAt, _hasRung) = (null, Place.Asleep, passes, false);

    /// <summary>Ends its sleep, or the one that it is about to begin.</summary>
    public void Ring()
    {
        lock (_bell)
        {
            _hasRung = true;
            Monitor.Pulse(_bell);
        }
    }

    /// <summary>Sleeps until <see cref="Ring"/> is called.</summary>
    public void Park()
    {
        if (Interleaving.IsScheduled) Interleaving.WaitUntil(() => _hasRung);
        lock (_bell)
        {
            while (!_hasRung) Monitor.Wait(_bell);
            _hasRung = false;
        }
    }
}
