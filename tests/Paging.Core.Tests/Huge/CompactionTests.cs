using Paging.Core.Frames;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Compaction moves pages until free frames lie in blocks, without any visible change. Linux: mm/compaction.c.</summary>
public class CompactionTests
{
    /// <summary>Nine tenths of RAM are checkered: no block is free, and yet a huge page can be had.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Pae, 64u)]
    [InlineData(TableFormat.Classic, 128u)]
    public void AHugePageCanBeHadInAMachineThatIsCheckered(TableFormat tables, uint ramMiB)
    {
        using HugeWorld world = Checkered(tables, ramMiB, out int lines);
        Assert.True(world.Engine.Parts.Machine.Allocator.FreeBlocks(world.PagesEach == 512 ? 9 : 10) < 4);
        world.MapLines(lines, 8);
        world.FillLines(lines, 8);
        Assert.Equal((8, 0), (world.CountHugeLines(lines + 8), world.Huge.FaultsRefused));
        Assert.True(world.Huge.Moved > world.PagesEach && world.Huge.CompactionsServed > 0 && world.Huge.CompactionsRefused == 0);
        Assert.Equal(0, world.Engine.Reclaimed.SwapWrites);
        world.Verify();
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Pae)]
    [InlineData(TableFormat.Classic)]
    public void ThePoolGrowsInAMachineThatIsCheckered(TableFormat tables)
    {
        using HugeWorld world = Checkered(tables, tables == TableFormat.Pae ? 64u : 128u, out _);
        Assert.Equal(8, world.Engine.HugePages.Resize(8).PoolTotal);
        world.Verify();
        Assert.Equal(0, world.Engine.HugePages.Resize(0).PoolTotal);
        world.Verify();
    }

    /// <summary>A frame that moves alone is no longer part of its block; the frames that stay still are.</summary>
    [Fact]
    public void APartOfABrokenHugePageThatIsMovedIsAPartNoLonger()
    {
        using HugeWorld world = new();
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Unmap(HugeWorld.At(256), 512 * 4096));    // half of each
        for (int page = 256; page < 768; page++) world.ExpectZero(page);
        int[] pages = [.. Enumerable.Range(0, 256), .. Enumerable.Range(768, 256)];
        FrameNumber[] before = [.. pages.Select(FrameOf)];
        Assert.All(before, frame => Assert.True(HugeBlocks.IsPart(world.Engine.Frames.Describe(frame))));
        world.Engine.Frames.Compact();
        FrameNumber[] after = [.. pages.Select(FrameOf)];
        int moved = 0;
        for (int i = 0; i < pages.Length; i++)
        {
            if (after[i] != before[i]) moved++;
            Assert.Equal(after[i] == before[i], HugeBlocks.IsPart(world.Engine.Frames.Describe(after[i])));
        }

        Assert.NotEqual(0, moved);
        world.Verify();

        FrameNumber FrameOf(int page) => world.Memory.Space.Tables.Read(HugeWorld.At(page).Page).Frame;
    }

    /// <summary>At a host's request: half of a checkered machine is in whole blocks afterwards.</summary>
    [Fact]
    public void AHostCompactsAllMemory()
    {
        using HugeWorld world = Checkered(TableFormat.Pae, 64, out int lines);
        uint moved = world.Engine.Frames.Compact().Value;
        BuddyAllocator allocator = world.Engine.Parts.Machine.Allocator;
        long inBlocks = (allocator.FreeBlocks(9) * 512) + (allocator.FreeBlocks(10) * 1024);
        Assert.True(inBlocks > 0.4 * lines * 512, $"{inBlocks} frames of {lines * 512} are in blocks");
        Assert.Equal((moved, 0), (world.Huge.Moved, world.Huge.Compactions));
        Assert.True(moved < lines * 512 / 3);
        Assert.Contains($"pgmigrate_success {moved}\n", world.Engine.FormatVmstat(), StringComparison.Ordinal);
        world.Verify();
        Assert.Equal(0u, world.Engine.Frames.Compact().Value / 64);    // little is left to do
    }

    /// <summary>Frames of the host in every block: nothing can be made, nothing is lost, and most tries are left out.</summary>
    [Fact]
    public void APageThatCannotMoveEndsInSmallPages()
    {
        using HugeWorld world = new(ramMiB: 16, swapMiB: 0);
        List<FrameNumber> all = world.Engine.TakeAllFrames();
        foreach (FrameNumber frame in all.Where(static frame => frame.Value % 256 != 7)) world.Engine.Frames.Return(frame, 0);
        world.MapLines(0, 6);
        world.FillLines(0, 6);
        Assert.Equal((0, 6), (world.CountHugeLines(6), world.Huge.FaultsRefused));
        Assert.True(world.Huge.CompactionsRefused is > 0 and < 6, $"{world.Huge}");
        world.Verify();
    }

    /// <summary>Pages of files, of shared memory and of the swap cache move as well, and every bit of their entries.</summary>
    [Fact]
    public void EveryKindOfPageMovesWithItsEntries()
    {
        using World world = Fragmented();
        World.Succeeds(world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(16 << 20), out _));
        world.Map(0, 64);
        world.MapShared(64, 64);
        world.MapFile(world.OpenFile("f", 64), 128, 64, type: MapFlags.Shared);
        world.MapFile(world.OpenBacked(new(64 * 4096)), 192, 64);
        for (int page = 0; page < 128; page++) world.Touch(page, (byte)(page + 1));
        for (int page = 128; page < 256; page++) world.Peek(page);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(32), MemoryAdvice.PageOut));
        for (int page = 0; page < 32; page += 3) world.Peek(page);    // read back with their neighbours: in the swap cache
        World.Succeeds(world.First.Fork(out UserProcess? child));
        World.Succeeds(world.Memory.Protect(World.At(16), World.Bytes(8), MemoryProtection.Read));
        string before = Describe(world.First) + Describe(child!);
        uint moved = Shuffle(world.Engine);
        Assert.True(moved > 150, $"{moved} pages have moved");
        world.Verify();
        Assert.Equal(before, Describe(world.First) + Describe(child!));
        for (int page = 0; page < 128; page++) Assert.Equal((byte)(page + 1), world.Peek(page));
        world.Verify();
    }

    /// <summary>A pinned page stays where it is, and the pages of a snapshot can be restored afterwards.</summary>
    [Fact]
    public void PinsAndSnapshotsHoldTheirFrames()
    {
        using World world = Fragmented();
        world.Map(0, 64);
        for (int page = 0; page < 64; page++) world.Touch(page, (byte)(page + 1));
        using (WritablePin pin = world.First.PinForWriting(World.At(3), 4096))
        {
            Shuffle(world.Engine);
            pin.WritableParts[0].Span[0] = 99;
            Assert.Equal(99, world.Peek(3));
            world.Verify();
        }

        using Snapshot snapshot = world.First.TakeSnapshot();
        for (int page = 0; page < 32; page++) world.Touch(page, 200);
        Shuffle(world.Engine);
        world.Verify();
        for (int page = 0; page < 64; page++) Assert.Equal(page < 32 ? 200 : page + 1, world.Peek(page));
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < 64; page++) Assert.Equal(page == 3 ? 99 : page + 1, world.Peek(page));
        Shuffle(world.Engine);
        world.Verify();
    }

    /// <summary>
    /// Both zones have three parts that are half empty, and the host has the rest. One block is made in high memory, and no page of low
    /// memory moves for it; when high memory is full, low memory is compacted. Linux: try_to_compact_pages, zones from the highest down.
    /// </summary>
    [Fact]
    public void LowMemoryIsCompactedOnlyWhenHighMemoryIsNotEnough()
    {
        const int partPages = 512;
        const uint lowFirst = 100 * partPages, looseFirst = 200 * partPages;
        using World world = new(World.Options(904) with { Tables = TableFormat.Pae });
        world.Map(0, 8 * partPages);
        for (int page = 0; page < 8 * partPages; page += partPages) world.Touch(page);    // the tables lie elsewhere
        BuddyAllocator allocator = world.Machine.Allocator;
        List<FrameNumber> all = [];
        while (allocator.TryAllocate(FrameState.Allocated, out FrameNumber frame)) all.Add(frame);
        uint reserve = world.Engine.Memory.Free.Value;    // of low memory, for tables
        TakeReserve();
        uint lowPages = (3 * partPages) + reserve, highFirst = MemoryZones.HighStart + partPages;
        foreach (FrameNumber frame in all.Where(frame => frame.Value - lowFirst < lowPages || frame.Value - highFirst < 3 * partPages))
            allocator.Free(frame);
        const int pages = 6 * partPages;
        for (int page = 0; page < pages; page++) world.Touch(page, (byte)page);
        TakeReserve();
        for (int page = 1; page < pages; page += 2)
            World.Succeeds(world.Memory.Advise(World.At(page), World.Bytes(1), MemoryAdvice.DontNeed));
        // As many as the reserve again, and no two of them beside each other.
        foreach (FrameNumber frame in all.Where(frame => frame.Value - looseFirst < 2 * (reserve + 64) && frame.Value % 2 == 0))
            allocator.Free(frame);
        uint[] before = FramesOf(world, pages);
        Assert.Equal(1, world.Engine.HugePages.Resize(1).PoolTotal);
        uint[] first = FramesOf(world, pages);
        // One frame of the first part of high memory, which the host has, and all of the next; none of low memory.
        Assert.Equal(1 + partPages, world.Engine.HugePages.Counters.SourcesScanned);
        Assert.Equal(0, Moved(before, first, isHigh: false));
        Assert.InRange(Moved(before, first, isHigh: true), 150, 256);
        Assert.Equal(2, world.Engine.HugePages.Resize(2).PoolTotal);
        uint[] second = FramesOf(world, pages);
        Assert.InRange(Moved(first, second, isHigh: false), 150, 256);
        for (int page = 0; page < pages; page += 2)
        {
            Assert.Equal((byte)page, world.Peek(page));
            Assert.Equal(before[page] >= MemoryZones.HighStart, second[page] >= MemoryZones.HighStart);    // no page changes sides
        }

        void TakeReserve()
        {
            while (allocator.TryAllocateLow(FrameState.Allocated, out FrameNumber frame)) all.Add(frame);
        }
    }

    private static uint[] FramesOf(World world, int pages) =>
        [.. Enumerable.Range(0, pages).Select(page => world.Memory.Space.Tables.Read(World.At(page).Page) is { IsPresent: true } entry
            ? entry.Frame.Value : 0)];

    private static int Moved(uint[] before, uint[] after, bool isHigh) =>
        before.Zip(after).Count(pair => pair.First != pair.Second && pair.First >= MemoryZones.HighStart == isHigh);

    /// <summary>A machine where the host has a frame in each part of RAM, so that none is left alone as wholly free.</summary>
    private static World Fragmented()
    {
        World world = new(World.Options(16));
        List<FrameNumber> all = world.Engine.TakeAllFrames();
        foreach (FrameNumber frame in all.Where(static frame => frame.Value % 512 != 77)) world.Engine.Frames.Return(frame, 0);
        return world;
    }

    private static uint Shuffle(PagingEngine engine) => engine.Frames.Compact().Value;

    private static string Describe(UserProcess process) =>
        string.Concat(Enumerable.Range(0, 256).Select(page =>
        {
            PageTableEntry entry = process.Memory.Space.Tables.Read(World.At(page).Page);
            return entry.IsPresent ? entry.WithFrame(default).ToString() : entry.ToString();
        }));

    /// <summary>A machine that was full of small pages of which every other one was given up: nine tenths of RAM.</summary>
    private static HugeWorld Checkered(TableFormat tables, uint ramMiB, out int lines)
    {
        HugeWorld world = new(tables, ramMiB);
        lines = (int)(ramMiB * 256 * 9 / 10) / world.PagesEach;
        world.MapLines(0, lines, isAdvised: false);
        world.FillLines(0, lines);
        world.Checker(0, lines);
        return world;
    }
}
