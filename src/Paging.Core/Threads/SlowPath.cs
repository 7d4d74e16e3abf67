using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Threads;

/// <summary>The path of faults and system calls, which the threads of an engine take one at a time.</summary>
/// <remarks><code>
///   thread ──► Enter: at rest while it waits ──► the engine's code, as if there were one thread ──► settle ──► Exit
/// </code>
/// Cost: not contended, an atomic instruction to enter and none to leave. Linux: no counterpart; mmap_lock and page table locks do this.
/// </remarks>
internal sealed class SlowPath(ProcessorTable processors, Shootdown shootdown, TouchGate gate) : IDisposable
{
    private readonly SlowPathLock _lock = new();
    private bool _isDisposed;

    /// <summary>The virtual processors.</summary>
    public ProcessorTable Processors => processors;

    /// <summary>Waits until no thread uses a stale translation.</summary>
    public Shootdown Shootdown => shootdown;

    /// <summary>Open while first touches run in parallel, outside the slow path.</summary>
    public TouchGate Gate => gate;

    /// <summary>The faults that read from slow sources outside the slow path.</summary>
    public OutsideReads Reads { get; } = new(processors);

    /// <summary>The threads that wait outside the slow path for another thread's hold.</summary>
    public FaultWaits Waits { get; } = new();

    /// <summary>The order of holds that is recorded or replayed; null for none.</summary>
    public HoldOrder? Order { get; set; }

