using System.Runtime.ExceptionServices;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Traces;

/// <summary>Streams one trace through many simulators at a time, and counts the accesses and pages that all of them share.</summary>
/// <remarks>Block by block: read, number the pages, then let every simulator take the block, on as many threads as there are.</remarks>
public sealed class TraceReplay
{
    private const int BlockLength = 1 << 16;
    private readonly TraceAccess[] _accesses = new TraceAccess[BlockLength];
    private readonly int[] _ids = new int[BlockLength];
    private readonly DistinctPages _pages = new();

    /// <summary>Accesses of the trace.</summary>
    public long AccessCount { get; private set; }

    /// <summary>Accesses that store; means something when <see cref="HasStores"/>.</summary>
    public long StoreCount { get; private set; }

    /// <summary>True when the trace distinguishes loads from stores.</summary>
    public bool HasStores { get; private set; }

    /// <summary>Pages the trace touches.</summary>
    public int DistinctPageCount => _pages.Count;

    /// <summary>Runs a trace to its end.</summary>
    /// <param name="trace">The trace.</param>
    /// <param name="simulators">Fresh simulators; none to count only.</param>
    /// <param name="progress">Called after each block.</param>
    /// <exception cref="ArgumentException">There is no simulator at some place of the list.</exception>
    /// <exception cref="TraceFormatException">A line cannot be read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public void Run(TraceReader trace, IReadOnlyList<TraceSimulator> simulators, Action? progress = null)
    {
        ArgumentNullException.ThrowIfNull(trace);
        ArgumentNullException.ThrowIfNull(simulators);
        if (simulators.Contains(null!)) throw new ArgumentException("A simulator in the list is null.", nameof(simulators));
        int count;
        while ((count = trace.Read(_accesses)) > 0)
        {
            Count(_accesses.AsSpan(0, count));
            TraceBlock block = new(_accesses.AsMemory(0, count), _ids.AsMemory(0, count));
            RunAll(simulators, block);
            progress?.Invoke();
        }
        HasStores = trace.HasStores;
    }

    private static void RunAll(IReadOnlyList<TraceSimulator> simulators, TraceBlock block)
    {
        try
        {
            if (simulators.Count == 1) simulators[0].Run(block);
            else Parallel.ForEach(simulators, simulator => simulator.Run(block));
        }
        catch (AggregateException exception)    // out of memory: reported as it is with one thread
        {
            ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
        }
    }

    private void Count(ReadOnlySpan<TraceAccess> accesses)
    {
        AccessCount += accesses.Length;
        foreach (TraceAccess access in accesses) StoreCount += access.IsStore ? 1 : 0;
        _pages.Identify(accesses, _ids);
    }
}
