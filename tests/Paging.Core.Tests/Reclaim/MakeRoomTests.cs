using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>How many clean pages the cache gives up before it grows, and when a failed allocation frees something, to the page.</summary>
/// <remarks>Linux: init_per_zone_wmark_min (min_free_kbytes), shrink_inactive_list, try_to_free_pages.</remarks>
public sealed class MakeRoomTests
{
    private const int Cached = 300;

    [Theory]
    [InlineData(1, 32u)]
    [InlineData(4, 64u)]
    [InlineData(16, 128u)]
    [InlineData(64, 256u)]
    public void TheReserveIsThatOfLinux(int mebibytes, uint frames)
    {
        using World world = new((uint)mebibytes);
        Assert.Equal(frames, world.Engine.Parts.Reclaim.Pressure.Reserve);
    }

    [Theory]
    [InlineData(65u, 1u, 0u)]    // enough is free
    [InlineData(64u, 1u, 1u)]
    [InlineData(67u, 3u, 0u)]
    [InlineData(66u, 3u, 1u)]
    [InlineData(60u, 3u, 7u)]
    [InlineData(0u, 1u, 65u)]
    [InlineData(10u, 200u, 254u)]
    public void AsManyPagesGoAsTheReserveIsShortOf(uint free, uint pages, uint dropped)
    {
        using World world = Start(free, mappedCount: 0, out GuestFile file, out MemoryPressure pressure);
        pressure.MakeRoom(world.Machine.Lists.Root, pages);
        Assert.Equal(Cached - dropped, file.CachedPages.Value);
        Assert.Equal(free + dropped, world.Machine.Allocator.AvailableFrames.Value);
        Assert.Equal((long)dropped, world.Engine.Files.CacheCounters.Reclaimed);
        for (uint page = 0; page < dropped; page++) Assert.False(file.IsCached(new(page)));    // those that were used first
        world.Verify();
    }

    /// <summary>64 pages and those that are needed are looked at in vain, and no more; the next call goes on after them.</summary>
    [Theory]
    [InlineData(66, 4u)]
    [InlineData(67, 0u)]
    public void ASearchEndsAfterSoManyPagesThatMayNotGo(int mappedCount, uint dropped)
    {
        using World world = Start(free: 63, mappedCount, out GuestFile file, out MemoryPressure pressure);
        pressure.MakeRoom(world.Machine.Lists.Root, 3);
        Assert.Equal(Cached - dropped, file.CachedPages.Value);
        pressure.MakeRoom(world.Machine.Lists.Root, 3);
        Assert.Equal(Cached - 4u, file.CachedPages.Value);
        for (int page = 0; page < mappedCount; page++) Assert.True(file.IsCached(new((uint)page)));
        world.Verify();
    }

    /// <summary>Pages that were used again and again go too, once they are more than the others.</summary>
    [Fact]
    public void TheLongerActiveListGetsShorter()
    {
        using World world = Start(free: 60, mappedCount: 0, out GuestFile file, out MemoryPressure pressure);
        byte[] bytes = new byte[4096];
        for (int round = 0; round < 3; round++)
            for (int page = 0; page < Cached; page++) World.Succeeds(file.Read(page * 4096L, bytes, out _));
        Assert.Equal(0u, world.Machine.Lists.CountOf(0, PageFlags.FileBacked));
        pressure.MakeRoom(world.Machine.Lists.Root, 3);
        Assert.Equal(Cached - 7u, file.CachedPages.Value);
        world.Verify();
    }

    /// <summary>A page that is passed over is as if it had not been used: two uses make it active again, not one.</summary>
    [Fact]
    public void APageThatIsPassedOverForgetsItsUse()
    {
        using World world = Start(free: 63, mappedCount: 66, out GuestFile file, out MemoryPressure pressure);
        FrameNumber[] frames = [.. Enumerable.Range(0, 64).Select(page => FrameOf(world, file, page))];
        foreach (FrameNumber frame in frames) Assert.NotEqual(FrameFlags.None, world.Machine.Frames[frame].Flags & PageFlags.Referenced);
        pressure.MakeRoom(world.Machine.Lists.Root, 3);
        foreach (FrameNumber frame in frames) Assert.Equal(FrameFlags.None, world.Machine.Frames[frame].Flags & PageFlags.Referenced);

        static FrameNumber FrameOf(World world, GuestFile file, int page)
        {
            Assert.True(world.Engine.Parts.Files.Cache.TryFind(file.Object, new((uint)page), out FrameNumber frame));
            return frame;
        }
    }

    [Theory]
    [InlineData(5u, 5u, false)]
    [InlineData(5u, 6u, true)]
    [InlineData(0u, 1u, true)]
    [InlineData(0u, 0u, false)]
    [InlineData(5u, 100u, true)]
    public void SomethingIsFreedOnlyIfLessIsThereThanIsNeeded(uint free, uint needed, bool frees)
    {
        using World world = Start(free, mappedCount: 0, out GuestFile file, out MemoryPressure pressure);
        Assert.Equal(free == 0, pressure.IsShort(world.Machine.Lists.Root));
        Assert.Equal(frees, pressure.TryFreeFor(world.Machine.Lists.Root, needed));
        uint freed = Cached - file.CachedPages.Value;
        Assert.InRange(freed, frees ? Math.Max(needed, 32) : 0, frees ? Math.Max(needed, 32) + 32 : 0);    // SWAP_CLUSTER_MAX at least
        Assert.Equal(free + freed, world.Machine.Allocator.AvailableFrames.Value);
        world.Verify();
    }

    /// <summary>A file whose pages have been read once, some of them mapped, and so many free frames.</summary>
    private static World Start(uint free, int mappedCount, out GuestFile file, out MemoryPressure pressure)
    {
        World world = new(World.Options() with { ReadAheadPages = 0 });
        file = world.CreateBacked(new(Cached * 4096));
        byte[] bytes = new byte[4096];
        for (int page = 0; page < Cached; page++) World.Succeeds(file.Read(page * 4096L, bytes, out _));
        if (mappedCount != 0)
        {
            world.MapFile(world.Open(file), 0, mappedCount, type: MapFlags.Shared);
            for (int page = 0; page < mappedCount; page++) world.Peek(page);
        }

        while (world.Machine.Allocator.AvailableFrames.Value > free) Assert.True(world.Engine.Frames.TryTake(0, out _));
        pressure = world.Engine.Parts.Reclaim.Pressure;
        return world;
    }
}