    /// <summary>True if the calling thread is on the slow path.</summary>
    public bool IsHere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _lock.IsHeldHere;
    }

    /// <inheritdoc cref="SlowPathLock.IsHeldBy"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsHeldBy(int thread) => _lock.IsHeldBy(thread);

    /// <summary>Takes the slow path, and closes the gate. The thread is at rest while it waits.</summary>
    /// <param name="thread">The managed ID of the calling thread. Reading it costs more than the lock's atomic instruction.</param>
    /// <param name="counts">True if the hold changes the engine, and so belongs to the recorded order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enter(int thread, bool counts)
    {
        EnterBesideTouches(thread);
        gate.Close();
        if (Order is not null && counts) AwaitPlace(Order);
    }

    /// <summary>Same as <see cref="Enter"/>, for a miss: leaves the gate. Only a miss that is not a first touch closes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void EnterBesideTouches(int thread)
    {
        if (!_lock.TryEnter(thread)) EnterAtRest();
    }

    /// <summary>Folds the touches that were made, for a caller that reads a count without a hold.</summary>
    public void CloseGate()
    {
        if (!gate.IsOpen) return;
        int thread = ThisThread.Id;
        Enter(thread, counts: false);
        Exit(thread);
    }

    /// <summary>Same as <see cref="Enter"/>. Returns false if the engine has been disposed, and this object with it.</summary>
    /// <param name="thread">The managed ID of the calling thread.</param>
    public bool TryEnterToDispose(int thread)
    {
        try
        {
            Enter(thread, counts: true);
            return true;
        }
        catch (ObjectDisposedException)    // thrown by the lock: the engine was disposed after the caller's check
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

    /// <summary>Leaves the slow path. Faults that wait are retried.</summary>
    /// <param name="thread">The managed ID of the calling thread.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Exit(int thread)
    {
        if (Waits.Count != 0) Waits.Wake();    // still on the slow path, to which the count belongs
        _lock.Exit(thread);
    }

    /// <summary>
    /// Leaves the slow path until another thread has made a hold, or for the time given. The thread is at rest meanwhile.
    /// </summary>
    /// <returns>False after a timeout.</returns>
    public bool TryLeaveUntilChange(TimeSpan atMost)
    {
        ProcessorState? here = processors.Here;
        long seen = Waits.Begin();    // before leaving, so that no hold goes unseen
        bool ran = GoAway(here);
        _lock.Exit(ThisThread.Id);    // not Exit, which would wake this very waiter
        try
        {
            return Waits.TryAwait(seen, atMost);
        }
        finally
        {
            ResumeRun(here, ran);
        }
    }

    /// <summary>
    /// Leaves the slow path to read the pages that a fault has requested, or to wait for a thread that reads them already. The calling
    /// thread is at rest meanwhile.
    /// </summary>
    /// <param name="failure">The exception of the host's code, which is an I/O error for the fault.</param>
    /// <returns>False if the fault has requested nothing.</returns>
    public bool TryLeaveToRead(out Exception? failure)
    {
        failure = null;
        if (!Reads.TryTake(out OutsideRead? mine, out OutsideRead? other)) return false;
        ProcessorState here = processors.Here!;
        long seen = other?.Ends ?? 0;    // before leaving: from then on the read may end at any time
        Reads.Suspend();
        bool ran = GoAway(here);
        Exit(ThisThread.Id);
        try
        {
            if (mine is not null) failure = mine.Perform();
            else other!.AwaitEnd(seen);
        }
        finally
        {
            ResumeRun(here, ran);
            Reads.Resume(here);
            mine?.Return();
        }

        return true;
    }

    /// <summary>Records the hold of a fault that is about to change the engine, or waits for it.</summary>
    /// <returns>False if it was not its hold: others have gone first, and the caller checks again.</returns>
    public bool TryTakePlace()
    {
        if (Order is not { } order || order.TryPass(NumberHere)) return true;
        TryLeaveUntilChange(HoldOrder.LookAgainAfter);
        order.ThrowIfStuck(NumberHere);
        return false;
    }

    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The calling thread neither runs in these translations nor is on the slow
    /// path.</exception>
    public void CheckUser(TranslationCache cache)
    {
        if (!IsHere) CheckRuns(cache);
    }

    /// <summary>T10: a thread accesses memory only while it runs in it, because calls that take memory away wait for no other.</summary>
    /// <exception cref="ObjectDisposedException">The engine has been disposed.</exception>
    /// <exception cref="InvalidOperationException">The calling thread does not run in these translations.</exception>
    public void CheckRuns(TranslationCache cache)
    {
        if (processors.RunsHereIn(cache)) return;
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        ProcessorState? here = processors.Here;
        string who = here is null ? "has no virtual processor" : here.Runs ? "runs in another address space" : "is at rest";
        throw new InvalidOperationException($"T10: thread {Environment.CurrentManagedThreadId} accesses guest memory, but {who}. " +
            "Calls that take memory away would not wait for it. VirtualProcessor.Run comes first, or EnterSlowPath around the access.");
    }

    /// <summary>Puts the calling thread at rest before it leaves the slow path in the middle of an access.</summary>
    /// <param name="here">Its processor, if it has one.</param>
    /// <returns>True if it ran before, for <see cref="ResumeRun"/>.</returns>
    private static bool GoAway(ProcessorState? here)
    {
        bool ran = here is { Runs: true };
        if (here is not null) here.IsAway = true;
        if (ran) here!.Rest();
        return ran;
    }

    /// <summary>Takes the slow path again after <see cref="GoAway"/>; the thread runs again if it did.</summary>
    private void ResumeRun(ProcessorState? here, bool ran)
    {
        EnterAndRun(here, ran);
        gate.Close();    // others may have opened it meanwhile
        if (here is not null) here.IsAway = false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterAtRest()
    {
        ProcessorState? here = processors.Here;
        bool runs = here is { Runs: true };
        if (runs) here!.Rest();    // T11: a hold that waits for processors need not wait for this one
        EnterAndRun(here, runs);
    }

    private void EnterAndRun(ProcessorState? here, bool runs)
    {
        _lock.Enter();
        if (runs) here!.RunAgain();    // with the lock, so that no removal is under way
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AwaitPlace(HoldOrder order)
    {
        try
        {
            while (!order.TryPass(NumberHere))
            {
                TryLeaveUntilChange(HoldOrder.LookAgainAfter);
                order.ThrowIfStuck(NumberHere);
            }
        }
        catch
        {
            Exit(ThisThread.Id);
            throw;
        }
    }

    private int NumberHere => processors.Here?.Id ?? 0;    // 0: a thread without a processor
}
