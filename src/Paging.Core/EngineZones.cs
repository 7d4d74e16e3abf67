using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The zones of an engine's memory. In an engine with many threads, each call takes the slow path.</summary>
public static class EngineZones
{
    /// <summary>Counts the zones, lowest first; one that RAM does not reach has no frames.</summary>
    /// <remarks>Cost: one pass over the frame descriptors and one over the entries of locked areas. Allocates.</remarks>
    /// <exception cref="ArgumentNullException">The engine is null.</exception>
    public static IReadOnlyList<ZoneMemory> CountZones(this PagingEngine engine)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Counting.RunZones();
    }

    /// <summary>Takes 2^order consecutive frames below 896 MiB for the host's own use, such as tables that CR3 leads to.</summary>
    /// <remarks><see cref="PagingEngine.ReturnFrames"/> gives them back. Linux: alloc_pages without __GFP_HIGHMEM.</remarks>
    /// <returns>False if there is no such block.</returns>
    /// <exception cref="ArgumentNullException">The engine is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The order is not 0 to 10.</exception>
    public static bool TryTakeLowFrames(this PagingEngine engine, int order, out FrameNumber first)
    {
        using SlowPathTurn turn = engine.TakeTurn();
        return engine.Parts.Machine.TryTakeForHost(order, needsLow: true, out first);
    }
}
