using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A fork lends its tables: what is copied when, and that nobody can see the difference.</summary>
public sealed class LentTableTests : IDisposable
{
    private const int PagesOfTable = 1024;

    private readonly World _world = new(16);

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AForkTakesTheFramesOfTheTablesAndCopiesNone()
    {
        UserProcess child = ForkOf(tables: 3);
        Assert.Equal(["lent", "lent", "lent"], States(_world.First, 3));
        Assert.Equal(["lent", "lent", "lent"], States(child, 3));
        Assert.Equal(3u, child.Memory.Space.Tables.TableCount.Value);
        Assert.Equal(1u, MapCountAt(0));
        _world.Verify();
    }

    [Fact]
    public void AReadOfTheChildCopiesOneTable()
    {
        UserProcess child = ForkOf(tables: 3);
        FaultCounters before = child.Memory.Faults;
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(PagesOfTable)));
        Assert.Equal(before, child.Memory.Faults);    // the page was present
        Assert.Equal(["lent", "there", "lent"], States(child, 3));
        Assert.Equal(["lent", "there", "lent"], States(_world.First, 3));
        Assert.Equal((1u, 2u), (MapCountAt(0), MapCountAt(PagesOfTable)));
        _world.Verify();
    }

    [Fact]
    public void AReadOfTheParentThatHitsCopiesNothingAndAWriteCopiesItsTable()
    {
        UserProcess child = ForkOf(tables: 3);
        Assert.Equal(7, _world.Memory.Mmu.Read<byte>(World.At(0)));    // the translation for reading has outlived the fork
        Assert.Equal(["lent", "lent", "lent"], States(_world.First, 3));
        FaultCounters before = _world.Memory.Faults;
        _world.Touch(0, 8);
        Assert.Equal(before.Minor + 1, _world.Memory.Faults.Minor);
        Assert.Equal(["there", "lent", "lent"], States(_world.First, 3));
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(0)));
        _world.Verify();
    }

    [Fact]
    public void AChildThatEndsLeavesTheParentReadOnlyPagesOfItsOwn()
    {
        UserProcess child = ForkOf(tables: 3);
        uint free = _world.Machine.Allocator.FreeFrames.Value;
        child.Dispose();
        Assert.Equal(["lent", "lent", "lent"], States(_world.First, 3));    // until somebody comes past
        Assert.Equal(free + 4, _world.Machine.Allocator.FreeFrames.Value);    // three tables and the directory
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(_world.First, () => _world.Touch(0, 8)));    // as after any fork
        Assert.True(_world.Memory.Space.Tables.Read(World.At(PagesOfTable + 9).Page).IsPresent);
        Assert.Equal(["there", "there", "lent"], States(_world.First, 3));
        _world.Verify();
        Assert.Equal(["there", "there", "there"], States(_world.First, 3));
    }

    [Fact]
    public void AReturnedTableIsLentAgainAndAChangedOneIsReadAgain()
    {
        ForkOf(tables: 3).Dispose();
        _world.Touch(PagesOfTable, 8);
        UserProcess child = _world.First.Fork();
        Assert.Equal(["lent", "lent", "lent"], States(child, 3));
        Assert.Equal((7, 8, 7), (child.Memory.Mmu.Read<byte>(World.At(0)), child.Memory.Mmu.Read<byte>(World.At(PagesOfTable)),
            child.Memory.Mmu.Read<byte>(World.At((2 * PagesOfTable) + 9))));
        // The fork took the right to write.
        Assert.Equal("Minor 1, Copied 1", FaultStory.Of(_world.First, () => _world.Touch(PagesOfTable, 9)));
        Assert.Equal(8, child.Memory.Mmu.Read<byte>(World.At(PagesOfTable)));
        _world.Verify();
    }

    [Fact]
    public void AReturnedTableOfTwoAreasIsCopied()
    {
        ForkOf(tables: 2).Dispose();
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(5), MemoryAdvice.DontFork));    // comes past no table
        Assert.Equal(["lent", "lent"], States(_world.First, 2));
        UserProcess child = _world.First.Fork();
        Assert.Equal(["there", "lent"], States(child, 2));
        Assert.False(child.Memory.Mmu.TryRead(World.At(0), out byte _, out _));
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(9)));
        _world.Verify();
    }

    [Fact]
    public void AProcessWithReturnedTablesLeavesNoneToTheNext()
    {
        ForkOf(tables: 2).Dispose();
        UpperWord(_world.First, 1) = 0;    // a host's
        _world.First.Exit();
        UserProcess next = _world.Engine.CreateProcess("next");
        Assert.True(next.Memory.Space.Tables.Loans.IsNone);
        next.Dispose();
    }

    [Fact]
    public void AParentThatEndsCopiesForTheChild()
    {
        UserProcess child = ForkOf(tables: 3);
        _world.First.Exit();
        Assert.Equal(["there", "there", "there"], States(child, 3));
        for (int table = 0; table < 3; table++) Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(table * PagesOfTable)));
        Assert.Equal("Minor 1, Reused 1", FaultStory.Of(child, () => child.Memory.Mmu.Write(World.At(0), (byte)8)));
        _world.Verify();
    }

    [Fact]
    public void ASecondForkCopiesForTheFirstChildAndLendsToTheSecond()
    {
        UserProcess first = ForkOf(tables: 2), second = _world.First.Fork();
        Assert.Equal(["there", "there"], States(first, 2));
        Assert.Equal(["lent", "lent"], States(second, 2));
        UserProcess grandchild = second.Fork();
        Assert.Equal(["lent", "lent"], States(second, 2));
        Assert.Equal(["there", "there"], States(_world.First, 2));
        grandchild.Memory.Mmu.Write(World.At(0), (byte)9);
        Assert.Equal((7, 7, 9), (first.Memory.Mmu.Read<byte>(World.At(0)), second.Memory.Mmu.Read<byte>(World.At(0)),
            grandchild.Memory.Mmu.Read<byte>(World.At(0))));
        _world.Verify();
    }

    [Fact]
    public void ATableWithASwappedPageOrPagesOfAnotherAreaIsCopiedAtOnce()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), 0, out _));
        Fill(tables: 3);
        World.Succeeds(_world.Memory.Advise(World.At(0), World.Bytes(1), MemoryAdvice.PageOut));
        World.Succeeds(_world.Memory.Advise(World.At(PagesOfTable), World.Bytes(1), MemoryAdvice.DontFork));
        UserProcess child = _world.First.Fork();
        Assert.Equal(["there", "there", "lent"], States(child, 3));
        Assert.False(child.Memory.Mmu.TryRead(World.At(PagesOfTable), out byte _, out _));
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(0)));
        _world.Verify();
    }

    [Fact]
    public void TablesWithFewEntriesAreCopiedAtOnce()
    {
        using World world = new(World.Options(16) with { LendTablesFrom = 3 });
        world.Map(0, 2 * PagesOfTable);
        foreach (int page in (ReadOnlySpan<int>)[0, 1, PagesOfTable, PagesOfTable + 1, PagesOfTable + 2]) world.Touch(page, 7);
        Assert.Equal(["there", "lent"], States(world.First.Fork(), 2));
    }

    [Theory, InlineData(1), InlineData(4096)]
    public void TheFiguresOfAProcessAreTheSameWhetherTablesAreLentOrNot(int from)
    {
        using World world = new(World.Options(16) with { LendTablesFrom = from });
        world.Map(0, 2 * PagesOfTable);
        world.MapFile(world.OpenFile("file", 4), 3000, 4);
        for (int page = 0; page < 2 * PagesOfTable; page += 5) world.Touch(page, 7);
        world.Touch(3000);
        world.Peek(3001);
        world.Peek(1);    // the page of zeros, which is not resident
        UserProcess child = world.First.Fork();
        World.Succeeds(child.Memory.Unmap(World.At(PagesOfTable), World.Bytes(100)));
        Assert.Equal((414u, 394u, 391u, 3u), (child.Memory.Usage.PeakResident.Value, child.Memory.Usage.Resident.Value,
            child.Memory.Usage.ResidentAnonymous.Value, child.Memory.Usage.ResidentShared.Value));
        Assert.Equal(205u * 4096, child.Memory.Areas.FootprintAt(World.At(0).Page).SharedDirty);
        UserProcess other = world.First.Fork();
        other.Exit();
        Assert.Equal(414, other.Memory.Space.Statistics.PeakResident);    // for ru_maxrss
        Assert.Equal(0, other.Memory.Space.Statistics.Resident);
        world.Verify();
    }

    [Fact]
    public void ALenderThatGoesBackToASnapshotTakesNothingFromTheChild()
    {
        Fill(tables: 2);
        Snapshot snapshot = _world.First.TakeSnapshot();
        _world.Touch(0, 8);
        UserProcess child = _world.First.Fork();
        World.Succeeds(snapshot.Restore());
        Assert.Equal((7, 8), (_world.Memory.Mmu.Read<byte>(World.At(0)), child.Memory.Mmu.Read<byte>(World.At(0))));
        _world.Verify();
    }

    [Fact]
    public void ASnapshotOfABorrowerHasAllPages()
    {
        UserProcess child = ForkOf(tables: 2);
        Snapshot snapshot = child.TakeSnapshot();
        child.Memory.Mmu.Write(World.At(0), (byte)8);
        World.Succeeds(snapshot.Restore());
        Assert.Equal(7, child.Memory.Mmu.Read<byte>(World.At(0)));
        Assert.Equal(child.Memory.Usage.Resident, _world.Memory.Usage.Resident);
        _world.Verify();
    }

    [Fact]
    public void TheReverseMapFindsBothEntriesOfAPageInALentTable()
    {
        ForkOf(tables: 1);
        MappingCounter counter = default;
        _world.Engine.Parts.Files.ReverseMap.Walk(FrameAt(0), ref counter);
        Assert.Equal(2, counter.Count);    // the count of mappings, which ends the walk, was one
    }

    [Fact]
    public void PagesOfLentTablesAreSwappedOutOfBothSides()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), 0, out _));
        UserProcess child = ForkOf(tables: 3);
        for (int pass = 0; pass < 8; pass++) _world.Engine.Parts.Reclaim.Reclaimer.Free(64);
        Assert.Equal((6u, 6u), (_world.Memory.Usage.Swapped.Value, child.Memory.Usage.Swapped.Value));
        _world.Verify();
        Assert.Equal((7, 7), (_world.Memory.Mmu.Read<byte>(World.At(0)), child.Memory.Mmu.Read<byte>(World.At(PagesOfTable))));
    }

    [Fact]
    public void WhoeverWalksByThePageDirectoryFindsEveryPage()
    {
        UserProcess child = ForkOf(tables: 2);
        foreach (UserProcess process in (UserProcess[])[_world.First, child])
        {
            WalkResult walk = Walker.Peek(_world.Engine.Ram, TableFormat.Classic, process.Memory.PrepareWalk(), World.At(0).Page);
            Assert.True(walk.Succeeded);
        }

        Assert.Equal(2u, _world.Engine.Frames.Describe(FrameAt(0)).MapCount);
    }

    [Fact]
    public void WhoeverWalksByThePageDirectoryFindsReturnedTables()
    {
        ForkOf(tables: 2).Dispose();
        FrameNumber directory = _world.Memory.PrepareWalk();
        foreach (int page in (ReadOnlySpan<int>)[0, PagesOfTable])
            Assert.True(Walker.Peek(_world.Engine.Ram, TableFormat.Classic, directory, World.At(page).Page).Succeeded);
    }

    [Fact]
    public void AFaultOfAProcessorThatWalksTheTablesCopiesTheTable()
    {
        UserProcess child = ForkOf(tables: 2);
        FrameNumber directory = child.Memory.Space.Tables.Directory;
        WalkResult walk = Walker.Walk(_world.Engine.Ram, TableFormat.Classic, directory, World.At(0), AccessKind.Read, ProcessorMode.User);
        Assert.False(walk.Succeeded);
        FaultCounters before = child.Memory.Faults;
        Assert.Equal(MemoryFault.None, child.Memory.Mmu.ResolveFault(World.At(0), walk.ErrorCode));
        Assert.Equal(before, child.Memory.Faults);
        Assert.True(
            Walker.Walk(_world.Engine.Ram, TableFormat.Classic, directory, World.At(0), AccessKind.Read, ProcessorMode.User).Succeeded);
        Assert.Equal(["there", "lent"], States(child, 2));
    }

    [Fact]
    public void AnEntryOfADirectoryThatAHostHasWrittenIsNotFollowed()
    {
        UserProcess child = ForkOf(tables: 2);
        UpperWord(child, 0) = 0;
        UpperWord(_world.First, 1) = 0xFFFF_F006;    // beyond RAM
        _world.Touch(1, 8);
        Assert.Equal(7, _world.Memory.Mmu.Read<byte>(World.At(0)));
        Assert.Equal((0, 0), (child.Memory.Mmu.Read<byte>(World.At(0)), child.Memory.Mmu.Read<byte>(World.At(PagesOfTable))));
        child.Dispose();
        Assert.Equal(7, _world.Memory.Mmu.Read<byte>(World.At(9)));
    }

    private UserProcess ForkOf(int tables)
    {
        Fill(tables);
        return _world.First.Fork();
    }

    /// <summary>Two pages in each of some tables.</summary>
    private void Fill(int tables)
    {
        _world.Map(0, tables * PagesOfTable);
        for (int table = 0; table < tables; table++)
        {
            _world.Touch(table * PagesOfTable, 7);
            _world.Touch((table * PagesOfTable) + 9, 7);
        }
    }

    /// <summary>The first tables after the base, as the words of the directory show them.</summary>
    private static string[] States(UserProcess process, int tables)
    {
        PageTables found = process.Memory.Space.Tables;
        return [.. Enumerable.Range(World.Base.Page.DirectoryIndex, tables).Select(index => found.UpperAt(index))
            .Select(static upper => upper.IsPresent ? "there" : upper.Word != 0 ? "lent" : "none")];
    }

    private ref uint UpperWord(UserProcess process, int table) =>
        ref _world.Engine.Ram.Words(process.Memory.Space.Tables.Directory)[World.Base.Page.DirectoryIndex + table];

    /// <summary>The frame that the parent's table names, whether it is lent or not.</summary>
    private FrameNumber FrameAt(int page)
    {
        PageNumber at = World.At(page).Page;
        FrameNumber table = _world.Memory.Space.Tables.UpperAt(at.DirectoryIndex).Table;
        return new PageTableEntry(_world.Memory.Space.Tables.WordsOf(table)[at.TableIndex]).Frame;
    }

    private struct MappingCounter : IMappingVisitor
    {
        public int Count { get; private set; }

        public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry) => Count++;
    }

    private uint MapCountAt(int page) => _world.Machine.Frames[FrameAt(page)].MapCount;
}
