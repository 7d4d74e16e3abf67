using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A pool of huge pages where memory has no more blocks, has none of that size at all, or has some beyond small entries.</summary>
/// <remarks>Linux: mm/hugetlb.c gather_surplus_pages, alloc_pool_huge_folio, set_max_huge_pages.</remarks>
public sealed class PoolEdgeTests
{
    private const int Order = 6;

    /// <summary>The pool cannot get all the surplus pages of a request: those already taken are returned.</summary>
    [Fact]
    public void AReservationThatIsNotWholeChangesNothing()
    {
        using World world = new(4);
        HugePool pool = PoolOf(world, Order);
        pool.SurplusMax = 1000;
        uint free = world.Engine.Memory.Free.Value;
        Assert.False(pool.TryReserve(100));
        Assert.Equal(new HugePoolCounters(0, 0, 0, 0), pool.Figures());
        Assert.Equal((0L, free), (pool.CountLinked(), world.Engine.Memory.Free.Value));
        pool.Resize(2);
        Assert.False(pool.TryReserve(100));
        Assert.Equal(new HugePoolCounters(2, 2, 0, 0), pool.Figures());
        Assert.True(pool.TryReserve(7));
        Assert.Equal(new HugePoolCounters(7, 7, 7, 5), pool.Figures());
        Assert.False(pool.TryReserve(100));
        Assert.Equal(new HugePoolCounters(7, 7, 7, 5), pool.Figures());
        pool.Unreserve(7);
        Assert.Equal(new HugePoolCounters(2, 2, 0, 0), pool.Figures());
        pool.Resize(0);
        Assert.Equal(free, world.Engine.Memory.Free.Value);
        world.Verify();
    }

    /// <summary>Pages of all free blocks, and then none: the pool is as large as it could become.</summary>
    [Fact]
    public void APoolGrowsAsFarAsThereAreBlocks()
    {
        using World world = new(4);
        HugePool pool = PoolOf(world, Order);
        pool.Resize(1000);
        Assert.InRange(pool.Total, 10, 16);
        Assert.Equal(new HugePoolCounters(pool.Total, pool.Total, 0, 0), pool.Figures());
        Assert.Equal(pool.Total, pool.CountLinked());
        HashSet<FrameNumber> blocks = [];
        while (pool.TryTake(out FrameNumber block)) Assert.True(blocks.Add(block));
        Assert.Equal((pool.Total, 0L, 0L), (blocks.Count, pool.Free, pool.CountLinked()));
        Assert.All(blocks, static block => Assert.Equal(0u, block.Value % (1 << Order)));
        foreach (FrameNumber block in blocks) pool.GiveBack(block);
        Assert.Equal(pool.Total, pool.CountLinked());
        pool.Resize(0);
        world.Verify();
    }

    /// <summary>Pages larger than the largest block: every request fails.</summary>
    [Fact]
    public void PagesBeyondTheLargestBlockCannotBeHad()
    {
        using World world = new(16);
        HugePool pool = PoolOf(world, BuddyAllocator.OrderMax + 1);
        pool.SurplusMax = 5;
        pool.Resize(3);
        Assert.False(pool.TryTake(out FrameNumber block));
        Assert.Equal(default, block);
        Assert.False(pool.TryReserve(1));
        Assert.False(pool.TryTakeReserved(out _));
        Assert.Equal(new HugePoolCounters(0, 0, 0, 0), pool.Figures());
        world.Verify();
        HugePool largest = PoolOf(world, BuddyAllocator.OrderMax);
        largest.Resize(1);
        Assert.Equal(1, largest.Total);
        largest.Resize(0);
        world.Verify();
    }

    private static HugePool PoolOf(World world, int order) =>
        new(world.Machine.Frames, world.Machine.Allocator, world.Machine.Blocks, order,
            new(world.Machine.Ram, world.Machine.Injection, new(1u << order)));
}
