using Paging.Core.Reclaim;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>When background work begins and where it ends, and the frames that the page cache leaves free.</summary>
public class WatermarkTests
{
    /// <summary>min is √KiB pages, low a quarter above it, high a half.</summary>
    /// <remarks>Linux: calculate_min_free_kbytes, __setup_per_zone_wmarks.</remarks>
    [Theory]
    [InlineData(1u, 32u, 40u, 48u)]
    [InlineData(4u, 64u, 80u, 96u)]
    [InlineData(64u, 256u, 320u, 384u)]
    public void TheMarksFollowTheSquareRootOfRam(uint ramMiB, uint min, uint low, uint high)
    {
        using World world = new(ramMiB);
        Watermarks marks = world.Engine.Frames.Watermarks;
        Assert.Equal((min, low, high), (marks.Min.Value, marks.Low.Value, marks.High.Value));
        Assert.Equal(min, world.Engine.Parts.Reclaim.Pressure.Reserve);    // what the page cache leaves free
    }

    /// <summary>
    /// 4 MiB: nothing happens with 80 frames free. With fewer, frames are freed in batches of 32 until 96 are free. Linux: balance_pgdat.
    /// </summary>
    [Theory]
    [InlineData(95u, 95u)]
    [InlineData(80u, 80u)]
    [InlineData(79u, 111u)]
    [InlineData(50u, 114u)]    // 82 after one batch: above the low mark, below the high one
    [InlineData(40u, 104u)]
    public void BackgroundWorkBeginsBelowLowAndGoesOnToHigh(uint free, uint freeAfterwards)
    {
        using World world = Filled(free);
        world.Engine.Parts.Reclaim.Reclaimer.RunBackground(1000);
        Assert.Equal(freeAfterwards, world.Engine.Memory.Free.Value);
        Assert.Equal(freeAfterwards - free, world.Engine.Reclaimed.BackgroundReclaimed);
    }

    /// <summary>Where nothing can go, background work gives up, however far the mark is.</summary>
    [Fact]
    public void BackgroundWorkEndsWhereNothingCanGo()
    {
        using World world = new(1);
        world.Map(0, 100);
        for (int page = 0; page < 100; page++) world.Touch(page);
        while (world.Engine.Memory.Free.Value > 10) Assert.True(world.Engine.Frames.TryTake(0, out _));
        Assert.Equal(0u, world.Engine.Parts.Reclaim.Reclaimer.RunBackground(1000));
        Assert.Equal((0L, 10u), (world.Engine.Reclaimed.BackgroundReclaimed, world.Engine.Memory.Free.Value));
        world.Verify();
    }

    /// <summary>Reclaim that an allocation waits for counts each time, and as failed where it frees nothing.</summary>
    /// <remarks>Linux: allocstall in /proc/vmstat; max and oom in memory.events.</remarks>
    [Fact]
    public void DirectReclaimCountsItselfAndItsFailures()
    {
        using World world = Filled(20);
        Assert.InRange(world.Engine.Parts.Reclaim.Reclaimer.Free(5), 5u, 64u);
        Assert.Equal((1L, 0L), (world.Engine.Reclaimed.DirectReclaims, world.Engine.Reclaimed.Failures));
        using World full = new(1);
        full.Map(0, 100);
        for (int page = 0; page < 100; page++) full.Touch(page);
        Assert.Equal(0u, full.Engine.Parts.Reclaim.Reclaimer.Free(5));
        Assert.Equal((1L, 1L), (full.Engine.Reclaimed.DirectReclaims, full.Engine.Reclaimed.Failures));
        World.Succeeds(full.Engine.Groups.Create(new() { Limit = new(10), CountsTables = false }, out MemoryGroup? group));
        Assert.Equal(0u, full.Engine.Parts.Reclaim.Reclaimer.FreeOfGroup(group!, 5));
        Assert.Equal((2L, 1L, 1L, 1L),
            (full.Engine.Reclaimed.DirectReclaims, full.Engine.Reclaimed.Failures, group!.LimitHits, group.Failures));
        UserProcess process = full.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.Succeeds(full.CreateBacked(new(4096)).Open(process, FileRights.Read, out int descriptor));
        World.Succeeds(process.FileDescriptors.Read(descriptor, new byte[4096], out _));
        Assert.Equal(1u, full.Engine.Parts.Reclaim.Reclaimer.FreeOfGroup(group, 5));
        Assert.Equal((3L, 1L, 2L, 1L),
            (full.Engine.Reclaimed.DirectReclaims, full.Engine.Reclaimed.Failures, group.LimitHits, group.Failures));
    }

    [Fact]
    public void BackgroundWorkFreesNoMoreThanItsBudget()
    {
        using World world = Filled(20);
        Assert.Equal(5u, world.Engine.Parts.Reclaim.Reclaimer.RunBackground(5));
        Assert.Equal(25u, world.Engine.Memory.Free.Value);
        Assert.Equal(world.Engine.Reclaimed.Scanned, world.Engine.Reclaimed.BackgroundScanned);
        Assert.Equal(0, world.Engine.Reclaimed.DirectReclaims);
    }

    /// <summary>A file larger than RAM: the cache takes all but the reserve of 64 frames, and gives up no more than it must.</summary>
    [Fact]
    public void TheCacheGrowsUpToTheReserve()
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(1500 * 4096));
        byte[] buffer = new byte[4096];
        uint fewest = uint.MaxValue;
        for (int page = 0; page < 1500; page++)
        {
            World.Succeeds(file.Read(page * 4096, buffer, out _));
            fewest = Math.Min(fewest, world.Engine.Memory.Free.Value);
        }

        Assert.InRange(fewest, 32u, 66u);    // read-ahead takes its window at once
        Assert.InRange(world.Engine.Memory.Free.Value, 48u, 110u);
    }

    /// <summary>4 MiB with so many frames free, and a file's pages in the others.</summary>
    private static World Filled(uint free)
    {
        World world = new();
        GuestFile file = world.CreateBacked(new(850 * 4096));
        World.Succeeds(file.Read(0, new byte[850 * 4096], out _));
        while (world.Engine.Memory.Free.Value > free) Assert.True(world.Engine.Frames.TryTake(0, out _));
        return world;
    }
}
