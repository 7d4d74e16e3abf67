namespace Paging.Core.Threads;

/// <summary>A thread's place in the queue of a <see cref="SlowPathLock"/>. Made once a thread, then used again.</summary>
/// <remarks>Linux: struct mcs_spinlock (kernel/locking/mcs_spinlock.h); the parking is that of a futex.</remarks>
internal sealed class SlowPathWaiter
{
    public const int Waiting = 0, Granted = 1, Parked = 2;

    private readonly object _bell = new();

    /// <summary>Who comes after this one; null until that thread has linked itself.</summary>
    public volatile SlowPathWaiter? Next;

    /// <summary>One of the three constants. Written by the waiter and by the thread that leaves before it.</summary>
    public int State;

    /// <summary>Nobody refers to the place any more: it may go into the queue.</summary>
    public SlowPathWaiter Fresh()
    {
        (Next, State) = (null, Waiting);
        return this;
    }

    /// <summary>Hands the lock over.</summary>
    public void Grant()
    {
        if (Interlocked.Exchange(ref State, Granted) != Parked) return;
        lock (_bell) Monitor.Pulse(_bell);
    }

    /// <summary>Lets the scheduler of a test choose when the lock is handed over.</summary>
    public void AwaitInOrder() => Interleaving.WaitUntil(() => Volatile.Read(ref State) == Granted);

    /// <summary>Sleeps until the lock has been handed over.</summary>
    public void Park()
    {
        if (Interlocked.CompareExchange(ref State, Parked, Waiting) != Waiting) return;
        lock (_bell)
        {
            while (Volatile.Read(ref State) != Granted) Monitor.Wait(_bell);
        }
    }
}
