using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Huge leaves of 4 MB.</summary>
public sealed class ClassicHugeLeavesTests() : HugeLeavesTests(TableFormat.Classic);

/// <summary>Huge leaves of 2 MB.</summary>
public sealed class PaeHugeLeavesTests() : HugeLeavesTests(TableFormat.Pae);

/// <summary>Huge leaves: made, walked, cut, split, collapsed, moved and taken.</summary>
public abstract class HugeLeavesTests(TableFormat format) : HugeLeafWorld(format)
{
    [Fact]
    public void EveryPageOfALeafIsSeenAsItsPiece()
    {
        PageTableEntry leaf = Make(3);
        Assert.True(Tables.Huge.TryRead(Line(3) + new PageCount(7), out PageTableEntry read));
        Assert.Equal(leaf, read);
        Assert.Equal(leaf.WithFrame(leaf.Frame + new FrameCount(7)), Tables.Read(Line(3) + new PageCount(7)));
        Assert.False(Tables.HasTable(Line(3)));
        Assert.False(Tables.SlotOf(Line(3)).HasTable);
        Assert.False(Tables.Huge.Has(Line(2)));
        Assert.False(Tables.Huge.Has(Line(4)));
        AssertTablesClean();
    }

    [Fact]
    public void AWalkSetsAccessedAndDirtyInTheLeafAndFillsTheCachePageByPage()
    {
        PageTableEntry leaf = Make(3);
        uint page = Line(3).Value + 5;
        Assert.Equal(leaf.Frame.Value + 5, Space.Access(page, AccessKind.Read));
        Assert.True(Tables.Huge.TryRead(Line(3), out PageTableEntry read));
        Assert.True(read is { IsAccessed: true, IsDirty: false });
        Assert.Equal(leaf.Frame.Value + 6, Space.Access(page + 1, AccessKind.Write));
        Assert.True(Tables.Huge.TryRead(Line(3), out read));
        Assert.True(read is { IsAccessed: true, IsDirty: true });
        Assert.NotEqual(0, Space.Cache.ReadAddend(new(page)));
        Assert.Equal(0, Space.Cache.ReadAddend(new(page + 2)));
        AssertTablesClean();
        Tables.Huge.Store(Line(3), read.WithoutWritable());
        Assert.Equal(0, Space.Cache.WriteAddend(new(page + 1)));
        Assert.Null(Space.Access(page, AccessKind.Write));
    }

    /// <summary>Reads go on without the right to write, and a right that is given ends nothing.</summary>
    [Fact]
    public void AChangeOfRightsDropsOnlyLostRights()
    {
        Make(3);
        PageNumber page = Line(3) + new PageCount(5);
        Space.Access(page.Value, AccessKind.Write);
        Assert.True(Tables.Huge.TryRead(page, out PageTableEntry leaf));
        ulong epoch = Space.Cache.Epoch;
        Tables.Huge.Store(Line(3), leaf.WithoutWritable());
        Assert.Equal(epoch + 1, Space.Cache.Epoch);
        Assert.Equal(0, Space.Cache.WriteAddend(page));
        Assert.NotEqual(0, Space.Cache.ReadAddend(page));
        Tables.Huge.Store(Line(3), leaf);
        Assert.Equal(epoch + 1, Space.Cache.Epoch);
        Assert.Equal(leaf.Frame.Value + 5, Space.Access(page.Value, AccessKind.Write));
        Tables.Huge.Store(Line(3), leaf.WithoutAccessed());
        Assert.Equal(0, Space.Cache.ReadAddend(page));
        AssertTablesClean();
    }

    [Fact]
    public void UserWalkAgreesWithTheWalkerInALeaf()
    {
        PageTableEntry leaf = Make(1, PageAccess.User);
        PageNumber page = Line(1) + new PageCount(9);
        Assert.Equal(leaf.Frame.Value + 9, UserWalk.Translate(Tables, World.Ram, page, isWrite: false).Frame.Value);
        Assert.False(UserWalk.Translate(Tables, World.Ram, page, isWrite: true).IsPresent);
    }

