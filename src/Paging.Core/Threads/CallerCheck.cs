using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Contracts;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Paging.Native;
using Paging.Native.Diagnostics;

namespace Paging.Core.Threads;

//   Enter ──► operation ──► Callbacks.Begin ──► the host's code ──► Callbacks.End ──► … ──► Leave
//                            refuses Enter       may throw           a failure waits       throws the failure
/// <summary>Keeps an engine to one thread, or to one at a time: whose turn it is.</summary>
/// <remarks>
/// Every system call, fault and missed translation is checked; translation hits are at the level "cheap" of verification only. An engine
/// that is disposed, runs a callback or holds the exception of one belongs to no thread, so one comparison detects all kinds of misuse.
/// An engine with many threads belongs to none either: that comparison fails, and after it the thread takes the slow path.
/// </remarks>
internal sealed class CallerCheck
{
    private OwnerThread _owner;    // the thread that Enter admits; none while the engine is closed or blocked
    private Thread? _thread;    // the owner, blocked or not; null after Close
    private SlowPath? _shared;    // null: one thread
    private bool _isBlocked;
    private WaitingException _failure;

    public CallerCheck()
    {
        Callbacks = new(this);
        Bind(Thread.CurrentThread);
    }

    /// <summary>The calls of the host's code.</summary>
    public HostCallbacks Callbacks { get; }

    /// <summary>The path on which many threads take turns; null if the engine has one thread.</summary>
    public SlowPath? Shared => _shared;

    /// <summary>Returns the reads outside the slow path, and switches them on for a source of the host.</summary>
    /// <param name="allowsMany">True if many threads may read from the source at once.</param>
    /// <returns>Null if they may not, or if the engine has one thread: the source is then read directly.</returns>
    public OutsideReads? OutsideReadsOf(bool allowsMany)
    {
        if (!allowsMany || _shared is null) return null;
        _shared.Reads.IsOn = true;
        return _shared.Reads;
    }

