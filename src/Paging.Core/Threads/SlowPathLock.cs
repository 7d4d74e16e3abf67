using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Core.Threads;

//   Holder    0 ── compare and exchange ──► a thread's number ── plain store ──► 0, or the number of the sleeper that was passed too often
//   queue     [first: asleep or awake] ──► [asleep] ──► [asleep]        threads that have spun without getting it
/// <summary>The one lock around faults and system calls. Running threads may pass a sleeping one, but not too often.</summary>
/// <remarks><code>
/// Always holds    T9  one thread at most is between Enter and Exit, and none sleeps while others end more than PassesMax holds
/// Fairness        the first of n sleepers is passed 1/n of that, so that the holds of the n are spread evenly over all
/// Passing         waking a thread takes as long as some hundred holds: a lock that waited for it each time would stall all threads
/// Awake           as many waiters as there are other processors. The rest sleep, so that no waiter takes the holder's processor
/// Leaving         a plain store, then a check for sleepers. A thread that goes to sleep joins the queue, makes a process-wide barrier,
///                 and checks the word once more: either it finds the word free, or the thread that leaves finds a sleeper
/// Cost            not contended: one atomic instruction to enter, none to leave. No managed allocation once warm
/// Threading       any thread; not recursive
/// Linux           kernel/locking/mutex.c: MUTEX_FLAG_HANDOFF. The barrier: membarrier(2)
/// </code></remarks>
internal sealed class SlowPathLock(int passesMax = SlowPathLock.PassesMax) : IDisposable
{
    /// <summary>The most holds that others make while a thread sleeps. As many short ones take some 500 µs.</summary>
    public const int PassesMax = 960;

    private const int PauseMax = 32;    // spins between two reads of the word: some 1 µs, so that the holder keeps the cache line

    private static readonly long _patienceOfNew = Stopwatch.Frequency / 20_000;    // 50 µs, about the cost of a sleep
    private static readonly long _patienceOfFirst = Stopwatch.Frequency / 4_000;    // 250 µs, longer than the rest of its passes

    private readonly ThreadLocal<SlowPathWaiter> _waiters = new(static () => new(ThisThread.Id));
    private readonly Lock _queue = new();
    private SlowPathWaiter? _first, _last;    // under _queue, like Next and State of each waiter
    private Words _words;    // Holder and Awake: any thread; Queued and Limit: written under _queue

