using System.Runtime.CompilerServices;

namespace Paging.Core.Threads;

//   _tail ──► [third] ◄── Next ── [second] ◄── Next ── [first: holds the lock]
//   a newcomer exchanges _tail with its own place and links itself behind the one that was there
/// <summary>The one lock around faults and system calls: first come, first served; a waiter spins for a while, then sleeps.</summary>
/// <remarks><code>
/// Always holds    T9  one thread at most is between Enter and Exit; threads pass in the order in which they came
/// Cost            not contended: one atomic instruction to enter and one to leave. Contended: a cache line goes from core to core;
///                 a waiter that sleeps is woken by the host, which costs microseconds. No managed allocation once warm
/// Threading       any thread; not recursive
/// Linux           kernel/locking/mcs_spinlock.h (Mellor-Crummey and Scott, 1991)
/// </code></remarks>
internal sealed class SlowPathLock : IDisposable
{
    private const int SpinMax = 200;    // some microseconds: two faults of 60 ns fit many times over

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
        int spins = waiters < Environment.ProcessorCount ? SpinMax : 0;    // more waiters than processors: let those run that can
        for (int i = 0; i < spins && Volatile.Read(ref here.State) != SlowPathWaiter.Granted; i++) Thread.SpinWait(4);
        if (Volatile.Read(ref here.State) != SlowPathWaiter.Granted) here.Park();
        Interlocked.Decrement(ref _waiters);
    }

    private static void ThrowNotHeld() =>
        throw new SynchronizationLockException("T9: this thread leaves a slow path that it has not entered.");
}
