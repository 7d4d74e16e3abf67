using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Transparent huge pages that a call cuts, that a log watches, or for which a frame is missing.</summary>
/// <remarks>Linux: mm/huge_memory.c vma_adjust_trans_huge, do_huge_pmd_wp_page, __do_huge_pmd_anonymous_page.</remarks>
public sealed class LineEdgeTests
{
    private const uint LineBytes = 512 * 4096;

    /// <summary>
    /// A part of a huge page joins the area below or above it, or both ends are cut: the area's new border splits the page, and no other.
    /// </summary>
    [Theory]
    [InlineData(512, 100, "101")]      // its first pages join what is below
    [InlineData(924, 100, "101")]      // its last pages join what is above
    [InlineData(600, 100, "101")]      // its middle joins nothing
    [InlineData(512, 512, "111")]      // all of it joins both
    [InlineData(1024, 512, "111")]     // the line above is as it was
    public void ABorderInALineSplitsIt(int page, int count, string huge)
    {
        using HugeWorld world = new();
        world.MapLines(0, 3);
        world.FillLines(0, 3);
        World.Succeeds(world.Memory.Protect(HugeWorld.At(512), LineBytes, MemoryProtection.Read));
        Assert.Equal(3, world.Memory.Areas.Count);
        Assert.Equal("111", Lines(world, 3));
        World.Succeeds(world.Memory.Protect(HugeWorld.At(page), (uint)count << 12, MemoryProtection.ReadWrite));
        Assert.Equal(huge, Lines(world, 3));
        world.Verify();
        for (int written = 512; written < 1024; written++)
        {
            bool mayWrite = written >= page && written < page + count;
            Assert.Equal(mayWrite, world.Memory.Mmu.TryWrite(HugeWorld.At(written), ((uint)written * 7) + 1));
        }

        world.Verify();
    }

