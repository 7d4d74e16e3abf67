using Xunit;

namespace Paging.Native.Tests;

/// <summary>Huge leaves of 4 MB.</summary>
public sealed class ClassicHugeLeavesTests() : HugeLeavesTests(TableFormat.Classic);

/// <summary>Huge leaves of 2 MB.</summary>
public sealed class PaeHugeLeavesTests() : HugeLeavesTests(TableFormat.Pae);

/// <summary>Huge leaves: made, walked, cut, split, collapsed, moved and taken.</summary>
public abstract class HugeLeavesTests : IDisposable
{
    private const PageAccess All = PageAccess.User | PageAccess.Write;

    private readonly TableWorld _world;
    private readonly TableSpace _space;
    private readonly PageTables _tables;
    private readonly uint _size;

    protected HugeLeavesTests(TableFormat format)
    {
        _world = new(frameCount: 8192, format: format);
        _space = _world.Begin();
        _tables = _space.Tables;
        _size = _tables.HugeCountOf().Value;
    }

    public void Dispose()
    {
        _world.Dispose();
        GC.SuppressFinalize(this);
    }

    private PageNumber Line(uint index) => new(index * _size);

    /// <summary>A leaf over frames of its own, and one mapping of the first. The first word of each frame is its number.</summary>
    private PageTableEntry Make(uint line, PageAccess access = All)
    {
        int order = System.Numerics.BitOperations.Log2(_size);
        Assert.True(_world.Allocator.TryAllocateBlock(order, FrameState.Anonymous, out FrameNumber first));
        for (uint i = 0; i < _size; i++) _world.Ram.Words(first + new FrameCount(i))[0] = first.Value + i;
        _world.Frames[first].MapCount++;
        PageTableEntry entry = PageTableEntry.Map(first, access);
        _tables.StoreHuge(Line(line), entry);
        return entry;
    }

    private void AssertTablesClean()
    {
        AuditReport report = new();
        _tables.Audit(report);
        Assert.True(report.IsClean, report.ToString());
    }

    [Fact]
    public void EveryPageOfALeafIsSeenAsItsPiece()
    {
        PageTableEntry leaf = Make(3);
        Assert.True(_tables.TryReadHuge(Line(3) + new PageCount(7), out PageTableEntry read));
        Assert.Equal(leaf, read);
        Assert.Equal(leaf.WithFrame(leaf.Frame + new FrameCount(7)), _tables.Read(Line(3) + new PageCount(7)));
        Assert.False(_tables.HasTable(Line(3)));
        Assert.False(_tables.SlotOf(Line(3)).HasTable);
        Assert.False(_tables.IsHuge(Line(2)));
        Assert.False(_tables.IsHuge(Line(4)));
        AssertTablesClean();
    }

    [Fact]
    public void AWalkSetsAccessedAndDirtyInTheLeafAndFillsTheCachePageByPage()
    {
        PageTableEntry leaf = Make(3);
        uint page = Line(3).Value + 5;
        Assert.Equal(leaf.Frame.Value + 5, _space.Access(page, AccessKind.Read));
        Assert.True(_tables.TryReadHuge(Line(3), out PageTableEntry read));
        Assert.True(read is { IsAccessed: true, IsDirty: false });
        Assert.Equal(leaf.Frame.Value + 6, _space.Access(page + 1, AccessKind.Write));
        Assert.True(_tables.TryReadHuge(Line(3), out read));
        Assert.True(read is { IsAccessed: true, IsDirty: true });
        Assert.NotEqual(0, _space.Cache.ReadAddend(new(page)));
        Assert.Equal(0, _space.Cache.ReadAddend(new(page + 2)));
        AssertTablesClean();
        _tables.StoreHuge(Line(3), read.WithoutWritable());
        Assert.Equal(0, _space.Cache.WriteAddend(new(page + 1)));
        Assert.Null(_space.Access(page, AccessKind.Write));
    }

    /// <summary>Reads go on without the right to write, and a right that is given ends nothing.</summary>
    [Fact]
    public void AChangeOfRightsForgetsOnlyWhatIsTaken()
    {
        Make(3);
        PageNumber page = Line(3) + new PageCount(5);
        _space.Access(page.Value, AccessKind.Write);
        Assert.True(_tables.TryReadHuge(page, out PageTableEntry leaf));
        ulong epoch = _space.Cache.Epoch;
        _tables.StoreHuge(Line(3), leaf.WithoutWritable());
        Assert.Equal(epoch + 1, _space.Cache.Epoch);
        Assert.Equal(0, _space.Cache.WriteAddend(page));
        Assert.NotEqual(0, _space.Cache.ReadAddend(page));
        _tables.StoreHuge(Line(3), leaf);
        Assert.Equal(epoch + 1, _space.Cache.Epoch);
        Assert.Equal(leaf.Frame.Value + 5, _space.Access(page.Value, AccessKind.Write));
        _tables.StoreHuge(Line(3), leaf.WithoutAccessed());
        Assert.Equal(0, _space.Cache.ReadAddend(page));
        AssertTablesClean();
    }

