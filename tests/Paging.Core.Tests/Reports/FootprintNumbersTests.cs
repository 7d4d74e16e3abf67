using Paging.Core.Swap;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Figures of smaps and status that depend on the kind of a page, not only on its entry; counted by hand.</summary>
public class FootprintNumbersTests
{
    private const ulong Page = 4096;

    /// <summary>Linux: fs/proc/task_mmu.c smaps_account, where pss_dirty takes dirty pages only.</summary>
    [Fact]
    public void ACleanPageOfAFileHasNoShareInPssDirty()
    {
        using World world = new();
        world.MapFile(world.OpenBacked(new(2 * 4096)), 0, 2, type: MapFlags.Shared);
        world.Peek(0);
        world.Peek(1);
        MemoryFootprint clean = world.Memory.Footprint;
        Assert.Equal((2 * Page, 0ul, 2 * Page, 0ul), (clean.Resident, DirtyShare(clean), clean.PrivateClean, clean.PrivateDirty));
        world.Touch(1);
        MemoryFootprint written = world.Memory.Footprint;
        Assert.Equal((Page, Page, Page), (DirtyShare(written), written.PrivateClean, written.PrivateDirty));
    }

    /// <summary>Written by a call, not through the entry: PG_dirty of the page counts as well.</summary>
    [Fact]
    public void APageThatACallHasWrittenIsDirtyInSmaps()
    {
        using World world = new();
        GuestFile file = world.CreateBacked(new(2 * 4096));
        world.MapFile(world.Open(file), 0, 2, protection: MemoryProtection.Read, type: MapFlags.Shared);
        world.Peek(0);
        world.Peek(1);
        World.Succeeds(file.Write(0, new byte[100], out _));
        Assert.Equal((Page, Page), (world.Memory.Footprint.PrivateClean, world.Memory.Footprint.PrivateDirty));
        world.Engine.Files.SynchronizeAll();
        Assert.Equal((2 * Page, 0ul), (world.Memory.Footprint.PrivateClean, world.Memory.Footprint.PrivateDirty));
    }

    /// <summary>A page read back from swap is clean and has a copy there: it was not given up. Linux: !folio_test_swapbacked.</summary>
    [Fact]
    public void APageOfTheSwapCacheIsNotLazilyFree()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 2);
        world.Touch(0);
        world.Touch(1);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(2), MemoryAdvice.PageOut));
        world.Peek(0);
        MemoryFootprint footprint = world.Memory.Footprint;
        Assert.Equal((Page, Page, 0ul), (footprint.Resident, footprint.Swapped, footprint.LazyFree));
        world.Verify();
    }

    /// <summary>A private view shows how much of the object is on swap where it has no page of its own. Linux: smaps_pte_hole.</summary>
    [Fact]
    public void SwappedSharedMemoryCountsWhereTheProcessHasNoCopyOfItsOwn()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        int file = world.OpenFile("object", 8);
        world.MapFile(file, 0, 8, type: MapFlags.Shared);
        world.MapFile(file, 20, 8, type: MapFlags.Private);
        world.Touch(20);
        world.Touch(21);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(8), MemoryAdvice.PageOut));
        Assert.Equal(8 * Page, world.Memory.Areas.FootprintAt(World.At(0).Page).Swapped);
        Assert.Equal(6 * Page, world.Memory.Areas.FootprintAt(World.At(20).Page).Swapped);
        world.Verify();
    }

    /// <summary>Ten pages, then five, then seven, then three: VmHWM stays ten. Linux: update_hiwater_rss only raises it.</summary>
    [Fact]
    public void ThePeakOfTheResidentSetOutlastsALowerOne()
    {
        using World world = new();
        world.Map(0, 10);
        for (int page = 0; page < 10; page++) world.Touch(page);
        Discard(world, 5, 5);
        for (int page = 5; page < 7; page++) world.Touch(page);
        Discard(world, 3, 4);
        Assert.Equal((3u, 10u), (world.Memory.Usage.Resident.Value, world.Memory.Usage.PeakResident.Value));
    }

    private static ulong DirtyShare(in MemoryFootprint footprint) => footprint.ProportionalDirtyFixedPoint >> MemoryFootprint.FractionBits;

    private static void Discard(World world, int page, int pageCount) =>
        World.Succeeds(world.Memory.Advise(World.At(page), World.Bytes(pageCount), MemoryAdvice.DontNeed));
}