    [Fact]
    public void ASplitKeepsFramesRightsAndBits()
    {
        Make(2);
        Space.Access(Line(2).Value, AccessKind.Write);
        Assert.True(Tables.Huge.TryRead(Line(2), out PageTableEntry leaf));
        leaf = leaf.WithSoftware1().WithSoftware2().WithAttribute().WithoutWritable();
        Tables.Huge.Store(Line(2), leaf);
        Split(Line(2) + new PageCount(100));
        Assert.False(Tables.Huge.Has(Line(2)));
        Assert.Equal(Size, World.Frames[Tables.ReadUpper(Tables.IndexOf(Line(2))).Table].Private);
        for (uint i = 0; i < Size; i++)
            Assert.Equal(leaf.WithFrame(leaf.Frame + new FrameCount(i)), Tables.Read(Line(2) + new PageCount(i)));
        AssertTablesClean();
    }

    [Fact]
    public void ASplitKeepsTranslationsAndMovesTheEpoch()
    {
        Make(2);
        Space.Access(Line(2).Value + 1, AccessKind.Write);
        ulong epoch = Space.Cache.Epoch;
        Split(Line(2));
        Assert.NotEqual(0, Space.Cache.WriteAddend(Line(2) + PageCount.One));
        Assert.True(Space.Cache.Epoch > epoch);
        AssertTablesClean();
    }

    [Fact]
    public void ASplitIntoAReservedTableNeedsNoFrame()
    {
        PageTableEntry leaf = Make(2);
        Assert.True(Tables.Huge.TryReserveTable(out FrameNumber table));
        uint counted = Tables.Account.TableCount;
        World.Injection.FailAtAllocation = 1;
        Tables.Huge.Split(Line(2), table);
        Assert.Equal(leaf, Tables.Read(Line(2)));
        Assert.Equal(counted, Tables.Account.TableCount);
        AssertTablesClean();
    }

    [Fact]
    public void ACollapseHandsTheTableOutAndASplitTakesItBack()
    {
        PageTableEntry leaf = Make(5);
        Split(Line(5));
        Space.Access(Line(5).Value + 3, AccessKind.Read);
        uint counted = Tables.Account.TableCount;
        Tables.Huge.Collapse(Line(5), leaf, out FrameNumber table);
        Assert.True(Tables.Huge.Has(Line(5)));
        Assert.Equal(0, Space.Cache.ReadAddend(Line(5) + new PageCount(3)));
        Assert.Equal(counted, Tables.Account.TableCount);
        AssertTablesClean();
        Tables.Huge.Split(Line(5), table);
        Assert.Equal(leaf, Tables.Read(Line(5)));
        AssertTablesClean();
    }

    [Fact]
    public void ScansMeetEachPageOfALeafBetweenSmallOnes()
    {
        Space.MapNew(Line(1).Value + 1);
        PageTableEntry leaf = Make(3);
        Space.MapNew(Line(6).Value);
        List<uint> seen = [];
        PageNumber from = default;
        for (; Tables.TryNextTouched(from, PageNumber.FirstKernel, out PageNumber page, out _); from = page + PageCount.One)
            seen.Add(page.Value);
        Assert.Equal([Line(1).Value + 1, .. Enumerable.Range(0, (int)Size).Select(i => Line(3).Value + (uint)i), Line(6).Value], seen);
        Assert.True(Tables.Huge.TryNext(default, PageNumber.FirstKernel, out PageNumber first, out PageTableEntry found));
        Assert.Equal((Line(3), leaf), (first, found));
        Assert.True(Tables.Huge.TryNext(Line(3) + PageCount.One, Line(4), out first, out _));
        Assert.Equal(Line(3), first);
        Assert.False(Tables.Huge.TryNext(Line(4), PageNumber.FirstKernel, out first, out _));
        Assert.Equal(PageNumber.FirstKernel, first);
    }