    [Fact]
    public void UserWalkAgreesWithTheWalkerInALeaf()
    {
        PageTableEntry leaf = Make(1, PageAccess.User);
        PageNumber page = Line(1) + new PageCount(9);
        Assert.Equal(leaf.Frame.Value + 9, UserWalk.Translate(_tables, _world.Ram, page, isWrite: false).Frame.Value);
        Assert.False(UserWalk.Translate(_tables, _world.Ram, page, isWrite: true).IsPresent);
    }

    [Fact]
    public void ASplitKeepsFramesRightsAndBits()
    {
        Make(2);
        _space.Access(Line(2).Value, AccessKind.Write);
        Assert.True(_tables.TryReadHuge(Line(2), out PageTableEntry leaf));
        leaf = leaf.WithSoftware1().WithSoftware2().WithAttribute().WithoutWritable();
        _tables.StoreHuge(Line(2), leaf);
        Assert.True(_tables.TrySplitHuge(Line(2) + new PageCount(100)));
        Assert.False(_tables.IsHuge(Line(2)));
        Assert.Equal(_size, _tables.TouchedInTable(Line(2)).Value);
        for (uint i = 0; i < _size; i++)
            Assert.Equal(leaf.WithFrame(leaf.Frame + new FrameCount(i)), _tables.Read(Line(2) + new PageCount(i)));
        AssertTablesClean();
    }

    [Fact]
    public void ASplitForgetsNoTranslationAndMovesTheEpoch()
    {
        Make(2);
        _space.Access(Line(2).Value + 1, AccessKind.Write);
        ulong epoch = _space.Cache.Epoch;
        Assert.True(_tables.TrySplitHuge(Line(2)));
        Assert.NotEqual(0, _space.Cache.WriteAddend(Line(2) + PageCount.One));
        Assert.True(_space.Cache.Epoch > epoch);
        AssertTablesClean();
    }

    [Fact]
    public void WithoutAFrameASplitChangesNothingUnlessATableWasReserved()
    {
        PageTableEntry leaf = Make(2);
        Assert.True(_tables.TryReserveTable(out FrameNumber table));
        uint counted = _tables.Account.TableCount;
        _world.Injection.FailAtAllocation = 1;
        Assert.False(_tables.TrySplitHuge(Line(2)));
        Assert.True(_tables.TryReadHuge(Line(2), out PageTableEntry same));
        Assert.Equal(leaf, same);
        _tables.SplitHuge(Line(2), table);
        Assert.Equal(counted, _tables.Account.TableCount);
        AssertTablesClean();
    }

    [Fact]
    public void ACollapseHandsTheTableOutAndASplitTakesItBack()
    {
        PageTableEntry leaf = Make(5);
        Assert.True(_tables.TrySplitHuge(Line(5)));
        _space.Access(Line(5).Value + 3, AccessKind.Read);
        uint counted = _tables.Account.TableCount;
        _tables.Collapse(Line(5), leaf, out FrameNumber table);
        Assert.True(_tables.IsHuge(Line(5)));
        Assert.Equal(0, _space.Cache.ReadAddend(Line(5) + new PageCount(3)));
        Assert.Equal(counted, _tables.Account.TableCount);
        AssertTablesClean();
        _tables.SplitHuge(Line(5), table);
        Assert.Equal(leaf, _tables.Read(Line(5)));
        AssertTablesClean();
    }

    [Fact]
    public void ScansMeetEachPageOfALeafBetweenSmallOnes()
    {
        _space.MapNew(Line(1).Value + 1);
        PageTableEntry leaf = Make(3);
        _space.MapNew(Line(6).Value);
        List<uint> seen = [];
        PageNumber from = default;
        for (; _tables.TryNextTouched(from, PageNumber.FirstKernel, out PageNumber page, out _); from = page + PageCount.One)
            seen.Add(page.Value);
        Assert.Equal([Line(1).Value + 1, .. Enumerable.Range(0, (int)_size).Select(i => Line(3).Value + (uint)i), Line(6).Value], seen);
        Assert.True(_tables.TryNextHuge(default, PageNumber.FirstKernel, out PageNumber first, out PageTableEntry found));
        Assert.Equal((Line(3), leaf), (first, found));
        Assert.True(_tables.TryNextHuge(Line(3) + PageCount.One, Line(4), out first, out _));
        Assert.Equal(Line(3), first);
        Assert.False(_tables.TryNextHuge(Line(4), PageNumber.FirstKernel, out first, out _));
        Assert.Equal(PageNumber.FirstKernel, first);
    }

