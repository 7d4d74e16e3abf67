using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A machine full of transparent huge pages can be reclaimed, and groups are charged for all of each.</summary>
/// <remarks>Linux: mm/vmscan.c shrink_folio_list, mem_cgroup_charge.</remarks>
public class HugeReclaimTests
{
    /// <summary>Twice as much as RAM, all advised: huge pages are split and swapped, and every byte comes back.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Pae, 16u, 16)]
    [InlineData(TableFormat.Classic, 32u, 16)]
    public void TwiceAsManyLinesAsRamHasRoomFor(TableFormat tables, uint ramMiB, int lineCount)
    {
        using HugeWorld world = new(tables, ramMiB);
        world.MapLines(0, lineCount);
        world.FillLines(0, lineCount);
        Assert.True(world.Huge.FaultsServed > 1);
        Assert.True(world.Huge.PagesSplit > 0 && world.Huge.SwapOutsSplit == world.Huge.PagesSplit);
        Assert.True(world.Engine.Reclaimed.SwapWrites > 0);
        world.Verify();
    }

    /// <summary>A group with three pages gets a huge one if its limit has room for that alone: the three go. Otherwise they stay.</summary>
    [Theory]
    [InlineData(511, 0, 0)]
    [InlineData(512, 1, 3)]
    [InlineData(514, 1, 1)]
    [InlineData(515, 1, 0)]
    public void AGroupMakesRoomForAHugePageThatItsLimitHolds(int limit, int lines, int writes)
    {
        using HugeWorld world = new(limited: new() { Limit = new((uint)limit), CountsTables = false });
        world.MapLines(0, 1);
        world.MapLines(1, 1, isAdvised: false);
        for (int page = 512; page < 515; page++) world.Write(page, (uint)page);
        world.Write(3, 3);
        Assert.Equal(lines, world.CountHugeLines(1));
        long written = world.Engine.Reclaimed.SwapWrites;
        if (lines == 0 || writes == 0) Assert.Equal(writes, written);
        else Assert.InRange(written, writes, 3);    // what is freed is freed in batches
        Assert.Equal(lines == 0 ? 4u : 512 + 3 - (uint)written, world.Group!.Usage.Value);
        world.Verify();
    }

    /// <summary>A used huge page stays whole: reclaim sees the accessed bit of its entry, and takes the other one.</summary>
    [Fact]
    public void TheHugePageThatIsUsedStays()
    {
        using HugeWorld world = new(ramMiB: 16);
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        for (int pass = 0; pass < 6; pass++)
        {
            world.Memory.Mmu.Read<uint>(HugeWorld.At(world.PagesEach));
            world.Engine.Parts.Reclaim.Reclaimer.Free(32);
            if (world.CountHugeLines(2) == 1) break;
        }

        Assert.Equal(1, world.CountHugeLines(2));
        Assert.True(world.Memory.HugePages.FootprintAt(HugeWorld.At(world.PagesEach).Page).TransparentBytes != 0);
        Assert.True(world.Memory.Space.Tables.Huge.Has(HugeWorld.At(world.PagesEach).Page));
        world.Verify();
    }

