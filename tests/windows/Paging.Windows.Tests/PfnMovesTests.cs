using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Windows.Pfn;
using Paging.Windows.Reports;

namespace Paging.Windows.Tests;

/// <summary>Pages go from list to list, and each step is in the PFN database's moves and in the engine's counters, one for one.</summary>
public sealed class PfnMovesTests : IDisposable
{
    private const uint Pages = 12, Written = 8, Zeros = 3;    // of the written ones, some hold zeros

    private readonly PagingEngine _engine = new(new EngineOptions { RamBytes = 2 << 20 });
    private readonly WindowsMachine _machine;
    private readonly WindowsProcess _process;
    private readonly VirtualAddress _at;

    public PfnMovesTests()
    {
        _machine = WindowsMachine.Of(_engine);
        _process = _machine.CreateProcess("moves");
        Assert.Equal(Errno.None, _engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        Assert.Equal(Win32Error.Success, _process.Memory.VirtualAlloc(
            default, Pages << 12, AllocationTypes.Reserve | AllocationTypes.Commit, PageProtection.ReadWrite, out _at));
        for (uint page = 0; page < Written; page++) Assert.True(_process.Access.TryWrite(At(page), page < Zeros ? 0u : page, out _));
        for (uint page = Written; page < Pages; page++) Assert.True(_process.Access.TryRead(At(page), out uint _, out _));
    }

    private ReclaimCounters Counters => _engine.Reclaimed;

    public void Dispose()
    {
        Assert.Empty(_engine.Audit().Findings);
        Assert.True(_machine.Audit().IsClean);
        _machine.Dispose();
        _engine.Dispose();
    }

    private VirtualAddress At(uint page) => _at + (page << 12);

    /// <summary>Private pages there: the page that all processes share is modified as well.</summary>
    private uint CountOf(PageLocation location) =>
        (uint)_machine.TakePfnSnapshot().Entries.Count(one => one.Location == location && one.Use == PfnUse.Private);

    private Dictionary<string, long> Moves() => _machine.TakePfnSnapshot().Moves.ToDictionary(
        static move => $"{move.From} {move.To}", static move => move.Count, StringComparer.Ordinal);

    [Fact]
    public void EachStepIsAMove()
    {
        Assert.Empty(Moves());
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal((2, (long)Written, (long)(Pages - Written)),
            (Moves().Count, Moves()["ActiveAndValid Modified"], Moves()["ActiveAndValid Standby"]));
        Assert.Equal(5, _machine.Threads.RunModifiedPageWriter(5));
        Assert.Equal((Written - 5, Pages - Written + 5), (CountOf(PageLocation.Modified), CountOf(PageLocation.Standby)));
        Assert.Equal((2L, 3L), (Counters.SwapWrites, Counters.ZeroPages));    // the oldest first: three of zeros, two of others
        Assert.True(_process.Access.TryRead(At(0), out uint _, out _));         // from standby
        Assert.True(_process.Access.TryRead(At(Written - 1), out uint _, out _));    // was never written
        Assert.Equal((1L, 1L), (Moves()["Standby ActiveAndValid"], Moves()["Modified ActiveAndValid"]));
        Assert.Equal(2, _process.WorkingSet.TransitionFaults);
        Assert.Equal((Written - 6, Pages - Written + 4), (CountOf(PageLocation.Modified), CountOf(PageLocation.Standby)));

        long reclaimed = Counters.Reclaimed;
        Assert.Equal(3u, _machine.Parts.Transitions.Release(3));
        Assert.Equal((3L, 3L, 3L),
            (Counters.Reclaimed - reclaimed, _machine.Parts.Transitions.TakenFromStandby, _machine.TakePfnSnapshot().TakenFromStandby));
        Assert.Equal(3L, Moves().Where(static move => move.Key.StartsWith("Standby", StringComparison.Ordinal)
            && !move.Key.EndsWith("ActiveAndValid", StringComparison.Ordinal)).Sum(static move => move.Value));
        for (uint page = 0; page < Pages; page++)
        {
            Assert.True(_process.Access.TryRead(At(page), out uint word, out _));
            Assert.Equal(page is >= Zeros and < Written ? page : 0, word);
        }
    }

    /// <summary>Nothing is on standby: modified pages are written for it, as many as a cluster has room for, and then taken.</summary>
    [Fact]
    public void ModifiedPagesAreWrittenWhenNothingElseIsThere()
    {
        for (uint page = Written; page < Pages; page++) Assert.True(_process.Access.TryWrite(At(page), page, out _));
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal((Pages, 0u), (CountOf(PageLocation.Modified), CountOf(PageLocation.Standby)));
        Assert.Equal(2u, _machine.Parts.Transitions.Release(2));
        Assert.Equal((Pages - Zeros, (long)Zeros), (Counters.SwapWrites, Counters.ZeroPages));
        Assert.Equal((0u, Pages - 2), (CountOf(PageLocation.Modified), CountOf(PageLocation.Standby)));
    }

    /// <summary>A page that is written while it has a place in the page file leaves that place; one that is read keeps it.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AWriteLeavesThePlaceInThePageFile(bool isWritten)
    {
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal((int)Written, _machine.Threads.RunModifiedPageWriter(100));
        uint used = _engine.Swap.Devices[0].UsedSlotCount;
        if (isWritten) Assert.True(_process.Access.TryWrite(At(5), 77u, out _));
        else Assert.True(_process.Access.TryRead(At(5), out uint _, out _));
        Assert.Equal(used - (isWritten ? 1u : 0), _engine.Swap.Devices[0].UsedSlotCount);
        Assert.Equal(Win32Error.Success, _process.WorkingSet.Empty());
        Assert.Equal(isWritten ? 1u : 0, CountOf(PageLocation.Modified));
    }
}
