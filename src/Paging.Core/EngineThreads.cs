using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>The additional calls of an engine with many threads (<see cref="EngineOptions.AllowThreads"/>).</summary>
public static class EngineThreads
{
    /// <summary>Makes the virtual processor of the calling thread, at rest.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The name in reports; null: its number.</param>
    /// <exception cref="InvalidOperationException">The engine serves one thread, or the thread has a processor already.</exception>
    public static VirtualProcessor CreateProcessor(this PagingEngine engine, string? name = null)
    {
        SlowPath shared = SharedOf(engine, out ThreadGuard guard);
        using SlowPathTurn turn = guard.TakeTurn();
        if (shared.Processors.Here is { } here)
            throw new InvalidOperationException($"This thread has virtual processor {here.Id} ('{here.Name}') of this engine already.");
        shared.Prepare();    // makes the thread's waiter, so that waiting allocates nothing
        ProcessorState processor = shared.Processors.Add(name);
        engine.Parts.Machine.Touches!.Add(processor);
        return new(guard, processor);
    }

    /// <summary>Takes the slow path for several calls, so that no call or fault of another thread comes between them.</summary>
    /// <returns>Ends the turn when it is disposed, on the same thread.</returns>
    /// <remarks>Outside such a turn each call takes its own. Without threads it does nothing.</remarks>
    public static EngineTurn EnterSlowPath(this PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new(engine.Parts.Machine.Guard.TakeTurn());
    }

    /// <summary>Begins a call of a host: checks the engine and, in one with many threads, takes the slow path until disposed.</summary>
    /// <exception cref="ArgumentNullException">The engine is null.</exception>
    internal static SlowPathTurn TakeTurn(this PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return engine.Parts.Machine.Guard.TakeTurn();
    }

    /// <summary>
    /// Starts a thread that reclaims, writes back and zeroes ahead: it calls <see cref="PagingEngine.RunBackground"/> in a loop.
    /// </summary>
    /// <param name="engine">The engine.</param>
    /// <param name="interval">The time that it sleeps when no work is due.</param>
    /// <param name="pageBudget">The most pages of one turn. Faults and calls of other threads wait for it.</param>
    /// <returns>Stops the thread when it is disposed. Only one may run at a time.</returns>
    /// <exception cref="InvalidOperationException">The engine serves one thread, or such a thread runs already.</exception>
    public static BackgroundWork StartBackground(this PagingEngine engine, TimeSpan interval, int pageBudget = 64)
    {
        SharedOf(engine, out ThreadGuard guard);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(pageBudget);
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        using SlowPathTurn turn = guard.TakeTurnToLook();    // a disposed engine throws here, not in the new thread
        if (engine.Background?.IsRunning == true)
            throw new InvalidOperationException("The background work of this engine runs already. Dispose it before the next is started.");
        return engine.Background = new(engine.RunBackground, interval, pageBudget, () => guard.IsClosed);
    }

    /// <summary>Records the order in which the threads take the slow path from now on.</summary>
    /// <remarks>
    /// A run of the same programs that follows the order (<see cref="ReplayTurns"/>) gives the same bytes, as far as the threads do not
    /// race each other through hits. Allocates a word per turn.
    /// </remarks>
    public static void RecordTurns(this PagingEngine engine) => SetOrder(engine, new());

    /// <summary>Follows a recorded order, turn by turn. After its end the threads run in any order.</summary>
    /// <param name="engine">A new engine, whose processors are created in the same order.</param>
    /// <param name="turns">The result of <see cref="StopTurns"/>.</param>
    public static void ReplayTurns(this PagingEngine engine, IEnumerable<int> turns)
    {
        ArgumentNullException.ThrowIfNull(turns);
        SetOrder(engine, new(turns));
    }

    /// <summary>Ends <see cref="RecordTurns"/> or <see cref="ReplayTurns"/>.</summary>
    /// <returns>The numbers of the processors in the order of their turns; 0 for threads without one.</returns>
    public static IReadOnlyList<int> StopTurns(this PagingEngine engine)
    {
        SlowPath shared = SharedOf(engine, out ThreadGuard guard);
        using SlowPathTurn turn = guard.TakeTurnToLook();    // a counted turn would wait for its place in the order
        IReadOnlyList<int> turns = shared.Order?.Turns ?? [];
        shared.Order = null;
        return turns;
    }

    /// <summary>Counts the synchronization between the threads of an engine.</summary>
    public static ThreadCounters ThreadCounters(this PagingEngine engine)
    {
        SlowPath shared = SharedOf(engine, out ThreadGuard guard);
        using SlowPathTurn turn = guard.TakeTurnToLook();
        Shootdown shootdown = shared.Shootdown;
        return new(shared.Processors.All.Length, shootdown.WaitCount, shootdown.LostCount, new(shootdown.Limbo.Count));
    }

    internal static void ThrowIfOthersRun(ThreadGuard guard)
    {
        if (guard.Shared?.Processors.TryFindRunning(out ProcessorState? running) != true) return;
        throw new InvalidOperationException($"Virtual processor {running!.Id} ('{running.Name}', " +
            $"thread {running.Thread.ManagedThreadId}) still runs in this engine's memory. Let all threads rest before it is disposed.");
    }

    private static void SetOrder(PagingEngine engine, TurnOrder order)
    {
        SlowPath shared = SharedOf(engine, out ThreadGuard guard);
        using SlowPathTurn turn = guard.TakeTurnToLook();    // not counted, as in StopTurns
        shared.Order = order;
    }

    private static SlowPath SharedOf(PagingEngine engine, out ThreadGuard guard)
    {
        ArgumentNullException.ThrowIfNull(engine);
        guard = engine.Parts.Machine.Guard;
        return guard.Shared
            ?? throw new InvalidOperationException("This engine serves one thread. EngineOptions.AllowThreads makes one that serves many.");
    }
}
