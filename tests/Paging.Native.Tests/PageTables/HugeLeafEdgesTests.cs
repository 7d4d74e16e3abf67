using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Edges of huge leaves of 4 MB.</summary>
public sealed class ClassicHugeLeafEdgesTests() : HugeLeafEdgesTests(TableFormat.Classic);

/// <summary>Edges of huge leaves of 2 MB.</summary>
public sealed class PaeHugeLeafEdgesTests() : HugeLeafEdgesTests(TableFormat.Pae);

/// <summary>The edges of a leaf, entries that are no leaf, calls that cut one, and calls that are refused.</summary>
public abstract class HugeLeafEdgesTests(TableFormat format) : HugeLeafWorld(format)
{
    /// <summary>A leaf is searched for where it is, and nowhere beside; the kernel's own large entries are none.</summary>
    [Fact]
    public void ASearchFindsALeafOnlyInItsRange()
    {
        Make(3);
        Assert.False(Tables.Huge.TryNext(default, Line(3), out PageNumber found, out _));
        Assert.Equal(Line(3), found);
        Assert.True(Tables.Huge.TryNext(default, Line(3) + PageCount.One, out found, out _));
        Assert.Equal(Line(3), found);
        Assert.True(Tables.Huge.TryNext(Line(4) - PageCount.One, Line(9), out found, out _));
        Assert.Equal(Line(3), found);
        Assert.False(Tables.Huge.TryNext(Line(3) + PageCount.One, Line(3) + PageCount.One, out _, out _));    // no page at all
        Assert.False(Tables.Huge.TryNext(Line(4), PageNumber.FirstKernel, out _, out _));
        int kernel = Tables.IndexOf(PageNumber.FirstKernel);
        Tables.SetKernelEntry(kernel, PageDirectoryEntry.ForPiece(Tables.Format, PageTableEntry.Map(default, PageAccess.Write)));
        Assert.False(Tables.Huge.Has(PageNumber.FirstKernel));
        Assert.False(Tables.Huge.TryNext(Line(4), new(PageCount.AddressSpace.Value), out _, out _));
    }

    /// <summary>An entry that a host has written is a leaf of ours only if it is present, lies in RAM to its end, and is counted.</summary>
    [Fact]
    public void ALeafIsPresentAndCountedAndLiesInRamToItsEnd()
    {
        Make(3);
        uint last = 8192 - Size;
        foreach ((uint frame, bool isLeaf) in ((uint, bool)[])[(last, true), (last + Size, false), (last + (2 * Size), false), (0, true)])
        {
            PageDirectoryEntry upper = PageDirectoryEntry.ForPiece(Tables.Format, PageTableEntry.Map(new(frame), All));
            Tables.StoreUpper(9, upper);
            Assert.False(Tables.Huge.Has(Line(9)));
            if (isLeaf) World.Frames[new(frame)].MapCount++;
            Assert.Equal(isLeaf, Tables.Huge.Has(Line(9)));
            if (isLeaf) World.Frames[new(frame)].MapCount--;
            Tables.StoreUpper(9, new(upper.Word & ~EntryBits.Present));
            Assert.False(Tables.Huge.Has(Line(9)));
            Assert.Equal(default, Tables.Read(Line(9)));
        }

        Tables.StoreUpper(9, default);
    }

    /// <summary>A table of as many words as there are pages: none is written after it.</summary>
    [Fact]
    public void ASplitWritesOneTableAndNoMore()
    {
        Make(3);
        Assert.True(Tables.Huge.TryReserveTable(out FrameNumber table));
        FrameNumber after = table + new FrameCount(1);
        Assert.Equal(FrameState.Free, World.Frames[after].State);
        World.Ram.Fill(after, 0xFF);
        Tables.Huge.Split(Line(3), table);
        Assert.True(World.Ram.IsFilledWith(after, 0xFF));
    }