    [Fact]
    public void ARangeTakesWholeLeavesAndRefusesToCutOne()
    {
        PageTableEntry leaf = Make(3);
        Space.MapNew(Line(2).Value);
        Space.Access(Line(3).Value, AccessKind.Write);
        InvariantException cut = Assert.Throws<InvariantException>(() => Space.Unmap(new(Line(3), PageCount.One)));
        Assert.Contains("P7", cut.Message, StringComparison.Ordinal);
        List<(PageNumber Page, PageTableEntry Entry)> taken = Space.Unmap(new(Line(2), new(Size * 2)));
        Assert.Equal([Line(3), Line(2)], taken.Select(one => one.Page));
        Assert.Equal(leaf.Frame, taken[0].Entry.Frame);
        Assert.Equal(0, Tables.Huge.Count);
        Assert.Equal(0, Space.Cache.ReadAddend(Line(3)));
        AssertTablesClean();
    }

    [Fact]
    public void ARangeIsRewrittenWithTheLeavesInIt()
    {
        Make(2);
        Make(3);
        Make(4);
        PageRange range = PageRange.Between(Line(2) + PageCount.One, Line(5) - PageCount.One);
        Split(Line(2));
        Split(Line(4));
        Assert.Equal((false, true, false), (Tables.Huge.Has(Line(2)), Tables.Huge.Has(Line(3)), Tables.Huge.Has(Line(4))));
        ReadOnlyRule rule = default;
        Tables.RewriteRange(range, ref rule);
        Assert.True(Tables.Read(Line(2)).IsWritable);
        Assert.False(Tables.Read(Line(2) + PageCount.One).IsWritable);
        Assert.False(Tables.Read(Line(3)).IsWritable);
        Assert.True(Tables.Huge.Has(Line(3)));
        Assert.True(Tables.Read(Line(5) - PageCount.One).IsWritable);
        AssertTablesClean();
    }

    [Fact]
    public void AMoveTakesLeavesAndSmallEntriesAlong()
    {
        PageTableEntry leaf = Make(3);
        PageTableEntry small = Space.MapNew(Line(4).Value + 1);
        Space.Access(Line(3).Value, AccessKind.Read);
        Assert.True(Tables.TryMoveRange(new(Line(3), new(Size * 2)), Line(8)));
        Assert.True(Tables.Huge.TryRead(Line(8), out PageTableEntry moved));
        Assert.Equal(leaf.WithAccessed(), moved);
        Assert.Equal(small, Tables.Read(Line(9) + PageCount.One));
        Assert.True(Tables.Read(Line(3)).IsNeverTouched);
        Assert.Null(Space.Access(Line(3).Value, AccessKind.Read));
        AssertTablesClean();
        Assert.Throws<InvariantException>(() => Tables.TryMoveRange(new(Line(8), new(Size)), Line(20) + PageCount.One));
    }

    [Fact]
    public void ALeafTakesThePlaceOfAnEmptyTableOnly()
    {
        PageTableEntry small = Space.MapNew(Line(3).Value + 1);
        PageTableEntry entry = PageTableEntry.Map(new(Size), All);
        Assert.Throws<InvariantException>(() => Tables.Huge.Store(Line(3), entry));
        Space.Unmap(new(Line(3), new(Size)));
        Tables.Huge.Store(Line(3), entry);
        Assert.Equal(0u, Tables.TableCount.Value);
        Assert.False(small.IsNeverTouched);
    }

    [Fact]
    public void SmallOperationsInALeafNameTheRule()
    {
        Make(3);
        PageNumber page = Line(3) + new PageCount(2);
        Assert.Throws<InvariantException>(() => Tables.TryEnsureTable(page));
        Assert.Throws<InvariantException>(() => Tables.Store(page, default));
        Assert.Throws<InvariantException>(() => Tables.Take(page));
        Assert.Throws<InvariantException>(() => Tables.Huge.Store(page, PageTableEntry.Map(default, All)));
        Assert.Throws<InvariantException>(() => Tables.Huge.Collapse(Line(3), PageTableEntry.Map(default, All), out _));
        Assert.Throws<InvariantException>(() => Tables.Huge.Split(Line(7), default));
        Assert.Throws<InvariantException>(Tables.FreeAll);
    }

    [Fact]
    public void TheAuditSeesALeafThatIsNotCounted()
    {
        Make(3);
        Tables.Huge.Count = 2;
        AuditReport report = new();
        Tables.Audit(report);
        Assert.Contains("P7", report.ToString(), StringComparison.Ordinal);
    }

    private struct ReadOnlyRule : IEntryRule
    {
        public readonly PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.WithoutWritable();
    }
}
