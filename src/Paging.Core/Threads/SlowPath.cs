using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Threads;

/// <summary>Where the threads of an engine go one at a time: faults and system calls.</summary>
/// <remarks><code>
///   thread ──► Enter: at rest while it waits ──► the engine's code, as if there were one thread ──► settle ──► Exit
/// </code>
/// Cost: not contended, an atomic instruction to enter and one to leave. Linux: no counterpart; mmap_lock and page table locks do this.
/// </remarks>
internal sealed class SlowPath(ProcessorTable processors, Shootdown shootdown, TouchGate gate) : IDisposable
{
    private readonly SlowPathLock _lock = new();
    private readonly FaultWaits _waits = new();
    private bool _isDisposed;

    /// <summary>The virtual processors.</summary>
    public ProcessorTable Processors => processors;

    /// <summary>What waits until nothing is stale.</summary>
    public Shootdown Shootdown => shootdown;

    /// <summary>Open while first touches go side by side, outside the slow path.</summary>
    public TouchGate Gate => gate;

    /// <summary>Faults that wait for something that another thread does.</summary>
    public FaultWaits Waits => _waits;

    /// <summary>Faults that read from slow sources outside the slow path.</summary>
    public OutsideReads Reads { get; } = new(processors);

    /// <summary>The order of turns that is recorded or replayed; null for none.</summary>
    public TurnOrder? Order { get; set; }

    /// <summary>The calling thread is on the slow path.</summary>
    public bool IsHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _lock.IsHeldHere;
    }

    /// <summary>Takes the slow path, and closes the gate. The thread is at rest while it waits.</summary>
    /// <param name="counts">The turn changes the engine, so that it belongs into the recorded order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(bool counts)
    {
        EnterBesideTouches();
        gate.Close();
        if (Order is not null && counts) AwaitTurn(Order);
    }

    /// <summary>As <see cref="Enter"/>, for a miss: leaves the gate as it is. A miss that is not a first touch closes it later.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EnterBesideTouches()
    {
        if (!_lock.TryEnter()) EnterAtRest();
    }

    /// <summary>Folds what touches have done, for a caller that reads a count without a turn.</summary>
    public void CloseGate()
    {
        if (!gate.IsOpen) return;
        Enter(counts: false);
        Exit();
    }

    /// <summary>As <see cref="Enter"/>. Returns false if the engine has been disposed, and this with it.</summary>
    public bool TryEnterToDispose()
    {
        try
        {
            Enter(counts: true);
            return true;
        }
        catch (ObjectDisposedException)    // the lock's own: the engine was disposed after the caller had looked
        {
            return false;
        }
    }

    /// <inheritdoc cref="SlowPathLock.Prepare"/>
    public void Prepare() => _lock.Prepare();

    public void Dispose()
    {
        _isDisposed = true;
        _lock.Dispose();
    }

    /// <summary>Leaves the slow path. Faults that wait look again.</summary>
    public void Exit()
    {
        if (_waits.Count != 0) _waits.Wake();
        _lock.Exit();
    }

    /// <summary>
    /// Leaves the slow path until another thread has made a turn, or for the time given. The thread is at rest meanwhile.
    /// </summary>
    /// <returns>False if the time is over.</returns>
    public bool TryLeaveUntilChange(TimeSpan atMost)
    {
        ProcessorState? here = processors.Here;
        long seen = _waits.Begin();
        bool ran = GoAway(here);
        _lock.Exit();
        try
        {
            return _waits.TryAwait(seen, atMost);
        }
        finally
        {
            ComeBack(here, ran);
        }
    }

    /// <summary>
    /// A fault has asked for something to be read: leaves the slow path until it is here, or until the thread that reads it already is
    /// done. The calling thread is at rest meanwhile.
    /// </summary>
    /// <param name="failure">What the host's code has thrown, which is an I/O error to the fault.</param>
    /// <returns>False if it has asked for nothing.</returns>
    public bool TryLeaveToRead(out Exception? failure)
    {
        failure = null;
        if (!Reads.TryTake(out OutsideRead? mine, out OutsideRead? other)) return false;
        ProcessorState here = processors.Here!;
        long seen = other?.Ends ?? 0;
        Reads.Suspend();
        bool ran = GoAway(here);
        Exit();
        try
        {
            if (mine is not null) failure = mine.Perform();
            else other!.AwaitEnd(seen);
        }
        finally
        {
            ComeBack(here, ran);
            Reads.Resume(here);
            mine?.Return();
        }

        return true;
    }

    /// <summary>A fault that has begun to change the engine: notes its turn, or waits for it.</summary>
    /// <returns>False: it was not its turn, others have gone first, and it looks again.</returns>
    public bool TryCountTurn()
    {
        if (Order is not { } order || order.TryPass(NumberHere)) return true;
        TryLeaveUntilChange(TurnOrder.LookAgainAfter);
        order.ThrowIfStuck(NumberHere);
        return false;
    }

    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The calling thread neither runs in these translations nor is on the slow
    /// path.</exception>
    public void CheckUser(TranslationCache cache)
    {
        if (IsHere || processors.RunsHereIn(cache)) return;
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ProcessorState? here = processors.Here;
        string who = here is null ? "has no virtual processor" : here.Runs ? "runs in another address space" : "is at rest";
        throw new InvalidOperationException($"T10: thread {Environment.CurrentManagedThreadId} uses a cached translation, but {who}. " +
            "Others do not wait for it. VirtualProcessor.Run comes first.");
    }

    /// <summary>The calling thread is about to leave the slow path in the middle of an access: it is at rest from here on.</summary>
    /// <param name="here">Its processor, if it has one.</param>
    /// <returns>It ran before, for <see cref="ComeBack"/>.</returns>
    private static bool GoAway(ProcessorState? here)
    {
        bool ran = here is { Runs: true };
        if (here is not null) here.IsAway = true;
        if (ran) here!.Rest();
        return ran;
    }

    /// <summary>Takes the slow path again after <see cref="GoAway"/>; the thread runs again if it did.</summary>
    private void ComeBack(ProcessorState? here, bool ran)
    {
        EnterAndRun(here, ran);
        gate.Close();
        if (here is not null) here.IsAway = false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterAtRest()
    {
        ProcessorState? here = processors.Here;
        bool runs = here is { Runs: true };
        if (runs) here!.Rest();
        EnterAndRun(here, runs);
    }

    private void EnterAndRun(ProcessorState? here, bool runs)
    {
        _lock.Enter();
        if (runs) here!.RunAgain();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitTurn(TurnOrder order)
    {
        try
        {
            while (!order.TryPass(NumberHere))
            {
                TryLeaveUntilChange(TurnOrder.LookAgainAfter);
                order.ThrowIfStuck(NumberHere);
            }
        }
        catch
        {
            Exit();
            throw;
        }
    }

    private int NumberHere => processors.Here?.Id ?? 0;    // 0: a thread without a processor
}
