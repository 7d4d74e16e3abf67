namespace Paging.Core.Threads;

/// <summary>A scheduler of a test, which decides the order in which threads pass the points of <see cref="Interleaving"/>.</summary>
internal interface IInterleavingScheduler
{
    /// <summary>How many processors a lock may assume. With one, no thread spins while another has what it waits for.</summary>
    int ProcessorCount { get; }

    /// <summary>The time, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    long Timestamp { get; }

    /// <summary>Holds the calling thread back for some holds of a spinning loop.</summary>
    void Pause(int iterations);

    /// <summary>May hold the calling thread back.</summary>
    void Yield();

    /// <summary>Holds the calling thread back until the condition is true.</summary>
    void WaitUntil(Func<bool> condition);

    /// <summary>Puts a store into the thread's store buffer.</summary>
    bool TryStoreLater(Action store);

    /// <summary>Empties the store buffer of the calling thread.</summary>
    void Fence();

    /// <summary>Empties the store buffers of all threads.</summary>
    void FenceAll();
}
