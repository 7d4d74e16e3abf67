using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class PageTablesTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;

    public PageTablesTests() => _space = _world.Begin();

    private PageTables Tables => _space.Tables;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void ANewSpaceIsUntouchedAndOwnsOnlyItsDirectory()
    {
        Assert.True(Tables.HasDirectory);
        Assert.Equal(PageCount.Zero, Tables.TableCount);
        Assert.True(Tables.Read(new(0x12345)).IsNeverTouched);
        Assert.Empty(Tables.Entries(0));
        Assert.False(Tables.TryNextTouched(default, PageNumber.FirstKernel, out PageNumber page, out PageTableEntry entry));
        Assert.Equal((PageNumber.FirstKernel, default), (page, entry));
        Assert.Equal(1u, _world.Frames.CountOf(FrameState.PageTable).Value);
        _world.AssertClean();
    }

    [Fact]
    public void AStoredEntryIsReadBackBitForBitAndCountedInItsTable()
    {
        PageTableEntry entry = _space.MapNew(0x400).WithAccessed().WithSoftware2();
        Tables.Store(new(0x400), entry);
        Assert.Equal(entry, Tables.Read(new(0x400)));
        Assert.Equal(entry, Tables.Entries(1)[0]);
        Assert.Equal(1024, Tables.Entries(1).Length);
        Assert.Equal(1u, _world.Frames[Tables.ReadUpper(1).Table].Private);
        Assert.Equal(entry, Tables.Take(new(0x400)));
        Assert.Equal(0u, _world.Frames[Tables.ReadUpper(1).Table].Private);
        Assert.True(Tables.Read(new(0x400)).IsNeverTouched);
        Assert.True(Tables.Take(new(0x7FF)).IsNeverTouched && Tables.Take(new(0x800)).IsNeverTouched);
    }

    [Fact]
    public void TheFirstAndTheLastPageOfTheUserHalfAreLikeAnyOther()
    {
        _space.MapNew(0);
        _space.MapNew(0xBFFFF);
        Assert.Equal([0u, 0xBFFFFu], _space.Touched().Select(touched => touched.Page.Value));
        Assert.True(Tables.TryNextTouched(new(1), PageNumber.FirstKernel, out PageNumber page, out _));
        Assert.Equal(0xBFFFFu, page.Value);
        _world.AssertClean();
    }

    [Fact]
    public void StoringNothingWhereThereIsNoTableNeedsNoTable()
    {
        Tables.Store(new(0x999), default);
        Assert.Equal(PageCount.Zero, Tables.TableCount);
    }

    [Fact]
    public void ATableIsMadeOnceAndGivenBackWhenItIsEmpty()
    {
        uint before = _world.Allocator.FreeFrames.Value;
        Assert.True(Tables.TryEnsureTable(new(0x400)) && Tables.TryEnsureTable(new(0x7FF)) && Tables.TryEnsureTable(new(0x800)));
        Assert.Equal(2u, Tables.TableCount.Value);
        _space.Install(0x800, SwapEntry.ForMarker(PageMarker.Guard).ToPageTableEntry());
        Tables.FreeEmptyTables(new(new(0x7FF), new(2)));    // touches both tables with one page each
        Assert.Equal(1u, Tables.TableCount.Value);
        Tables.Store(new(0x800), default);
        Tables.FreeEmptyTables(PageTables.UserHalf);
        Assert.Equal(before, _world.Allocator.FreeFrames.Value);
        _world.AssertClean();
    }

    [Fact]
    public void WithoutAFrameForATableNothingChanges()
    {
        _world.Injection.FailAtAllocation = 1;
        Assert.False(Tables.TryEnsureTable(new(0x400)));
        Assert.Equal(PageCount.Zero, Tables.TableCount);
        Assert.True(Tables.TryEnsureTable(new(0x400)));
        _world.Injection.FailAtAllocation = 1;
        Assert.True(Tables.TryEnsureTable(new(0x401)));    // asks for nothing
        using TranslationCache cache = new(_world.Pool);
        Assert.False(new PageTables(_world.Ram, _world.Frames, _world.Allocator, cache, TableFormat.Classic).TryBegin());
        _world.AssertClean();
    }

    [Fact]
    public void ASpaceThatHasEndedMayBeginAgainAndIsUntouchedAgain()
    {
        _space.MapNew(0x12345);
        _space.Access(0x12345, AccessKind.Read);
        _space.Unmap(PageTables.UserHalf);
        Tables.FreeAll();
        Assert.False(Tables.HasDirectory);
        Assert.False(_space.Cache.IsAttached);    // the storage goes back with the tables
        Assert.True(Tables.Read(new(0x12345)).IsNeverTouched);    // frame 0 takes its place, and is zero
        Tables.FreeAll();
        Tables.Dispose();
        Assert.Equal(_world.Frames.Count.Value - 1, _world.Allocator.FreeFrames.Value);
        Assert.True(Tables.TryBegin());
        _space.MapNew(0x12345);
        _world.AssertClean();
    }

    [Fact]
    public void TheKernelHalfIsSharedAndReadButNeverFreed()
    {
        FrameNumber table = _world.NewFrame(FrameState.Kernel);
        _world.Ram.Clear(table);
        _world.Ram.Words(table)[0x3FF] = (uint)PageTableEntry.Map(new(7), PageAccess.Write).Word;
        Tables.SetKernelEntry(768, PageDirectoryEntry.ForLargePage(TableFormat.Classic, new(0), PageAccess.Write | PageAccess.Global));
        Tables.SetKernelEntry(1023, PageDirectoryEntry.ForTable(table, PageAccess.Write));

        Assert.Equal(PageTableEntry.Map(new(5), PageAccess.Write | PageAccess.Global), Tables.Read(new(0xC0005)));
        Assert.Equal(PageTableEntry.Map(new(7), PageAccess.Write), Tables.Read(new(0xFFFFF)));
        Assert.Empty(Tables.Entries(768));
        Assert.Equal(PageCount.Zero, Tables.TableCount);
        Assert.False(ClassicWalker.Walk(_world.Ram, Tables.Directory, new(0xC0005123), AccessKind.Read, ProcessorMode.User).Succeeded);
        Assert.Equal(0x5123u,
            ClassicWalker.Walk(_world.Ram, Tables.Directory, new(0xC0005123), AccessKind.Write, ProcessorMode.Supervisor).Physical.Value);
        _world.AssertClean();
        Tables.FreeAll();
        Assert.Equal(FrameState.Kernel, _world.Frames[table].State);
    }

    [Fact]
    public void KernelEntriesAreSupervisorEntriesOfTheKernelHalf()
    {
        Assert.Throws<ArgumentException>(() => Tables.SetKernelEntry(768, PageDirectoryEntry.ForTable(new(1))));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tables.SetKernelEntry(767, default));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tables.SetKernelEntry(1024, default));
    }

    [Fact]
    public void NextTouchedFindsEveryEntryInOrderFromAnyPageToAnyEnd()
    {
        uint[] pages = [0, 1, 8, 0x3FE, 0x3FF, 0x400, 0x805, 0x7FFFF, 0x80000, 0xBFFFF];
        foreach (uint page in pages) _space.Install(page, SwapEntry.ForSlot(0, page).ToPageTableEntry());
        uint[] marks = [.. pages, .. pages.Select(page => page + 1), 0x200, 0x60000];
        foreach (uint from in marks)
            foreach (uint end in marks.Where(mark => mark <= 0xC0000))
            {
                uint? expected = pages.Where(page => page >= from && page < end).Select(page => (uint?)page).FirstOrDefault();
                bool found = Tables.TryNextTouched(new(from), new(end), out PageNumber at, out PageTableEntry entry);
                Assert.Equal(expected, found ? at.Value : null);
                if (found) Assert.Equal(at.Value, SwapEntry.From(entry).Slot);
                else Assert.True(entry.IsNeverTouched && at.Value == end);
            }
    }

    [Fact]
    public void TakeRangeHandsOverExactlyTheTouchedEntriesOfTheRangeInOrder()
    {
        uint[] pages = [0x3F0, 0x3FF, 0x400, 0x401, 0x7FF, 0x1000, 0x1001];
        foreach (uint page in pages) _space.MapNew(page);
        Tables.TryEnsureTable(new(0x900));    // a table without entries is no obstacle
        List<(PageNumber Page, PageTableEntry Entry)> seen = _space.Unmap(PageRange.Between(new(0x3FF), new(0x1001)));
        Assert.Equal([0x3FFu, 0x400u, 0x401u, 0x7FFu, 0x1000u], seen.Select(taken => taken.Page.Value));
        Assert.Equal([0x3F0u, 0x1001u], _space.Touched().Select(touched => touched.Page.Value));
        Assert.Empty(_space.Unmap(new(new(0x3FF), PageCount.Zero)));
        _world.AssertClean();
    }

    [Fact]
    public void RewriteRangeAppliesTheRuleToEachTouchedEntry()
    {
        foreach (uint page in new uint[] { 0x3FE, 0x3FF, 0x400 }) _space.MapNew(page);
        _space.Install(0x402, SwapEntry.ForSlot(1, 2).ToPageTableEntry());
        ProtectRule rule = new();
        Tables.RewriteRange(PageRange.Between(new(0x3FF), new(0x500)), ref rule);
        Assert.Equal(3, rule.SeenCount);
        Assert.Equal([true, false, false], new uint[] { 0x3FE, 0x3FF, 0x400 }.Select(page => Tables.Read(new(page)).IsWritable));
        Assert.True(Tables.Read(new(0x402)).IsNeverTouched);    // this rule drops what is not present
        _world.AssertClean();
    }

    [Fact]
    public void KernelPagesAndMissingTablesAreRefusedWhereChecksAreOn()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        ProtectRule rule = new();
        Assert.StartsWith("P2", Broken(() => Tables.Store(PageNumber.FirstKernel, default)), StringComparison.Ordinal);
        Assert.StartsWith("P2", Broken(() => Tables.Take(PageNumber.FirstKernel)), StringComparison.Ordinal);
        Assert.StartsWith("P2", Broken(() => Tables.TryEnsureTable(PageNumber.FirstKernel)), StringComparison.Ordinal);
        Assert.StartsWith("P2", Broken(() => Tables.RewriteRange(new(PageNumber.FirstKernel, PageCount.One), ref rule)),
            StringComparison.Ordinal);
        Assert.StartsWith("P2", Broken(() => Tables.Store(new(5), PageTableEntry.Map(new(1), PageAccess.User))), StringComparison.Ordinal);
        Assert.StartsWith("P1", Broken(() => Tables.TryBegin()), StringComparison.Ordinal);
        _space.MapNew(0x12345);
        Assert.StartsWith("P3", Broken(Tables.FreeAll), StringComparison.Ordinal);
        _space.Unmap(PageTables.UserHalf);
        Tables.FreeAll();
        Assert.StartsWith("P1", Broken(() => Tables.TryEnsureTable(new(5))), StringComparison.Ordinal);
        Assert.StartsWith("P1", Broken(() => Tables.SetKernelEntry(768, default)), StringComparison.Ordinal);
    }

    private static string Broken(Action action) => Assert.Throws<InvariantException>(action).Message;

    private struct ProtectRule : IEntryRule
    {
        public int SeenCount { get; private set; }

        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry)
        {
            SeenCount++;
            return entry.IsPresent ? entry.WithoutWritable() : default;
        }
    }
}