    [Fact]
    public void ARangeTakesWholeLeavesAndRefusesToCutOne()
    {
        PageTableEntry leaf = Make(3);
        _space.MapNew(Line(2).Value);
        _space.Access(Line(3).Value, AccessKind.Write);
        InvariantException cut = Assert.Throws<InvariantException>(() => _space.Unmap(new(Line(3), PageCount.One)));
        Assert.Contains("P7", cut.Message, StringComparison.Ordinal);
        Assert.True(_tables.TrySplitEdges(new(Line(2), new(_size * 2))));
        List<(PageNumber Page, PageTableEntry Entry)> taken = _space.Unmap(new(Line(2), new(_size * 2)));
        Assert.Equal([Line(3), Line(2)], taken.Select(one => one.Page));
        Assert.Equal(leaf.Frame, taken[0].Entry.Frame);
        Assert.Equal(0, _tables.HugeLeafCount);
        Assert.Equal(0, _space.Cache.ReadAddend(Line(3)));
        AssertTablesClean();
    }

    [Fact]
    public void EdgesAreSplitAndTheMiddleStays()
    {
        Make(2);
        Make(3);
        Make(4);
        PageRange range = PageRange.Between(Line(2) + PageCount.One, Line(5) - PageCount.One);
        Assert.True(_tables.TrySplitEdges(range));
        Assert.Equal((false, true, false), (_tables.IsHuge(Line(2)), _tables.IsHuge(Line(3)), _tables.IsHuge(Line(4))));
        ReadOnlyRule rule = default;
        _tables.RewriteRange(range, ref rule);
        Assert.True(_tables.Read(Line(2)).IsWritable);
        Assert.False(_tables.Read(Line(2) + PageCount.One).IsWritable);
        Assert.False(_tables.Read(Line(3)).IsWritable);
        Assert.True(_tables.Read(Line(5) - PageCount.One).IsWritable);
        AssertTablesClean();
    }

    [Fact]
    public void AMoveTakesLeavesAndSmallEntriesAlong()
    {
        PageTableEntry leaf = Make(3);
        PageTableEntry small = _space.MapNew(Line(4).Value + 1);
        _space.Access(Line(3).Value, AccessKind.Read);
        Assert.True(_tables.TryMoveRange(new(Line(3), new(_size * 2)), Line(8)));
        Assert.True(_tables.TryReadHuge(Line(8), out PageTableEntry moved));
        Assert.Equal(leaf.WithAccessed(), moved);
        Assert.Equal(small, _tables.Read(Line(9) + PageCount.One));
        Assert.True(_tables.Read(Line(3)).IsNeverTouched);
        Assert.Null(_space.Access(Line(3).Value, AccessKind.Read));
        AssertTablesClean();
        Assert.Throws<InvariantException>(() => _tables.TryMoveRange(new(Line(8), new(_size)), Line(20) + PageCount.One));
    }

    [Fact]
    public void ALeafTakesThePlaceOfAnEmptyTableOnly()
    {
        PageTableEntry small = _space.MapNew(Line(3).Value + 1);
        PageTableEntry entry = PageTableEntry.Map(new(_size), All);
        Assert.Throws<InvariantException>(() => _tables.StoreHuge(Line(3), entry));
        _space.Unmap(new(Line(3), new(_size)));
        _tables.StoreHuge(Line(3), entry);
        Assert.Equal(0u, _tables.TableCount.Value);
        Assert.False(small.IsNeverTouched);
    }

    [Fact]
    public void SmallOperationsInALeafNameTheRule()
    {
        Make(3);
        PageNumber page = Line(3) + new PageCount(2);
        Assert.Throws<InvariantException>(() => _tables.TryEnsureTable(page));
        Assert.Throws<InvariantException>(() => _tables.Store(page, default));
        Assert.Throws<InvariantException>(() => _tables.Take(page));
        Assert.Throws<InvariantException>(() => _tables.StoreHuge(page, PageTableEntry.Map(default, All)));
        Assert.Throws<InvariantException>(() => _tables.Collapse(Line(3), PageTableEntry.Map(default, All), out _));
        Assert.Throws<InvariantException>(() => _tables.SplitHuge(Line(7), default));
        Assert.Throws<InvariantException>(_tables.FreeAll);
    }

    [Fact]
    public void TheAuditSeesALeafThatIsNotCounted()
    {
        Make(3);
        _tables.HugeLeafCount = 2;
        AuditReport report = new();
        _tables.Audit(report);
        Assert.Contains("P7", report.ToString(), StringComparison.Ordinal);
    }

    private struct ReadOnlyRule : IEntryRule
    {
        public readonly PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.WithoutWritable();
    }
}