    [Fact]
    public void ALeafIsRefusedWithTheReason()
    {
        PageTableEntry leaf = Make(3);
        Space.MapNew(Line(4).Value);
        Space.Unmap(new(Line(4), PageCount.One));
        uint table = Tables.TableCount.Value;
        Refused("multiples", () => Tables.Huge.Store(Line(5) + PageCount.One, leaf));
        Refused("multiples", () => Tables.Huge.Store(Line(5) + new PageCount(Size / 2), leaf));
        Refused("multiples", () => Tables.Huge.Store(Line(5), leaf.WithFrame(leaf.Frame + new FrameCount(1))));
        Refused("multiples", () => Tables.Huge.Store(Line(5), leaf.WithFrame(leaf.Frame + new FrameCount(Size / 2))));
        Refused("multiples", () => Tables.Huge.Store(Line(5), new(leaf.Word & ~EntryBits.Present)));
        Refused("multiples", () => Tables.Huge.Store(PageNumber.FirstKernel, leaf));
        Refused("multiples", () => Tables.Huge.Collapse(Line(4), leaf.WithFrame(leaf.Frame + new FrameCount(1)), out _));
        Assert.Equal((1, table), (Tables.Huge.Count, Tables.TableCount.Value));
        AssertTablesClean();
    }

    [Fact]
    public void ARuleMayTakeALeafAwayOrLeaveIt()
    {
        Make(3);
        Make(4);
        Space.Access(Line(3).Value, AccessKind.Read);
        TakingRule rule = new(Line(3));
        Tables.RewriteRange(new(Line(3), new(Size * 2)), ref rule);
        Assert.Equal((false, true, 1), (Tables.Huge.Has(Line(3)), Tables.Huge.Has(Line(4)), Tables.Huge.Count));
        Assert.Equal(0, Space.Cache.ReadAddend(Line(3)));
        AssertTablesClean();
    }

    [Fact]
    public void ARangeThatBeginsInALeafIsRefused()
    {
        Make(3);
        Assert.Throws<InvariantException>(() => Space.Unmap(new(Line(3) + PageCount.One, new(Size * 2))));
        Assert.Throws<InvariantException>(() => Space.Unmap(new(Line(2), new(Size + 1))));
        Assert.Throws<InvariantException>(() => Tables.TryMoveRange(new(Line(3), new(Size)), Line(8) + new PageCount(Size / 2)));
    }

    /// <summary>A leaf moves from one directory entry to another: that needs no table, and so cannot fail.</summary>
    [Fact]
    public void ALeafMovesWithoutATable()
    {
        Make(3);
        World.Injection.FailAtAllocation = 1;
        Assert.True(Tables.TryMoveRange(new(Line(3), new(Size)), Line(8)));
        World.Injection.FailAtAllocation = 0;
        Assert.True(Tables.Huge.Has(Line(8)));
        Assert.Equal(0u, Tables.TableCount.Value);
    }

    /// <summary>The count in the descriptor of a leaf's frame belongs to the frame's owner, not to a table.</summary>
    [Fact]
    public void ALeafIsChangedForAnyCountInItsFrame()
    {
        PageTableEntry leaf = Make(3);
        World.Frames[leaf.Frame].Private = 5;
        Tables.Huge.Store(Line(3), leaf.WithoutWritable());
        Assert.Equal(leaf.WithoutWritable(), Tables.Read(Line(3)));
        World.Frames[leaf.Frame].Private = 0;
        SpareTables.FreeBeyond(Tables, default);    // it is no table
        Assert.True(Tables.Huge.Has(Line(3)));
        AssertTablesClean();
    }

    /// <summary>A leaf that is made beside a journal has a note for each page: there was nothing before.</summary>
    [Fact]
    public void AJournalHasANoteForEachPageOfANewLeaf()
    {
        Make(3);
        using Journal journal = new(World.Frames) { Tables = Tables.CloseTables() };
        Tables.Journal = journal;
        Make(5);
        PageRange made = Tables.Huge.RangeOf(Line(5)), kept = Tables.Huge.RangeOf(Line(3));
        Assert.Equal((true, false, Size), (journal.HasEach(made), journal.HasAny(kept), journal.Count));
        Assert.True(journal[Line(5)].IsNeverTouched);
        Tables.Huge.Take(Line(5));
        Assert.Equal(Size, journal.Count);
        journal.Forget(Line(5));
        Assert.Equal((false, true), (journal.HasEach(made), journal.HasAny(made)));
        Tables.Journal = null;
        AssertTablesClean();
    }

    private static void Refused(string why, Action call) =>
        Assert.Contains(why, Assert.Throws<InvariantException>(call).Message, StringComparison.Ordinal);

    private readonly struct TakingRule(PageNumber page) : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber first, PageTableEntry entry) => first == page ? default : entry;
    }

    private sealed class Journal(FrameTable frames) : EntryJournal(frames)
    {
        protected override bool TryHoldSlot(SwapEntry entry) => true;

        protected override bool IsMarkedDirty(in FrameDescriptor descriptor) => false;
    }
}
