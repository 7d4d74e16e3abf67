using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The additional calls of an engine with many threads (<see cref="EngineOptions.AllowThreads"/>).</summary>
/// <remarks>In an engine for one thread each throws an <see cref="InvalidOperationException"/>.</remarks>
public sealed class EngineThreads
{
    private readonly PagingEngine _engine;

    internal EngineThreads(PagingEngine engine) => _engine = engine;

    /// <summary>Makes the virtual processor of the calling thread, at rest.</summary>
    /// <param name="name">The name in reports; null: its number.</param>
    /// <exception cref="InvalidOperationException">The engine serves one thread, or the thread has a processor already.</exception>
    public VirtualProcessor CreateProcessor(string? name = null)
    {
        SlowPath shared = SharedOf(out CallerCheck callers);
        using SlowPathHold hold = callers.Hold();
        if (shared.Processors.Here is { } here)
            throw new InvalidOperationException($"This thread has virtual processor {here.Id} ('{here.Name}') of this engine already.");
        shared.Prepare();    // makes the thread's waiter, so that waiting allocates nothing
        ProcessorState processor = shared.Processors.Add(name);
        _engine.Parts.Machine.Touches!.Add(processor);
        return new(callers, processor);
    }

    /// <summary>
    /// Starts a thread that reclaims, writes back and zeroes ahead: it calls <see cref="PagingEngine.RunBackground"/> in a loop.
    /// </summary>
    /// <param name="interval">The time that it sleeps when no work is due.</param>
    /// <param name="pageBudget">The most pages of one hold. Faults and calls of other threads wait for it.</param>
    /// <returns>Stops the thread when it is disposed. Only one may run at a time.</returns>
    /// <exception cref="InvalidOperationException">The engine serves one thread, or such a thread runs already.</exception>
    public BackgroundWork StartBackground(TimeSpan interval, int pageBudget = 64)
    {
        SharedOf(out CallerCheck callers);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageBudget);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        using SlowPathHold hold = callers.HoldToRead();    // a disposed engine throws here, not in the new thread
        if (_engine.Background?.IsRunning == true)
            throw new InvalidOperationException("The background work of this engine runs already. Dispose it before the next is started.");
        return _engine.Background = new(_engine.RunBackground, interval, pageBudget, () => callers.IsClosed);
    }

    /// <summary>Records the order in which the threads take the slow path from now on.</summary>
    /// <remarks>
    /// A run of the same programs that follows the order (<see cref="ReplayOrder"/>) gives the same bytes, as far as the threads do not
    /// race each other through hits. Allocates a word per hold.
    /// </remarks>
    public void RecordOrder() => SetOrder(new());

    /// <summary>Follows a recorded order, step by step. After its end the threads run in any order.</summary>
    /// <param name="holds">The result of <see cref="StopOrder"/>.</param>
    public void ReplayOrder(IEnumerable<int> holds)
    {
        ArgumentNullException.ThrowIfNull(holds);
        SetOrder(new(holds));
    }

    /// <summary>Ends <see cref="RecordOrder"/> or <see cref="ReplayOrder"/>.</summary>
    /// <returns>The numbers of the processors in the order of their holds; 0 for threads without one.</returns>
    public IReadOnlyList<int> StopOrder()
    {
        SlowPath shared = SharedOf(out CallerCheck callers);
        using SlowPathHold hold = callers.HoldToRead();    // a counted hold would wait for its place in the order
        IReadOnlyList<int> holds = shared.Order?.Holders ?? [];
        shared.Order = null;
        return holds;
    }

    /// <summary>Counts the synchronization between the threads of an engine.</summary>
    public ThreadCounters Count()
    {
        SlowPath shared = SharedOf(out CallerCheck callers);
        using SlowPathHold hold = callers.HoldToRead();
        Shootdown shootdown = shared.Shootdown;
        return new(shared.Processors.All.Length, shootdown.WaitCount, shootdown.LostCount, new(shootdown.Limbo.Count));
    }

    internal static void ThrowIfOthersRun(CallerCheck callers)
    {
        if (callers.Shared?.Processors.TryFindRunning(out ProcessorState? running) != true) return;
        throw new InvalidOperationException($"Virtual processor {running!.Id} ('{running.Name}', " +
            $"thread {running.Thread.ManagedThreadId}) still runs in this engine's memory. Let all threads rest before it is disposed.");
    }

    private void SetOrder(HoldOrder order)
    {
        SlowPath shared = SharedOf(out CallerCheck callers);
        using SlowPathHold hold = callers.HoldToRead();    // not counted, as in StopOrder
        shared.Order = order;
    }

    private SlowPath SharedOf(out CallerCheck callers)
    {
        callers = _engine.Callers;
        return callers.Shared
            ?? throw new InvalidOperationException("This engine serves one thread. EngineOptions.AllowThreads makes one that serves many.");
    }
}

/// <summary>The costs of synchronization between the threads of an engine.</summary>
/// <param name="Processors">The number of virtual processors.</param>
/// <param name="Shootdowns">The number of times that a call had to wait for a running thread.</param>
/// <param name="LostProcessors">The number of threads that ended while their processors ran.</param>
/// <param name="WaitingFrames">Frames that are not free yet, because a thread has not come to rest.</param>
public readonly record struct ThreadCounters(int Processors, long Shootdowns, int LostProcessors, FrameCount WaitingFrames);

/// <summary>
/// A thread's hold on the slow path, for several calls (<see cref="PagingEngine.EnterSlowPath"/>). It ends when it is disposed.
/// </summary>
public readonly ref struct EngineHold
{
    private readonly SlowPathHold _hold;

    internal EngineHold(SlowPathHold hold) => _hold = hold;

    /// <summary>Waits until no thread uses translations that the calls removed, and lets the next thread in.</summary>
    /// <exception cref="TimeoutException">A thread does not come to rest. The calls have taken effect.</exception>
    public void Dispose() => _hold.Dispose();
}
