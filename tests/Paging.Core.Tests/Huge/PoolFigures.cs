using Paging.Core.Frames;

namespace Paging.Core.Tests;

/// <summary>The part of <see cref="HugePages.CountHugePages"/> that shows the pool.</summary>
internal static class PoolFigures
{
    public static HugePoolCounters CountPool(this PagingEngine engine)
    {
        HugeCounters huge = engine.CountHugePages();
        return new(huge.PoolTotal, huge.PoolFree, huge.PoolReserved, huge.PoolSurplus);
    }
}
