namespace Paging.Traces.Simulation;

/// <summary>Runs a trace through a number of frames and counts. Cold start; a miss loads the page; first touches are misses.</summary>
/// <remarks>One simulator belongs to one thread at a time; several may work on the same block.</remarks>
public abstract class TraceSimulator
{
    /// <summary>Nothing has been accessed.</summary>
    /// <param name="frameCount">At least 1.</param>
    protected TraceSimulator(int frameCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(frameCount, 1);
        FrameCount = frameCount;
    }

    /// <summary>Pages that fit.</summary>
    public int FrameCount { get; }

    /// <summary>Accesses so far.</summary>
    public long AccessCount { get; protected set; }

    /// <summary>Accesses that found their page missing.</summary>
    public long MissCount { get; protected set; }

    /// <summary>Pages evicted that were stored to since they were loaded; null where no page is evicted by name.</summary>
    public abstract long? DirtyEvictionCount { get; }

    /// <summary>Goes on with the next part of the trace.</summary>
    public abstract void Run(in TraceBlock block);
}
