using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The daemon collapses what khugepaged would, in background work and nowhere else. Linux: mm/khugepaged.c.</summary>
public class CollapseDaemonTests
{
    /// <summary>Lines that were touched before the advice, or broken up by a discard, become huge again.</summary>
    [Theory]
    [InlineData(TableFormat.Pae)]
    [InlineData(TableFormat.Classic)]
    public void SmallPagesBecomeHugeInTheBackground(TableFormat tables)
    {
        using HugeWorld world = new(tables, ramMiB: 64);
        world.MapLines(0, 3, isAdvised: false);
        world.FillLines(0, 3);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (uint)(2 * world.PagesEach) << 12, MemoryAdvice.HugePage));
        Assert.Equal(0, world.CountHugeLines(3));
        Assert.Equal(2 * world.PagesEach, Ticks(world.Engine));
        Assert.Equal((2, 2, 2), (world.CountHugeLines(3), (int)world.Huge.Collapsed, (int)world.Huge.CollapsePagesMade));
        world.Verify();
        Assert.Equal(0, Ticks(world.Engine));
    }

    /// <summary>One page is enough for the usual limit, none is not, and a line that is not used of late is left alone.</summary>
    [Fact]
    public void ALineMustHaveAPageThatIsUsed()
    {
        using HugeWorld world = new();
        world.MapLines(0, 3, isAdvised: false);
        world.Write(7, 70);
        world.Write(512, 5);
        world.Memory.Mmu.Read<uint>(HugeWorld.At(1024));    // the page of zeros: nothing of its own
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (3 * 512) << 12, MemoryAdvice.HugePage));
        PageNumber unused = HugeWorld.At(512).Page;
        world.Memory.Space.Tables.Store(unused, world.Memory.Space.Tables.Read(unused).WithoutAccessed());
        Ticks(world.Engine);
        Assert.Equal((1, 1L), (world.CountHugeLines(3), world.Huge.ScansExceedNone / Math.Max(1, world.Huge.ScansExceedNone)));
        Assert.True(world.Memory.Space.Tables.Huge.Has(HugeWorld.At(7).Page));
        world.Verify();
    }

    /// <summary>64 swapped pages are read back, 65 are too many; and then half of the line must be in use.</summary>
    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public void SwappedPagesAreReadBackUpToAnEighth(int swapped, bool isHuge)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (uint)swapped << 12, MemoryAdvice.PageOut));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        Ticks(world.Engine);
        Assert.Equal((isHuge ? 1 : 0, !isHuge), (world.CountHugeLines(1), world.Huge.ScansExceedSwap != 0));
        world.Verify();
    }

    /// <summary>A child that has all pages, too, is over the limit of half; both keep what they have.</summary>
    [Fact]
    public void SharedPagesCountUpToHalf()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        World.Succeeds(world.Process.Fork(out UserProcess? child));
        Ticks(world.Engine);
        Assert.Equal(0, world.CountHugeLines(1));
        Assert.True(world.Huge.ScansExceedShared > 0);
        for (int page = 0; page < 256; page++) world.Write(page, 9);    // copies of its own, all used; 256 are shared still
        for (int page = 256; page < 512; page++) world.Memory.Mmu.Read<uint>(HugeWorld.At(page));
        Ticks(world.Engine);
        Assert.True(world.Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page));
        world.Verify();
        Assert.Equal(1u, child!.Memory.Mmu.Read<uint>(HugeWorld.At(0)));
        world.Audit();
    }

    /// <summary>Pinned pages, guards, a process that refuses huge pages, and a machine without the daemon.</summary>
    [Fact]
    public void LinesThatAreLeftAlone()
    {
        using HugeWorld world = new();
        world.MapLines(0, 4, isAdvised: false);
        world.FillLines(0, 3);
        world.Write(3 * 512, 1);
        using PinnedMemory pin = world.Process.Pin(HugeWorld.At(3), 4096, AccessKind.Write);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(515), 4096, MemoryAdvice.GuardInstall));
        world.ExpectZero(515);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (4 * 512) << 12, MemoryAdvice.HugePage));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(3 * 512), 512 << 12, MemoryAdvice.NoHugePage));
        Ticks(world.Engine);
        Assert.Equal(1, world.CountHugeLines(4));
        world.Verify();

        using HugeWorld refusing = new();
        refusing.MapLines(0, 1, isAdvised: false);
        refusing.FillLines(0, 1);
        World.Succeeds(refusing.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        refusing.Memory.HugePages.SetPolicy(TransparentPolicy.Off);
        Assert.Equal(0, Ticks(refusing.Engine));
    }

    /// <summary>A tick looks at so many pages and goes on where the last one has ended; a budget too small for one does nothing.</summary>
    [Fact]
    public void ATickIsBounded()
    {
        using HugeWorld world = new(scanPages: 1024);
        world.MapLines(0, 5, isAdvised: false);
        world.FillLines(0, 5);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (5 * 512) << 12, MemoryAdvice.HugePage));
        Assert.Equal(0, world.Engine.RunBackground(511));
        Assert.Equal(512, world.Engine.RunBackground(600));
        Assert.Equal(1024, world.Engine.RunBackground(4096));
        Assert.Equal(3, world.CountHugeLines(5));
        Ticks(world.Engine);
        Assert.Equal(5, world.CountHugeLines(5));
        world.Verify();
    }

    /// <summary>As many untouched or shared pages as the limit are collapsed, one more is counted as too many.</summary>
    [Theory]
    [InlineData(511, 0, 0, true)]
    [InlineData(0, 256, 0, true)]
    [InlineData(0, 257, 0, false)]
    [InlineData(0, 0, 64, true)]
    [InlineData(0, 0, 65, false)]
    public void TheLimitsAreThemselvesAllowed(int untouched, int shared, int swapped, bool isHuge)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        for (int page = untouched; page < 512; page++) world.Write(page, (uint)page + 1);
        UserProcess child = world.Process.Fork();
        for (int page = Math.Max(shared, untouched); page < 512; page++) world.Write(page, 9);
        if (shared == 0) child.Dispose();
        if (swapped != 0) World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (uint)swapped << 12, MemoryAdvice.PageOut));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        world.Engine.RunBackground(1 << 16);
        HugeCounters counted = world.Huge;
        Assert.Equal(isHuge, world.Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page));
        Assert.Equal((isHuge || untouched == 0 ? 0 : 1, isHuge || shared == 0 ? 0 : 1, isHuge || swapped == 0 ? 0 : 1, isHuge ? 1 : 0),
            (counted.ScansExceedNone, counted.ScansExceedShared, counted.ScansExceedSwap, counted.Collapsed));
        world.Verify();
    }

    /// <summary>With a swapped page, half of the line must have been used.</summary>
    [Theory]
    [InlineData(255, false)]
    [InlineData(256, true)]
    public void HalfOfALineWithSwappedPagesMustBeInUse(int used, bool isHuge)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(511), 4096, MemoryAdvice.PageOut));
        World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All));
        for (int page = 0; page < used; page++) world.Memory.Mmu.Read<uint>(HugeWorld.At(page));
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        world.Engine.RunBackground(1 << 16);
        Assert.Equal(isHuge, world.Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page));
        world.Verify();
    }

    /// <summary>A page counts as used if its entry or its frame is marked accessed.</summary>
    /// <remarks>Linux: hpage_collapse_scan_pmd, folio_test_referenced.</remarks>
    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void APageIsUsedByItsEntryOrItsFrame(bool isAccessed, bool isReferenced, bool isHuge)
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        world.Write(5, 50);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        PageTables tables = world.Memory.Space.Tables;
        PageTableEntry entry = tables.Read(HugeWorld.At(5).Page);
        if (!isAccessed) tables.Store(HugeWorld.At(5).Page, entry.WithoutAccessed());
        ref FrameDescriptor frame = ref world.Engine.Parts.Machine.Frames[entry.Frame];
        frame.Flags &= ~PageFlags.Referenced;
        if (isReferenced) frame.Flags |= PageFlags.Referenced;
        world.Engine.RunBackground(1 << 16);
        Assert.Equal(isHuge, tables.Huge.Has(HugeWorld.At(5).Page));
        world.Verify();
    }

    /// <summary>An area counts as one page that was looked at, a line as all of its pages; a tick ends at the limit.</summary>
    [Theory]
    [InlineData(513, 1)]
    [InlineData(514, 2)]
    [InlineData(1025, 2)]
    [InlineData(1026, 3)]
    public void ATickEndsWithTheLastPageThatItMayLookAt(int pagesToScan, int lines)
    {
        using HugeWorld world = new(scanPages: pagesToScan);
        world.MapLines(0, 4, isAdvised: false);
        for (int line = 0; line < 4; line++) world.Write(line * 512, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (4 * 512) << 12, MemoryAdvice.HugePage));
        Assert.Equal(lines * 512, world.Engine.RunBackground(1 << 16));
        world.Verify();
    }

    /// <summary>Processes are looked at in the order of their numbers, as far as the budget goes, then from the start again.</summary>
    [Fact]
    public void EachProcessHasItsTick()
    {
        using HugeWorld world = new(ramMiB: 48);
        UserProcess[] processes = [world.Process, world.Engine.CreateProcess("second"), world.Engine.CreateProcess("third")];
        foreach (UserProcess process in processes)
        {
            World.Succeeds(process.Memory.Map(HugeWorld.At(0), 512 << 12, MemoryProtection.ReadWrite, World.PrivateFixed, out _));
            for (int page = 0; page < 512; page++) process.Memory.Mmu.Write(HugeWorld.At(page), page);
            World.Succeeds(process.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        }

        for (int tick = 0; tick < 3; tick++)
        {
            Assert.Equal(512, world.Engine.RunBackground(1023));
            Assert.Equal(tick + 1, processes.Count(static one => one.Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page)));
            Assert.True(processes[tick].Memory.Space.Tables.Huge.Has(HugeWorld.At(0).Page));
            Assert.Equal(0, world.Huge.FullScans);
        }

        Assert.Equal(0, world.Engine.RunBackground(1023));    // ends the pass that was under way, and makes another one
        Assert.Equal(2, world.Huge.FullScans);
        world.Audit();
    }

    /// <summary>A budget of exactly some lines makes so many huge, one page less makes one fewer.</summary>
    [Theory]
    [InlineData(511, 0)]
    [InlineData(512, 1)]
    [InlineData(1023, 1)]
    [InlineData(1024, 2)]
    [InlineData(1535, 2)]
    [InlineData(1536, 3)]
    public void ABudgetIsSpentToItsLastPage(int budget, int lines)
    {
        using HugeWorld world = new();
        world.MapLines(0, 4, isAdvised: false);
        for (int line = 0; line < 4; line++) world.Write(line * 512, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), (4 * 512) << 12, MemoryAdvice.HugePage));
        Assert.Equal(lines * 512, world.Engine.RunBackground(budget));
        Assert.Equal(lines, world.CountHugeLines(4));
        world.Verify();
    }

    /// <summary>A page off the lists is in use elsewhere: the line is left alone. Linux: SCAN_PAGE_LRU.</summary>
    [Fact]
    public void APageOnNoListIsLeftAlone()
    {
        using HugeWorld world = new();
        world.MapLines(0, 1, isAdvised: false);
        world.FillLines(0, 1);
        World.Succeeds(world.Memory.Advise(HugeWorld.At(0), 512 << 12, MemoryAdvice.HugePage));
        Frames.FrameLists lists = world.Engine.Parts.Machine.Lists;
        FrameNumber frame = world.Memory.Space.Tables.Read(HugeWorld.At(77).Page).Frame;
        lists.Remove(frame);
        Assert.Equal(0, world.Engine.RunBackground(1 << 16));
        lists.Add(lists.Root, frame, FrameFlags.None);
        Assert.Equal(512, Ticks(world.Engine));
        world.Verify();
    }

    /// <summary>Ticks until one does nothing, and two more to be sure that all has been looked at.</summary>
    private static int Ticks(PagingEngine engine)
    {
        int done = 0;
        for (int idle = 0; idle < 3;)
        {
            int now = engine.RunBackground(1 << 16);
            idle = now == 0 ? idle + 1 : 0;
            done += now;
        }

        return done;
    }
}
