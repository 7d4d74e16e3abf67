using Paging.Core.Threads;

namespace Paging.Core;

/// <summary>
/// A thread's turn on the slow path, for several calls (<see cref="PagingEngine.EnterSlowPath"/>). It ends when it is disposed.
/// </summary>
public readonly ref struct EngineTurn
{
    private readonly SlowPathTurn _turn;

    internal EngineTurn(SlowPathTurn turn) => _turn = turn;

    /// <summary>Waits until no thread uses translations that the calls removed, and lets the next thread in.</summary>
    /// <exception cref="TimeoutException">A thread does not come to rest. The calls have taken effect.</exception>
    public void Dispose() => _turn.Dispose();
}
