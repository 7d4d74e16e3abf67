using Paging.Native.Diagnostics;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class MoveEntriesTests : IDisposable
{
    private readonly TableWorld _world = new();
    private readonly TableSpace _space;

    public MoveEntriesTests() => _space = _world.Begin();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(0x3F0u, 0x40000u)]    // up, both ends at other places in their tables
    [InlineData(0x40000u, 0x3F0u)]    // down
    [InlineData(0x3F0u, 0x410u)]      // up by one page more than the length
    [InlineData(0x410u, 0x3F0u)]
    [InlineData(0x3F0u, 0x7F0u)]      // by exactly a table
    [InlineData(0x0u, 0xBFFE0u)]      // to the end of the user half
    public void EntriesArriveInOrderWithEveryBitAndLeaveNothingBehind(uint from, uint to)
    {
        const uint Length = 0x20;
        for (uint i = 0; i < Length; i += i % 3 + 1) _space.MapNew(from + i);
        _space.Install(from + 2, SwapEntry.ForSlot(3, 4).ToPageTableEntry());
        foreach ((PageNumber page, PageTableEntry entry) in _space.Touched().ToList())
        {
            if (entry.IsPresent && page.Value % 2 == 0) Assert.NotNull(_space.Access(page.Value, AccessKind.Write));
        }

        (PageNumber Page, PageTableEntry Entry)[] before = [.. _space.Touched()];
        Assert.True(_space.Tables.TryMoveRange(new(new(from), new(Length)), new(to)));
        Assert.Equal(before.Select(moved => (moved.Page.Value - from + to, moved.Entry)),
            _space.Touched().Select(moved => (moved.Page.Value, moved.Entry)));
        _world.AssertClean();
        foreach ((PageNumber page, PageTableEntry entry) in before)
        {
            Assert.Null(_space.Access(page.Value, AccessKind.Read));
            Assert.Equal(entry.IsPresent ? entry.Frame.Value : null, _space.Access(page.Value - from + to, AccessKind.Read));
        }

        _world.AssertClean();
        _world.EndAll();
    }

    [Fact]
    public void OnlyTablesThatReceiveAnEntryAreMade()
    {
        _space.MapNew(0x1000);
        Assert.True(_space.Tables.TryMoveRange(new(new(0x800), new(0x1000)), new(0x20000)));    // four tables long, one entry
        Assert.Equal([0x20800u], _space.Touched().Select(moved => moved.Page.Value));
        Assert.Equal(2u, _space.Tables.TableCount.Value);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void WithoutFramesForTheTablesNothingHasChanged(int failAt)
    {
        foreach (uint page in new uint[] { 0x200, 0x600, 0xA00 }) _space.MapNew(page);
        Assert.True(_space.Tables.TryEnsureTable(new(0x20400)));    // was there before, and stays
        (PageNumber, PageTableEntry)[] before = [.. _space.Touched()];
        uint free = _world.Allocator.FreeFrames.Value, tables = _space.Tables.TableCount.Value;
        _world.Injection.FailAtAllocation = failAt;
        bool moved = _space.Tables.TryMoveRange(new(new(0), new(0x1000)), new(0x20000));
        Assert.Equal(failAt > 2, moved);    // two of the three tables are missing
        if (moved) return;
        Assert.Equal(before, _space.Touched());
        Assert.Equal((free, tables), (_world.Allocator.FreeFrames.Value, _space.Tables.TableCount.Value));
        _world.AssertClean();
    }

    /// <summary>Whichever table is missing, from the first of the user half on: those that were made are gone again.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void TablesMadeInVainAreGone(TableFormat format)
    {
        using TableWorld world = new(format: format);
        TableSpace space = world.Begin();
        uint size = space.Tables.Huge.CountEach.Value;
        for (uint table = 0; table < 5; table++) space.MapNew(0x40000 + (table * size));
        uint free = world.Allocator.FreeFrames.Value;
        for (int failAt = 1; failAt <= 5; failAt++)
        {
            world.Injection.FailAtAllocation = failAt;
            Assert.False(space.Tables.TryMoveRange(new(new(0x40000), new(5 * size)), default));
            for (int index = 0; index < 5; index++) Assert.Equal(default, space.Tables.ReadUpper(index));
            Assert.Equal(free, world.Allocator.FreeFrames.Value);
        }

        Assert.True(space.Tables.TryMoveRange(new(new(0x40000), new(5 * size)), default));
        world.AssertClean();
    }

    [Fact]
    public void OverlapsAndTouchedTargetsAreRefusedWhereChecksAreOn()
    {
        Assert.SkipUnless(Check.Cheap, "needs checks");
        _space.MapNew(0x100);
        Assert.Throws<InvariantException>(() => _space.Tables.TryMoveRange(new(new(0x100), new(2)), new(0x101)));
        Assert.Throws<InvariantException>(() => _space.Tables.TryMoveRange(new(new(0x100), new(2)), new(0xBFFFF)));
        _space.MapNew(0x200);
        Assert.Throws<InvariantException>(() => _space.Tables.TryMoveRange(new(new(0x100), PageCount.One), new(0x200)));
    }
}
