using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Paging.Core.Threads;

//   _tail ──► [third] ◄── Next ── [second] ◄── Next ── [first: holds the lock]
//   a newcomer exchanges _tail with its own place and links itself behind the one that was there
/// <summary>The one lock around faults and system calls: first come, first served; a waiter spins for a while, then sleeps.</summary>
/// <remarks><code>
/// Always holds    T9  one thread at most is between Enter and Exit; threads pass in the order in which they came
/// Cost            not contended: one atomic instruction to enter and one to leave. Contended: a cache line goes from core to core;
///                 a waiter sleeps after 250 µs, and is woken by the host, which costs some 60. No managed allocation once warm
/// Threading       any thread; not recursive
/// Linux           kernel/locking/mcs_spinlock.h (Mellor-Crummey and Scott, 1991)
/// </code></remarks>
internal sealed class SlowPathLock : IDisposable
{
    // 250 µs. Longer than the host takes to wake a thread, some 60: else one sleeper makes sleepers of all, each while the next one wakes.
    private static readonly long _patience = Stopwatch.Frequency / 4_000;

    private readonly SlowPathWaiter _uncontended = new();    // for the thread that finds the lock free
    private readonly ThreadLocal<SlowPathWaiter> _places = new(static () => new());
    private SlowPathWaiter? _tail;
    private SlowPathWaiter? _holder;
    private int _holderThread;
    private int _waiters;

    /// <summary>The calling thread holds the lock.</summary>
    public bool IsHeldHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _holderThread == Environment.CurrentManagedThreadId;    // another thread never stores our number
    }

    /// <summary>How many threads wait: a snapshot.</summary>
    public int WaiterCount => Volatile.Read(ref _waiters);

    /// <summary>Makes the calling thread's place in the queue, so that waiting allocates nothing later.</summary>
    public void Prepare() => _ = _places.Value;

    /// <summary>Takes the lock if nobody has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryEnter()
    {
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        if (_tail is not null || Interlocked.CompareExchange(ref _tail, _uncontended, null) is not null) return false;
        _holder = _uncontended;
        _holderThread = Environment.CurrentManagedThreadId;
        return true;
    }

    /// <summary>Takes the lock after all threads that came earlier.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Enter()
    {
        SlowPathWaiter here = _places.Value!.Fresh();
        SlowPathWaiter? before = Interlocked.Exchange(ref _tail, here);
        if (before is not null) WaitBehind(before, here);
        _holder = here;
        _holderThread = Environment.CurrentManagedThreadId;
    }

    /// <summary>Leaves the lock to the thread that has waited longest.</summary>
    /// <exception cref="SynchronizationLockException">The calling thread does not hold it.</exception>
    public void Exit()
    {
        if (!IsHeldHere) ThrowNotHeld();
        if (Interleaving.IsOn) Interleaving.YieldAndFence();
        SlowPathWaiter here = _holder!;
        _holderThread = 0;
        bool isAlone = here.Next is null && Interlocked.CompareExchange(ref _tail, null, here) == here;
        if (!isAlone) HandOver(here);
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void HandOver(SlowPathWaiter here)
    {
        SpinWait spin = default;
        while (here.Next is null) spin.SpinOnce(sleep1Threshold: -1);    // it has exchanged the tail and is about to link itself
        SlowPathWaiter next = here.Next;
        here.Next = null;
        next.Grant();
    }

    private void WaitBehind(SlowPathWaiter before, SlowPathWaiter here)
    {
        int waiters = Interlocked.Increment(ref _waiters);
        before.Next = here;
        if (Interleaving.IsOn) here.AwaitInOrder();
        if (!TrySpin(here, isCrowded: waiters >= Environment.ProcessorCount)) here.Park();
        Interlocked.Decrement(ref _waiters);
    }

    /// <summary>Waits awake. With more waiters than processors each look is followed by a yield: those that can shall run.</summary>
    /// <returns>False: the lock was not handed over in time.</returns>
    private static bool TrySpin(SlowPathWaiter here, bool isCrowded)
    {
        int looks = isCrowded ? 1 : 64;    // between two looks at the clock
        for (long end = Stopwatch.GetTimestamp() + _patience; Stopwatch.GetTimestamp() < end;)
        {
            for (int i = 0; i < looks; i++)
            {
                if (Volatile.Read(ref here.State) == SlowPathWaiter.Granted) return true;
                Thread.SpinWait(1);
            }

            if (isCrowded) Thread.Yield();
        }

        return false;
    }

    private static void ThrowNotHeld() =>
        throw new SynchronizationLockException("T9: this thread leaves a slow path that it has not entered.");
}
