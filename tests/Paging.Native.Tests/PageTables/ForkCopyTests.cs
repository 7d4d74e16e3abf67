using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class ForkCopyTests : IDisposable
{
    private static readonly PageTableEntry CopyOnWrite = default(PageTableEntry).WithWritable().WithSoftware1();

    private readonly TableWorld _world = new(4096);
    private readonly TableSpace _parent, _child;
    private ForkTally _tally;

    public ForkCopyTests() => (_parent, _child) = (_world.Begin(), _world.Begin());

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AChildGetsTheSameEntriesWithoutRwAndUnusedAndTheParentLosesRwToo()
    {
        uint[] pages = [.. Enumerable.Range(0x3F1, 40).Select(i => (uint)i), 0x800, 0x807, 0x808, 0xBFFFF];
        foreach (uint page in pages)
        {
            PageTableEntry entry = _parent.MapNew(page).WithSoftware1().WithAccessed().WithDirty();
            _parent.Tables.Store(new(page), entry);
        }

        PageTableEntry[] before = [.. _parent.Touched().Select(touched => touched.Entry)];
        Assert.True(Copy(PageTables.UserHalf, CopyOnWrite, out PageNumber stoppedAt));
        Assert.Equal(PageNumber.FirstKernel, stoppedAt);
        Assert.Equal(pages, _child.Touched().Select(touched => touched.Page.Value));
        Assert.Equal((uint)pages.Length, _tally.Of(0));    // eight at once and one by one
        Assert.Equal(before.Select(entry => entry.WithoutWritable().WithoutSoftware1().WithoutAccessed()),
            _child.Touched().Select(touched => touched.Entry));
        Assert.Equal(before.Select(entry => entry.WithoutWritable().WithoutSoftware1()),
            _parent.Touched().Select(touched => touched.Entry));
        Assert.All(before,
            entry => Assert.Equal((2u, 2u), (_world.Frames[entry.Frame].ReferenceCount, _world.Frames[entry.Frame].MapCount)));
        _world.AssertClean();
        _world.EndAll();
    }

    [Fact]
    public void SharedMemoryKeepsItsRights()
    {
        for (uint page = 0x100; page < 0x120; page++) _parent.MapNew(page);
        Assert.True(Copy(PageTables.UserHalf, default, out _));
        Assert.All(_parent.Touched(), touched => Assert.True(touched.Entry.IsWritable));
        Assert.Equal(_parent.Touched(), _child.Touched());
        _world.AssertClean();
    }

    [Fact]
    public void OnlyTheRangeIsCopied()
    {
        for (uint page = 0x3F8; page < 0x408; page++) _parent.MapNew(page);
        Assert.True(Copy(PageRange.Between(new(0x3FB), new(0x406)), CopyOnWrite, out _));
        Assert.Equal(Enumerable.Range(0x3FB, 11).Select(i => (uint)i), _child.Touched().Select(touched => touched.Page.Value));
        Assert.Equal(5, _parent.Touched().Count(touched => touched.Entry.IsWritable));
        _world.AssertClean();
    }

    [Theory]
    [InlineData(0x100)]    // the first of eight
    [InlineData(0x105)]
    [InlineData(0x13F)]    // the last entry of all
    public void ItStopsAtASwapEntryWithAllPagesBeforeItDoneAndGoesOnBehind(uint swapped)
    {
        for (uint page = 0x100; page < 0x140; page++)
        {
            if (page == swapped) _parent.Install(page, SwapEntry.ForSlot(0, 77).ToPageTableEntry());
            else _parent.MapNew(page);
        }

        Assert.True(Copy(PageTables.UserHalf, CopyOnWrite, out PageNumber stoppedAt));
        Assert.Equal(swapped, stoppedAt.Value);
        Assert.Equal(swapped - 0x100, _tally.Copied);
        _world.AssertClean();

        _child.Tables.Store(stoppedAt, _parent.Tables.Read(stoppedAt));    // the table is there
        Assert.True(Copy(PageRange.Between(new(swapped + 1), PageNumber.FirstKernel), CopyOnWrite, out stoppedAt));
        Assert.Equal(PageNumber.FirstKernel, stoppedAt);
        Assert.Equal(63u, _tally.Copied);
        Assert.Equal(_parent.Touched(), _child.Touched());
        _world.AssertClean();
    }

    [Fact]
    public void WithoutAFrameForATableItStopsThereAndMayGoOnLater()
    {
        foreach (uint page in new uint[] { 0x10, 0x400, 0x401, 0x900 }) _parent.MapNew(page);
        _world.Injection.FailAtAllocation = 2;
        Assert.False(Copy(PageTables.UserHalf, CopyOnWrite, out PageNumber stoppedAt));
        Assert.Equal(0x400u, stoppedAt.Value);
        Assert.Equal([0x10u], _child.Touched().Select(touched => touched.Page.Value));
        _world.AssertClean();
        Assert.True(Copy(PageRange.Between(stoppedAt, PageNumber.FirstKernel), CopyOnWrite, out _));
        Assert.Equal(4u, _tally.Copied);
        Assert.Equal(_parent.Touched(), _child.Touched());
        _world.AssertClean();
        _world.EndAll();
    }

    [Fact]
    public void TheTallyCountsEachKindAndReservedFramesHaveNoCounts()
    {
        for (uint page = 0; page < 3000; page++)
        {
            if (page % 5 == 4) _parent.Install(page, PageTableEntry.Map(default, PageAccess.User));    // frame 0, the page of zeros
            else _world.Frames[_parent.MapNew(page).Frame].Kind = (byte)(page % 5);
        }

        Assert.True(Copy(PageTables.UserHalf, CopyOnWrite, out _));
        Assert.Equal(3000u, _tally.Copied);
        for (int kind = 0; kind < 4; kind++) Assert.Equal(600u, _tally.Of(kind));
        Assert.Equal(0ul, _world.Frames[default].Counts);
        _world.AssertClean();
        _world.EndAll();
    }

    [Fact]
    public void TheParentMayReadOnButMustAskBeforeItWrites()
    {
        _parent.MapNew(0x100);
        _parent.MapNew(0x101);
        foreach (uint page in new uint[] { 0x100, 0x101 }) Assert.NotNull(_parent.Access(page, AccessKind.Write));
        Assert.True(Copy(new(new(0x100), PageCount.One), CopyOnWrite, out _));
        Assert.True(_parent.Cache.ReadAddend(new(0x100)) != 0);
        Assert.True(_parent.Cache.WriteAddend(new(0x100)) == 0);
        Assert.True(_parent.Cache.WriteAddend(new(0x101)) != 0);
        Assert.Null(_parent.Access(0x100, AccessKind.Write));
        _world.AssertClean();
    }

    [Fact]
    public void AForkCannotClearAccessedBitsUnderReadTranslations()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        InvariantException failure = Assert.Throws<InvariantException>(() =>
            Copy(PageTables.UserHalf, default(PageTableEntry).WithAccessed(), out _));
        Assert.StartsWith("X1", failure.Message, StringComparison.Ordinal);
    }

    private bool Copy(PageRange range, PageTableEntry taken, out PageNumber stoppedAt) =>
        _parent.Tables.TryCopyForFork(range, _child.Tables, taken, mayLend: false, ref _tally, out stoppedAt);
}