    [Fact]
    public void AHugePageIsOnAListAndItsGroupPaysForAllOfIt()
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false });
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        Assert.Equal(3u * 512, world.Group!.Usage.Value);
        Assert.Equal(3u * 512, world.Engine.Memory.ActiveAnonymous.Value + world.Engine.Memory.InactiveAnonymous.Value);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(5), 4096, MemoryAdvice.DontNeed));    // splits the first
        Assert.Equal((3u * 512) - 1, world.Group.Usage.Value);
        world.Audit();
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(512), 512 << 12));
        Assert.Equal((2u * 512) - 1, world.Group.Usage.Value);
        world.Audit();
    }

    /// <summary>A group with room for two and a half huge pages has at most that, and its third line is of small pages.</summary>
    [Fact]
    public void ALimitHoldsForHugePages()
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false, Limit = new FrameCount(1280) });
        world.MapLines(0, 8);
        for (int line = 0; line < 8; line++)
        {
            world.FillLines(line, 1);
            Assert.True(world.Group!.Usage.Value <= 1280);
        }

        Assert.True(world.Group!.LimitHits > 0 && world.Engine.Reclaimed.SwapWrites > 0);
        world.Verify();
    }

    /// <summary>Without swap there is nothing to reclaim: the fault falls back to small pages, and the counters show it.</summary>
    [Fact]
    public void AGroupWithoutRoomForOneGetsSmallPages()
    {
        using HugeWorld world = new(swapMiB: 0, limited: new() { Name = "g", CountsTables = false, Limit = new FrameCount(500) });
        world.MapLines(0, 1);
        world.Write(0, 7);
        Assert.Equal((1, 1, 0), (world.Huge.FaultsRefused, world.Huge.FaultsOverLimit, world.CountHugeLines(1)));
        Assert.Equal(1u, world.Group!.Usage.Value);
        world.Verify();
    }

    [Fact]
    public void ALowerLimitSplitsAndSwaps()
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false });
        world.MapLines(0, 4);
        world.FillLines(0, 4);
        World.Succeeds(world.Group!.SetLimit(new FrameCount(600)));
        Assert.True(world.Group.Usage.Value <= 600);
        world.Verify();
    }

    [Fact]
    public void HugePagesOfARemovedGroupAreChargedToTheFirst()
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false });
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Process.Fork(out UserProcess? child));
        World.Succeeds(child!.Memory.Unmap(HugeWorld.At(0), 512 << 12));
        world.Audit();
        child.Dispose();
        world.Process.Dispose();
        Assert.Equal(0u, world.Group!.Usage.Value);
        World.Succeeds(world.Engine.Groups.Remove(world.Group));
        world.Audit();
    }

    /// <summary>Parent and child share huge pages that reclaim splits: both get small entries, and keep their bytes.</summary>
    [Theory]
    [InlineData(TableFormat.Pae)]
    [InlineData(TableFormat.Classic)]
    public void SharedHugePagesAreSplitInEveryProcess(TableFormat tables)
    {
        using HugeWorld world = new(tables, ramMiB: 64);
        world.MapLines(0, 4);
        world.FillLines(0, 4);
        World.Succeeds(world.Process.Fork(out UserProcess? child));
        for (int pass = 0; pass < 64 && world.CountHugeLines(4) != 0; pass++) world.Engine.Parts.Reclaim.Reclaimer.Free(2048);
        Assert.Equal(0, world.CountHugeLines(4));
        world.Audit();
        world.Verify(child);
        world.Verify();
    }

    /// <summary>Locked memory is not split.</summary>
    [Fact]
    public void LockedHugePagesStay()
    {
        using HugeWorld world = new(ramMiB: 16);
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Lock(HugeWorld.At(0), 1024 << 12, LockFlags.None));
        for (int pass = 0; pass < 8; pass++) world.Engine.Parts.Reclaim.Reclaimer.Free(512);
        Assert.Equal(2, world.CountHugeLines(2));
        Assert.Equal(1024u, world.Engine.Memory.Unevictable.Value);
        world.Verify();
    }

    /// <summary>MADV_FREE by one process of a huge page that another one still has whole gives up nothing.</summary>
    /// <remarks>Linux: madvise_free_pte_range.</remarks>
    [Fact]
    public void LazyFreeLeavesAnotherProcesssHugePage()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        World.Succeeds(world.Process.Fork(out UserProcess? child));
        World.Succeeds(child!.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.Free));
        world.Audit();
        Assert.Equal(1, world.CountHugeLines(1));
        world.Verify(child);
        child.Dispose();
        world.Verify();
    }

    /// <summary>A pinned page of a huge page that is unmapped outlives it, on a list of its own.</summary>
    [Fact]
    public void APinnedPageOutlivesItsHugePage()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1);
        world.FillLines(0, 1);
        using (PinnedMemory pin = world.Process.Pin(HugeWorld.At(7), 4096, AccessKind.Read))
        {
            World.Succeeds(world.Memory.Unmap(HugeWorld.At(0), 512 << 12));
            world.Audit();
            Assert.Equal(1u, world.Engine.Frames.CountOf(FrameState.Anonymous).Value);
        }

        Assert.Equal(0u, world.Engine.Frames.CountOf(FrameState.Anonymous).Value);
        world.Audit();
    }
}
