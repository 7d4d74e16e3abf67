namespace Paging.Core.Threads;

/// <summary>A thread's turn on the slow path of an engine with many threads. It ends when it is disposed.</summary>
/// <remarks>In an engine of one thread, and inside another turn of the same thread, it is empty and does nothing.</remarks>
/// <param name="guard">The guard of the engine; null for an empty turn.</param>
/// <param name="thread">The managed ID of the thread, which the turn cannot leave.</param>
internal readonly ref struct SlowPathTurn(ThreadGuard? guard, int thread)
{
    /// <summary>Waits until no thread uses a translation that the turn removed, and leaves the slow path.</summary>
    /// <exception cref="TimeoutException">A thread does not come to rest.</exception>
    public void Dispose() => guard?.EndTurn(thread);
}
