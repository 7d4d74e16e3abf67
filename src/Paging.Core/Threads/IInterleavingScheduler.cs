namespace Paging.Core.Threads;

/// <summary>A test that decides in which order threads pass the points of <see cref="Interleaving"/>.</summary>
internal interface IInterleavingScheduler
{
    /// <summary>The calling thread may be held back here.</summary>
    void Yield();

    /// <summary>The calling thread is held back until the condition holds.</summary>
    void WaitUntil(Func<bool> condition);

    /// <summary>Takes a store into the thread's store buffer.</summary>
    bool TryStoreLater(Action store);

    /// <summary>Empties the store buffer of the calling thread.</summary>
    void Fence();

    /// <summary>Empties the store buffers of all threads.</summary>
    void FenceAll();
}
