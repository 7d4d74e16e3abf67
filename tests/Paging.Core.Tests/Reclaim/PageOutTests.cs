using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>MADV_PAGEOUT page by page. Linux: madvise_cold_or_pageout_pte_range, reclaim_pages, shrink_folio_list.</summary>
public sealed class PageOutTests
{
    [Fact]
    public void SharedMemoryThatWasOnlyReadIsGoneAndWrittenMemoryStaysCached()
    {
        using World world = new();
        world.MapShared(0, 3);
        world.Peek(0);
        world.Touch(1, 7);
        Assert.Equal("110", InCore(world, 0, 3));
        PageOut(world, 0, 3);
        Assert.Equal("010", InCore(world, 0, 3));
        Assert.Equal(0UL, world.Memory.Footprint.Resident);
        Assert.Equal((0, 7), (world.Peek(0), world.Peek(1)));
        world.AssertNothingIsLeft();
    }

    /// <summary>Each page that leaves the cache is counted once, in the cache's counters and in those of reclaim.</summary>
    [Fact]
    public void EachPageThatLeavesTheCacheIsCounted()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        ByteBacking backing = new(8 * 4096);
        GuestFile file = world.CreateBacked(backing);
        world.MapFile(world.Open(file), 0, 8, type: MapFlags.Shared);
        for (int page = 0; page < 8; page++) world.Peek(page);
        for (int page = 0; page < 3; page++) world.Touch(page, 9);
        world.MapShared(20, 4);
        for (int page = 20; page < 23; page++) world.Touch(page, 7);
        world.Peek(23);
        PageOut(world, 0, 8);
        Assert.Equal((5L, 5L, 0L), (world.Engine.Files.CacheCounters.Reclaimed, world.Engine.Reclaimed.FileDrops,
            world.Engine.Reclaimed.FileWrites));    // dirty ones are left to the flusher (shrink_folio_list)
        PageOut(world, 20, 4);
        Assert.Equal((9L, 3L, 1L), (world.Engine.Files.CacheCounters.Reclaimed, world.Engine.Reclaimed.SwapWrites,
            world.Engine.Reclaimed.CleanDrops));
        Assert.Equal(3u, world.Engine.Files.CachedPages.Value);
        Assert.Equal((9, 0x13, 7, 0), (world.Peek(0), world.Peek(3), world.Peek(20), world.Peek(23)));
        world.AssertNothingIsLeft();
    }

    [Theory]
    [InlineData("unmap")]
    [InlineData("pageout")]
    [InlineData("populate")]
    [InlineData("write")]
    public void AWrittenPageIsKept(string how)
    {
        using World world = new();
        int file = world.Open(world.CreateFile("f", 0));
        World.Succeeds(world.First.FileDescriptors.SetLength(file, 4096));
        world.MapFile(file, 0, 1, type: MapFlags.Shared);
        world.Peek(0);
        switch (how)
        {
            case "populate":
                World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.PopulateWrite));
                break;
            case "write":
                World.Succeeds(world.First.FileDescriptors.Write(file, 5, new byte[] { 6 }, out _));
                break;
            default:
                world.Touch(0, 6);    // through an entry that a read has made
                break;
        }

        if (string.Equals(how, "unmap", StringComparison.Ordinal))
        {
            World.Succeeds(world.Memory.Unmap(World.At(0), 4096));
            world.MapFile(file, 0, 1, type: MapFlags.Shared);
            world.Peek(0);
        }

        PageOut(world, 0, 1);
        world.Peek(0);
        PageOut(world, 0, 1);
        Assert.Equal("1", InCore(world, 0, 1));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void WrittenSharedMemoryGoesToSwapIfThereIsAny()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.MapShared(0, 1);
        world.Touch(0, 7);
        PageOut(world, 0, 1);
        Assert.Equal("0", InCore(world, 0, 1));
        Assert.Equal(7, world.Peek(0));
        PageOut(world, 0, 1);    // its only copy was in the frame again
        Assert.Equal(7, world.Peek(0));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageOfAFileIsDroppedCleanAndUnmappedDirty()
    {
        using World world = new();
        ByteBacking backing = new(2 * 4096);
        int file = world.OpenBacked(backing);
        world.MapFile(file, 0, 2, type: MapFlags.Shared);
        world.Peek(0);
        world.Touch(1, 7);
        PageOut(world, 0, 2);
        Assert.Equal("01", InCore(world, 0, 2));
        Assert.Equal(0UL, world.Memory.Footprint.Resident);
        Assert.Equal(7, world.Peek(1));
        world.AssertNothingIsLeft();
    }

    [Fact]
    public void APageThatIsMappedTwiceStays()
    {
        using World world = new();
        world.MapShared(0, 1);
        world.Peek(0);
        World.Succeeds(world.First.Fork(out UserProcess? child));
        child!.Memory.Mmu.Read<byte>(World.At(0));
        PageOut(world, 0, 1);
        Assert.Equal(1UL << 12, world.Memory.Footprint.Resident);
        child.Exit();
        PageOut(world, 0, 1);
        Assert.Equal("0", InCore(world, 0, 1));
        world.AssertNothingIsLeft();
    }

    /// <summary>The data loss: bytes of locked memory, given up because another part of its area had been moved away.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LockedPagesThatLoseTheirAreasLockAreNotGivenUp(bool hasSwap)
    {
        using World world = new();
        if (hasSwap) World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 4);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(4)));
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(9 + page));
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(1), World.Bytes(1),
            RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap, World.At(20), out _));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(4), MemoryAdvice.Free));
        PageOut(world, 0, 4);
        world.Engine.Parts.Reclaim.Reclaimer.Free(1000);
        Assert.Equal("0111", InCore(world, 0, 4));
        Assert.Equal((10, 11, 12), (world.Peek(1), world.Peek(2), world.Peek(3)));
        Assert.Equal(9, world.Peek(20));
        Assert.Equal(5UL, world.Memory.Usage.Locked.Value);
        world.AssertNothingIsLeft();
    }

    /// <summary>
    /// What a mapping has stored beyond the end of shared memory is kept on the device, and a write up to the end keeps it, too.
    /// </summary>
    /// <remarks>Linux: shmem_write_begin, shmem_write_end.</remarks>
    [Theory]
    [InlineData(100)]
    [InlineData(99)]
    [InlineData(150)]
    public void StoresBehindTheEndOfSharedMemoryAreKept(int count)
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        GuestFile file = world.CreateFile("f", 1);
        World.Succeeds(file.SetLength(4196));
        int descriptor = world.Open(file);
        world.MapFile(descriptor, 0, 2, type: MapFlags.Shared);
        world.Mmu.Write(World.At(1, 50), (byte)5);
        world.Mmu.Write(World.At(1, 200), (byte)9);
        PageOut(world, 1, 1);
        Assert.False(file.IsCached(new(1)));
        byte[] bytes = new byte[count];
        Array.Fill(bytes, (byte)0x77);
        World.Succeeds(world.First.FileDescriptors.Write(descriptor, 4096, bytes, out _));
        World.Succeeds(file.SetLength(8192));
        Assert.Equal((0x77, 0x77, count == 99 ? 0 : 0x77, 9),
            (world.Peek(1), world.Peek(1, 50), world.Peek(1, 99), world.Peek(1, 200)));
        world.AssertNothingIsLeft();
    }

    /// <summary>Shared memory that stays locked although its area is not keeps its entries, too. Linux: folio_evictable.</summary>
    [Fact]
    public void LockedPagesOfSharedMemoryStayMapped()
    {
        using World world = new();
        world.MapShared(0, 4);
        World.Succeeds(world.Memory.Lock(World.At(0), World.Bytes(4)));
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(9 + page));
        World.Succeeds(world.Memory.Remap(World.At(0), World.Bytes(1), World.Bytes(1),
            RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap, World.At(20), out _));
        PageOut(world, 0, 4);
        Assert.Equal((false, true, true, true), (IsPresent(world, 0), IsPresent(world, 1), IsPresent(world, 2), IsPresent(world, 3)));
        world.AssertNothingIsLeft();
    }

    // Recorded: PG_dirty is not set yet, so madvise_free_pte_range does not look at the map count.
    [Fact]
    public void APageThatAChildHasAsWellIsGivenUpOnOneSideOnly()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 0x2F);
        World.Succeeds(world.First.Fork(out UserProcess? child));
        World.Succeeds(world.Memory.Advise(World.At(0), 4096, MemoryAdvice.Free));
        PageOut(world, 0, 1);
        world.Engine.Parts.Reclaim.Reclaimer.Free(1000);
        Assert.Equal(0x2F, child!.Memory.Mmu.Read<byte>(World.At(0)));
        child.Memory.Mmu.Write(World.At(0, 1), (byte)0x17);    // gets a copy
        Assert.True(world.Memory.HasOwnPage(World.At(0).Page));
        PageOut(world, 0, 1);
        Assert.False(world.Memory.HasOwnPage(World.At(0).Page));
        Assert.Equal((0x2F, 0), (child.Memory.Mmu.Read<byte>(World.At(0)), world.Peek(0)));
        world.AssertNothingIsLeft();
    }

    private static void PageOut(World world, int page, int count) =>
        World.Succeeds(world.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.PageOut));

    private static bool IsPresent(World world, int page) => world.Memory.Space.Tables.Read(World.At(page).Page).IsPresent;

    private static string InCore(World world, int page, int count)
    {
        byte[] result = new byte[count];
        World.Succeeds(world.Memory.InCore(World.At(page), World.Bytes(count), result));
        return string.Concat(result.Select(static one => one == 0 ? '0' : '1'));
    }
}