    /// <summary>True if the calling thread holds the lock.</summary>
    public bool IsHeldHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsHeldBy(ThisThread.Id);
    }

    /// <summary>The number of waiting threads that have stopped spinning, and sleep or were woken: a snapshot.</summary>
    public int QueueLength => Volatile.Read(ref _words.Queued);

    /// <summary>Makes the waiter of the calling thread, so that waiting allocates nothing later.</summary>
    public void Prepare() => _ = _waiters.Value;

    /// <summary>Same as <see cref="IsHeldHere"/>, for a caller that knows the managed ID of its thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsHeldBy(int thread)
    {
        if (Interleaving.IsOn) Interleaving.Fence();    // a thread sees its own store
        return _words.Holder == thread;    // another thread never stores our number while we run
    }

    /// <summary>Takes the lock for the calling thread, whose managed ID is given, if it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter(int thread)
    {
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        return TryTake(thread);
    }

    /// <summary>Takes the lock, and waits for it if necessary.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Enter()
    {
        SlowPathWaiter here = _waiters.Value!;
        if (TryTake(here.ThreadId)) return;
        Interlocked.Increment(ref _words.Awake);
        if (TrySpin(here.ThreadId)) Interlocked.Decrement(ref _words.Awake);
        else WaitInQueue(here);
    }

    /// <summary>Releases the lock, and hands it to the first sleeper if others have passed it too often.</summary>
    /// <param name="thread">The managed ID of the calling thread.</param>
    /// <exception cref="SynchronizationLockException">The calling thread does not hold it.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(int thread)
    {
        if (!IsHeldBy(thread)) ThrowNotHeld();
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        if (_words.Queued != 0 && TryHandOver()) return;
        if (Interleaving.IsScheduled && Interleaving.TryStoreLater(Free)) Interleaving.Yield();
        else Free();
        if (Volatile.Read(ref _words.Queued) != 0) WakeIfAllSleep();
    }

    public void Dispose() => _waiters.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake(int thread) => _words.Holder == 0 && Interlocked.CompareExchange(ref _words.Holder, thread, 0) == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Free() => Volatile.Write(ref _words.Holder, 0);

    /// <summary>Waits awake, as long as there are enough processors for that.</summary>
    private bool TrySpin(int thread)
    {
        int pause = 1;
        long end = Interleaving.Timestamp + (_patienceOfNew * Volatile.Read(ref _words.Awake));    // as many holds may come before its own
        while (Volatile.Read(ref _words.Awake) < Interleaving.ProcessorCount && Interleaving.Timestamp < end)    // one is the holder's
        {
            Interleaving.Pause(pause);
            if (TryTake(thread)) return true;
            pause = Math.Min(pause << 1, PauseMax);
        }

        return false;
    }

    /// <summary>Sleeps and, when woken, tries to take the lock, until the calling thread has it.</summary>
    private void WaitInQueue(SlowPathWaiter here)
    {
        Add(here);
        do
        {
            if (Interleaving.IsOn) Interleaving.Yield();
            Interleaving.FenceAll();    // from here on each thread that leaves finds a sleeper
            if (TryTake(here.ThreadId)) break;
            here.Park();
        }
        while (!TrySpinAsFirst(here.ThreadId) && TrySleepAgain(here));
        Remove(here);
    }

    /// <summary>Spins after the thread was woken. The lock may have been handed to it already.</summary>
    private bool TrySpinAsFirst(int thread)
    {
        int pause = 1;
        long end = Interleaving.Timestamp + _patienceOfFirst;
        do
        {
            if (Volatile.Read(ref _words.Holder) == thread || TryTake(thread)) return true;
            Interleaving.Pause(pause);
            pause = Math.Min(pause << 1, PauseMax);
        }
        while (Interleaving.Timestamp < end);
        return false;
    }

    private void Add(SlowPathWaiter here)
    {
        lock (_queue)
        {
            here.Begin(Volatile.Read(ref _words.Passes));
            if (_last is not null) _last.Next = here;
            _last = here;
            _words.Queued++;
            if (_first is null) BecomeFirst(here);
            else LowerLimit(LimitOf(here, _words.Queued, here.JoinedAt));
            Interlocked.Decrement(ref _words.Awake);
        }
    }

    /// <summary>Sleeps again, because the holds of others are long. The next one that ends hands the lock over.</summary>
    /// <returns>False if it was handed over meanwhile.</returns>
    private bool TrySleepAgain(SlowPathWaiter here)
    {
        lock (_queue)
        {
            if (here.State == SlowPathWaiter.Place.Granted) return false;
            here.State = SlowPathWaiter.Place.Asleep;
            Interlocked.Decrement(ref _words.Awake);
            if (_first == here) Volatile.Write(ref _words.Limit, 0);
            return true;
        }
    }

    /// <summary>Removes the calling thread, which has the lock, from the queue.</summary>
    private void Remove(SlowPathWaiter here)
    {
        lock (_queue)
        {
            if (here.State == SlowPathWaiter.Place.Granted) return;
            SlowPathWaiter? before = null;    // almost always: it is the first
            for (SlowPathWaiter? one = _first; one != here; one = one!.Next) before = one;
            Unlink(here, before);
        }
    }

    private void Unlink(SlowPathWaiter waiter, SlowPathWaiter? before)
    {
        _words.Queued--;
        if (before is null) BecomeFirst(waiter.Next);
        else before.Next = waiter.Next;
        if (_last == waiter) _last = before;
        if (waiter.State == SlowPathWaiter.Place.Awake) Interlocked.Decrement(ref _words.Awake);
        waiter.State = SlowPathWaiter.Place.Granted;
    }

    /// <summary>Each sleeper of the queue limits how often the new first one is passed.</summary>
    private void BecomeFirst(SlowPathWaiter? waiter)
    {
        _first = waiter;
        (_words.Limit, _words.WakeAt) = (long.MaxValue, long.MaxValue);
        int place = 0;
        long passes = Volatile.Read(ref _words.Passes);
        for (SlowPathWaiter? one = waiter; one is not null; one = one.Next) LowerLimit(LimitOf(one, ++place, passes));
    }

    /// <summary>
    /// The last pass of the first sleeper, if those up to a given one are passed equally often and that one comes in time.
    /// Each sleeper's own hold passes those after it.
    /// </summary>
    private long LimitOf(SlowPathWaiter waiter, int place, long passes) =>
        passes + Math.Max(((waiter.JoinedAt + passesMax - passes + 1) / place) - 1, 0);

    /// <summary>Lowers the limit of the first sleeper, which never wakes later for it. Waking one that is awake does nothing.</summary>
    private void LowerLimit(long limit)
    {
        if (limit >= _words.Limit) return;
        long passes = Volatile.Read(ref _words.Passes);
        Volatile.Write(ref _words.WakeAt, Math.Min(_words.WakeAt, passes + ((limit - passes) / 2)));
        Volatile.Write(ref _words.Limit, limit);
    }

    /// <summary>Counts one more pass of the sleepers, wakes the first in time, and hands the lock to it in the end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryHandOver()
    {
        long passes = ++_words.Passes;
        if (passes >= Volatile.Read(ref _words.WakeAt)) WakeFirst();    // early, so that no thread has to wait until it runs
        if (passes <= Volatile.Read(ref _words.Limit)) return false;
        lock (_queue)
        {
            SlowPathWaiter first = _first!;    // only the holder removes a waiter
            Unlink(first, before: null);
            Volatile.Write(ref _words.Holder, first.ThreadId);
            first.Ring();    // unheard if it is awake: it sees Granted, under the queue's lock, before it would sleep again
        }

        return true;
    }

    /// <summary>Wakes the first sleeper, unless a waiter is awake: it finds the free lock by itself.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WakeIfAllSleep()
    {
        if (Volatile.Read(ref _words.Awake) == 0) WakeFirst();
    }

    private void WakeFirst()
    {
        if (Interleaving.IsOn) Interleaving.Fence();
        lock (_queue)
        {
            _words.WakeAt = long.MaxValue;
            if (_first is not { State: SlowPathWaiter.Place.Asleep } first) return;
            first.State = SlowPathWaiter.Place.Awake;
            Interlocked.Increment(ref _words.Awake);
            first.Ring();
        }
    }

    private static void ThrowNotHeld() =>
        throw new SynchronizationLockException("T9: this thread leaves a slow path that it has not entered.");

    /// <summary>The fields that several threads write, away from those that all read. Processors fetch cache lines in pairs.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Words
    {
        [FieldOffset(128)] public int Holder;
        [FieldOffset(132)] public int Queued;    // written under the queue's lock
        [FieldOffset(136)] public int Awake;    // the waiters that spin on the word
        [FieldOffset(144)] public long Passes;    // the holds that ended while threads slept. Written by the holder
        [FieldOffset(152)] public long Limit;    // the last hold that may pass the first in the queue; 0: it has waited long enough
        [FieldOffset(160)] public long WakeAt;    // the hold whose end wakes it. Written under the queue's lock, as the one above
    }
}