    /// <summary>Pages of a huge page that were given up are zeros when reclaim has met them; the others keep what they hold.</summary>
    /// <remarks>Linux: mm/madvise.c madvise_free_pte_range, mm/huge_memory.c madvise_free_huge_pmd.</remarks>
    [Theory]
    [InlineData(0, 512)]
    [InlineData(10, 20)]
    [InlineData(500, 24)]    // of two lines
    public void GivenUpPagesOfAHugePageAreDroppedWithoutBeingWritten(int first, int count)
    {
        using HugeWorld world = new(ramMiB: 16);
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(first), (uint)count << 12, MemoryAdvice.Free));
        world.Verify();
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(first), (uint)count << 12, MemoryAdvice.Free));
        ReclaimCounters counters = default;
        for (int page = 0; page < 1024; page++)
        {
            PageTableEntry entry = world.Memory.Space.Tables.Read(HugeWorld.At(page).Page);
            if (!IsOwn(entry) || world.Memory.Space.Tables.Huge.Has(HugeWorld.At(page).Page)) continue;
            FileParts files = world.Engine.Parts.Files;
            References references = new FrameUse(world.Engine.Parts.Machine.Frames, files.ReverseMap, files.OpenFiles)
                .CollectReferences(entry.Frame);
            world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, references.IsWritten, ref counters);
        }

        Assert.Equal(count, counters.LazyFreed);
        for (int page = first; page < first + count; page++)
        {
            world.ExpectZero(page);
            Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(page)));
        }

        world.Verify();
    }

    /// <summary>Cold pages of a huge page are the next victims, paged out ones have gone; both keep their bytes.</summary>
    [Theory]
    [InlineData(MemoryAdvice.Cold, 0, 512)]
    [InlineData(MemoryAdvice.Cold, 7, 9)]
    [InlineData(MemoryAdvice.PageOut, 0, 512)]
    [InlineData(MemoryAdvice.PageOut, 7, 9)]
    public void APartThatIsNotNeededSoonIsSplitOff(MemoryAdvice advice, int first, int count)
    {
        using HugeWorld world = new();
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(first), (uint)count << 12, advice));
        Assert.Equal("01", Lines(world, 2));
        Assert.Equal(advice == MemoryAdvice.PageOut ? count : 0, world.Memory.Space.Statistics.Swapped);
        for (int page = 0; page < 512; page++)
        {
            PageTableEntry entry = world.Memory.Space.Tables.Read(HugeWorld.At(page).Page);
            bool isConcerned = page >= first && page < first + count;
            Assert.Equal(!isConcerned || advice == MemoryAdvice.Cold, entry.IsPresent);
        }

        world.Verify();
    }

    /// <summary>
    /// A log that relies on page faults sees each page that is written in a former huge page, and only those. Linux: KVM's dirty log,
    /// which maps small pages while it is on.
    /// </summary>
    [Theory]
    [InlineData(WriteSources.Processor)]
    [InlineData(WriteSources.Mmu)]
    public void ALogSeesEachPageOfALine(WriteSources sources)
    {
        using HugeWorld world = new();
        world.MapLines(0, 3);
        world.FillLines(0, 2);
        using DirtyLog log = world.Memory.OpenDirtyLog(sources);
        world.Audit();
        int[] written = [3, 4, 511, 512, 1030];
        foreach (int page in written)
        {
            world.Write(page, 9);
            world.Write(page, 10);
        }

        foreach (int page in written) Assert.True(log.IsDirty(HugeWorld.At(page).Page), $"page {page}");
        foreach (int page in (int[])[0, 2, 5, 510, 513, 1023]) Assert.False(log.IsDirty(HugeWorld.At(page).Page), $"page {page}");
        _ = log.CollectDirty();
        world.Write(4, 11);
        Assert.Equal([HugeWorld.At(4).Page], log.CollectDirty().ToArray());
        world.Verify();
    }

    /// <summary>No frame for the table that a huge page keeps, nor for one of small pages: out of memory, nothing has changed.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]    // a table, and no page
    public void ALineWithoutAFrameIsOutOfMemory(bool writes, int frames)
    {
        using HugeWorld world = new(swapMiB: 0);
        world.MapLines(0, 2);
        world.Write(600, 6);    // the directory and the area's history are there
        List<FrameNumber> taken = world.Engine.TakeAllFrames();
        for (int i = 0; i < frames; i++) Return();
        string before = State();
        uint value = 0;
        MemoryFault fault;
        bool isDone = writes
            ? world.Memory.Mmu.TryWrite(HugeWorld.At(3), 7u, out fault)
            : world.Memory.Mmu.TryRead(HugeWorld.At(3), out value, out fault);
        Assert.Equal((false, MemoryFaultKind.OutOfMemory), (isDone, fault.Kind));
        if (frames == 0) Assert.Equal(before, State());
        while (taken.Count != 0) Return();
        Assert.Equal(1u, world.Memory.Space.HugeLines.Count);
        world.Write(3, 7);
        Assert.Equal((0u, frames == 0 ? 2u : 1), (value, world.Memory.Space.HugeLines.Count));    // a line with a table stays small
        world.Verify();

        void Return()
        {
            world.Engine.Frames.Return(taken[^1], 0);
            taken.RemoveAt(taken.Count - 1);
        }

        string State() => $"{world.Memory.Space.HugeLines.Count} {world.Memory.Space.Statistics.ResidentAnonymous} "
            + $"{world.Memory.Space.Faults.Anonymous} {world.Huge.FaultsServed} {world.Huge.FaultsRefused} {world.Engine.Memory.Free}";
    }

    /// <summary>
    /// Besides the block there are not frames enough to read a line back: pages already read are freed, so the line stays as it is, with
    /// every byte, and the block goes back.
    /// </summary>
    [Theory]
    [InlineData(700, Errno.None)]
    [InlineData(250, Errno.EAGAIN)]
    public void ALineThatIsSwappedOutIsCollapsedWhereThereIsRoom(int left, Errno expected)
    {
        using HugeWorld world = new(ramMiB: 8);
        world.MapLines(0, 1, isAdvised: false);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), LineBytes, MemoryAdvice.PageOut));
        List<FrameNumber> taken = [];
        while (world.Engine.Memory.Free.Value > 512 + left && world.Engine.Frames.TryTake(0, out FrameNumber frame)) taken.Add(frame);
        Assert.Contains(Enumerable.Range(9, 2), order => world.Engine.Parts.Machine.Allocator.FreeBlocks(order) != 0);
        World.Returns(expected, world.Memory.Advise(HugeWorld.At(0), LineBytes, MemoryAdvice.Collapse));
        Assert.Equal(expected == Errno.None ? "1" : "0", Lines(world, 1));
        Assert.Equal((1L, 0L), (world.Huge.CollapsePagesMade, world.Huge.CollapsePagesRefused));
        world.Verify();
        foreach (FrameNumber frame in taken) world.Engine.Frames.Return(frame, 0);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), LineBytes, MemoryAdvice.Collapse));
        world.Verify();
    }

    /// <summary>A huge page is charged to the group of the process that touches it, not to that which ran before.</summary>
    /// <remarks>Linux: mem_cgroup_charge.</remarks>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AHugePageIsChargedToTheGroupThatTouchesIt(bool isReadFirst)
    {
        using HugeWorld world = new(limited: new() { Name = "g", CountsTables = false });
        world.MapLines(0, 1);
        UserProcess other = world.Engine.CreateProcess("other");
        World.Succeeds(other.Memory.Map(HugeWorld.At(0), 8192, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
        other.Memory.Mmu.Write(HugeWorld.At(0), 1u);
        if (isReadFirst) Assert.Equal(0u, world.Memory.Mmu.Read<uint>(HugeWorld.At(5)));
        other.Memory.Mmu.Write(HugeWorld.At(1), 1u);
        Assert.Equal(0u, world.Group!.Usage.Value);
        world.Write(3, 3);
        Assert.Equal((512u, 1), (world.Group.Usage.Value, world.CountHugeLines(1)));
        world.Verify();
    }

    private static bool IsOwn(PageTableEntry entry) => entry is { IsPresent: true, Software3: false };

    private static string Lines(HugeWorld world, int count) => string.Concat(Enumerable.Range(0, count).Select(line =>
        world.Memory.Space.Tables.Huge.Has(HugeWorld.At(line * 512).Page) ? '1' : '0'));
}
