using Paging.Core.Frames;

namespace Paging.Core.Tests;

/// <summary>The part of <see cref="EngineHugePages.Counters"/> that shows the pool.</summary>
internal static class PoolFigures
{
    public static HugePoolCounters CountPool(this PagingEngine engine) => engine.HugePages.Counters.OfPool();

    public static HugePoolCounters OfPool(this HugeCounters huge) =>
        new(huge.PoolTotal, huge.PoolFree, huge.PoolReserved, huge.PoolSurplus);

    public static HugePoolCounters Figures(this HugePool pool) => new(pool.Total, pool.Free, pool.Reserved, pool.Surplus);
}

/// <summary>The pool of huge pages in numbers.</summary>
internal readonly record struct HugePoolCounters(long Total, long Free, long Reserved, long Surplus);