    /// <summary>True if the calling thread is the engine's only one, and may call.</summary>
    public bool IsHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _owner.IsHere;
    }

    /// <summary>True if a callback has thrown an exception that the host has not received yet.</summary>
    public bool HasFailure => _failure.IsWaiting;

    /// <summary>Lets any thread call, one at a time.</summary>
    public void Share(SlowPath shared)
    {
        _shared = shared;
        _owner.Become(null);
    }

    /// <summary>True if the engine has been disposed.</summary>
    public bool IsClosed => _thread is null;

    /// <summary>Returns if the calling thread owns the engine, no callback runs, and no exception of a callback waits.</summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread owns it, or one of its callbacks makes the call.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter()
    {
        if (!_owner.IsHere) EnterSlowly();
    }

    /// <summary>Same as <see cref="Enter"/>; in an engine with many threads, takes the slow path for one call.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SlowPathHold Hold() => _owner.IsHere ? default : HoldSlowly(counts: true);

    /// <summary>Same as <see cref="Hold"/>, for a hold that is not in the recorded order: an access to two pages, or a look.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SlowPathHold HoldToRead() => _owner.IsHere ? default : HoldSlowly(counts: false);

    /// <summary>
    /// As <see cref="HoldToRead"/>, and the gate stays as it is: for a miss that may be a first touch, and for a look at what touches
    /// do not change.
    /// </summary>
    /// <param name="isPartOfCall">True if it belongs to a call, whose turn it is in.</param>
    [Pure]
    public SlowPathHold HoldBesideTouches(out bool isPartOfCall)
    {
        int thread = ThisThread.Id;
        isPartOfCall = _shared is not null && _shared.IsHeldBy(thread);
        if (_shared is null || isPartOfCall) return HoldToRead();
        ThrowIfClosed();    // before the lock, which ends with the engine
        _shared.EnterBesideTouches(thread);
        return Entered(thread);
    }

    /// <summary>
    /// As <see cref="Enter"/>, for a call that reads a word: in an engine with many threads, any thread may do that at any time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EnterToRead()
    {
        if (!_owner.IsHere) EnterToReadSlowly();
    }

    /// <summary>Checks a hit, at the level "cheap" of verification.</summary>
    /// <remarks>
    /// The engine's only thread must make it, or one that runs there. A disposed engine has no translations left, so the hit is a miss,
    /// and the miss throws.
    /// </remarks>
    public void CheckUser(TranslationCache cache)
    {
        if (_shared is { } shared) shared.CheckUser(cache);
        else if (!_owner.IsHere && !IsClosed) ThrowIfElsewhere();
    }

    /// <summary>Ends a hold that <see cref="Hold"/> began. When it returns, no thread uses a stale translation.</summary>
    public void EndHold(int thread)
    {
        if (IsClosed || _isBlocked || !_shared!.Shootdown.IsSettled) EndHoldSlowly(thread);
        else _shared.Exit(thread);
    }

    /// <summary>Returns if the calling thread may dispose objects of the engine. A pending exception of a callback stays.</summary>
    /// <exception cref="InvalidOperationException">Another thread owns it, or one of its callbacks makes the call.</exception>
    public void EnterToDispose()
    {
        ThrowIfElsewhere();
        Callbacks.ThrowIfRunning();
    }

    /// <summary>Same as <see cref="EnterToDispose"/>; in an engine with many threads, takes the slow path.</summary>
    [Pure]
    public SlowPathHold HoldToDispose()
    {
        if (_shared is null) EnterToDispose();
        return _shared is null ? default : HoldSlowly(counts: true);
    }

    /// <summary>
    /// As <see cref="HoldToDispose"/>; returns false if the engine is gone, even if another thread disposes it at this moment.
    /// </summary>
    public bool TryHoldToDispose(out SlowPathHold hold)
    {
        hold = default;
        if (IsClosed) return false;
        if (_shared is null || _shared.IsHere)
        {
            EnterToDispose();
            return true;
        }

        int thread = ThisThread.Id;
        if (!_shared.TryEnterToDispose(thread)) return false;
        hold = new(this, thread);
        if (!IsClosed) return true;
        hold = default;    // it was disposed while this thread waited
        _shared.Exit(thread);
        return false;
    }

    /// <summary>Ends an operation: an exception that one of its callbacks threw reaches the host here, unchanged.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Leave()
    {
        if (_failure.IsWaiting) ThrowFailure();
    }

    /// <summary>Same as <see cref="Leave()"/>, for an operation with a result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Leave<T>(T result)
    {
        if (_failure.IsWaiting) ThrowFailure();
        return result;
    }

    /// <summary>Keeps a callback's exception for <see cref="Leave()"/>. Without it, the next call throws the exception.</summary>
    public void Keep(Exception failure)
    {
        _failure.Keep(failure);
        Block();
    }

    /// <summary>Admits no thread, not even the one whose operation is under way, until <see cref="Unblock"/>.</summary>
    public void Block()
    {
        if (_isBlocked) return;
        _isBlocked = true;
        _owner.Suspend();
    }

    /// <summary>Ends <see cref="Block"/>, unless an exception waits: the host has to receive it first.</summary>
    public void Unblock()
    {
        if (!_isBlocked || _failure.IsWaiting) return;
        _isBlocked = false;
        _owner.Resume();
    }

    /// <summary>Gives the engine to the calling thread. The caller ensures that the previous owner has finished.</summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">One of the engine's callbacks runs.</exception>
    public void Bind()
    {
        ThrowIfClosed();
        if (_shared is not null) return;    // any thread may call
        Callbacks.ThrowIfRunning();
        Bind(Thread.CurrentThread);
    }

    /// <summary>Marks the engine as disposed. No thread may enter again.</summary>
    public void Close()
    {
        _thread = null;
        _owner.Become(null);
    }

    private void Bind(Thread thread)
    {
        _thread = thread;
        _owner.Become(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private SlowPathHold HoldSlowly(bool counts)
    {
        int thread = ThisThread.Id;
        if (_shared is null || _shared.IsHeldBy(thread))
        {
            EnterSlowly();
            return default;    // inside a hold of this thread, which the outer call ends
        }

        ThrowIfClosed();
        _shared.Enter(thread, counts);
        return Entered(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EndHoldSlowly(int thread)
    {
        Exception? report = IsClosed || _shared!.Shootdown.TrySettle() ? null : _shared!.Shootdown.TakeReport();
        ExceptionDispatchInfo? failure = _failure.Take();    // before Exit, after which the fields are those of another hold
        _isBlocked = false;
        bool isClosed = IsClosed;
        _shared!.Exit(thread);
        if (isClosed) _shared.Dispose();    // after Exit, which still needs the lock
        failure?.Throw();
        if (report is not null) throw report;
    }

    private SlowPathHold Entered(int thread)
    {
        if (!IsClosed) return new(this, thread);    // it may have been disposed while this thread waited
        _shared!.Exit(thread);
        throw Closed();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterToReadSlowly()
    {
        if (_shared is null || _shared.IsHere)
        {
            EnterSlowly();
            return;
        }

        ThrowIfClosed();
        _shared.CloseGate();    // so that the caller reads counts that include every touch
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterSlowly()
    {
        ThrowIfElsewhere();
        Callbacks.ThrowIfRunning();
        Leave();
    }

    private void ThrowIfElsewhere()
    {
        ThrowIfClosed();
        if (_shared is null ? _thread == Thread.CurrentThread : _shared.IsHere) return;
        if (_shared is not null) ThrowOutsideHold();
        throw new InvalidOperationException($"This engine belongs to thread {_thread!.ManagedThreadId} and was called from thread " +
            $"{Environment.CurrentManagedThreadId}. One engine serves one thread; hand it over with BindToCurrentThread.");
    }

    private void ThrowIfClosed()
    {
        if (IsClosed) ThrowClosed();
    }

    [DoesNotReturn]
    private static void ThrowClosed() => throw Closed();

    private static ObjectDisposedException Closed() => new("Paging.Core.PagingEngine", "The engine was disposed.");

    [DoesNotReturn]
    private static void ThrowOutsideHold() =>
        throw new InvalidOperationException("This engine has many threads, and this call needs the slow path for itself. " +
            "Make it after EnterSlowPath, before the hold that it returns is disposed.");

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ThrowFailure()
    {
        ExceptionDispatchInfo failure = _failure.Take()!;
        Unblock();
        failure.Throw();
    }
}

/// <summary>A thread's hold on the slow path of an engine with many threads. It ends when it is disposed.</summary>
/// <remarks>In an engine of one thread, and inside another hold of the same thread, it is empty and does nothing.</remarks>
/// <param name="callers">The guard of the engine; null for an empty hold.</param>
/// <param name="thread">The managed ID of the thread, which the hold cannot leave.</param>
internal readonly ref struct SlowPathHold(CallerCheck? callers, int thread)
{
    /// <summary>Waits until no thread uses a translation that the hold removed, and leaves the slow path.</summary>
    /// <exception cref="TimeoutException">A thread does not come to rest.</exception>
    public void Dispose() => callers?.EndHold(thread);
}
