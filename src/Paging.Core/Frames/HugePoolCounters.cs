namespace Paging.Core.Frames;

/// <summary>The pool of huge pages, in huge pages: the part of <see cref="HugeCounters"/> that <see cref="HugePool"/> knows.</summary>
/// <param name="Total"><see cref="HugeCounters.PoolTotal"/>.</param>
/// <param name="Free"><see cref="HugeCounters.PoolFree"/>.</param>
/// <param name="Reserved"><see cref="HugeCounters.PoolReserved"/>.</param>
/// <param name="Surplus"><see cref="HugeCounters.PoolSurplus"/>.</param>
internal readonly record struct HugePoolCounters(long Total, long Free, long Reserved, long Surplus)
{
    /// <summary>Writes the figures into the counters of the engine.</summary>
    public void CopyTo(ref HugeCounters counters)
    {
        counters.PoolTotal = Total;
        counters.PoolFree = Free;
        counters.PoolReserved = Reserved;
        counters.PoolSurplus = Surplus;
    }
}
