using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A program cannot detect a snapshot: UFFDIO_MOVE takes each page that is the process's alone, however it has changed
/// since, and refuses one that a child has as well. Linux: mm/userfaultfd.c move_present_pte, move_swap_pte.
/// </summary>
public sealed class MoveBesideSnapshotTests
{
    private const int Pages = 3, From = 20;

    public enum Event
    {
        Nothing,
        SwapOut,
        Write,
        Protect,
        ClearReferences,
        Restore,
        ReadBack,
    }

    [Theory]
    [InlineData(Event.Nothing)]
    [InlineData(Event.SwapOut)]
    [InlineData(Event.Restore)]
    [InlineData(Event.Restore, Event.SwapOut)]
    [InlineData(Event.Write, Event.Restore)]
    [InlineData(Event.Write, Event.Restore, Event.SwapOut)]
    [InlineData(Event.SwapOut, Event.ReadBack, Event.Restore)]
    [InlineData(Event.SwapOut, Event.Write, Event.Restore, Event.ReadBack)]
    [InlineData(Event.SwapOut, Event.Write, Event.Restore)]
    [InlineData(Event.Protect)]
    [InlineData(Event.Protect, Event.Restore, Event.SwapOut)]
    [InlineData(Event.ClearReferences)]
    [InlineData(Event.ClearReferences, Event.Restore, Event.SwapOut)]
    public void APageOfTheProcessAloneMoves(params Event[] events)
    {
        ArgumentNullException.ThrowIfNull(events);
        using World world = Start(out Userfaultfd faults);
        using Snapshot snapshot = world.First.TakeSnapshot();
        bool isWritten = false;
        foreach (Event one in events)
        {
            Happen(world, snapshot, one);
            isWritten = one == Event.Write || (isWritten && one != Event.Restore);
        }

        World.Succeeds(faults.Move(World.At(0), World.At(From), Pages * 4096, false, UserfaultFillFlags.None, out _));
        world.Verify();
        for (int page = 0; page < Pages; page++)
        {
            Assert.Equal(page + (isWritten ? 101 : 1), world.Peek(page));
            world.Touch(page, 77);
        }

        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(From + page));
        world.Verify();
        faults.Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public void APageThatAChildHasTooStays(bool isForkedFirst, bool isSwapped)
    {
        using World world = Start(out Userfaultfd faults);
        if (isForkedFirst) world.First.Fork();
        using Snapshot snapshot = world.First.TakeSnapshot();
        if (!isForkedFirst) world.First.Fork();
        if (isSwapped) SwapOut(world);

        World.Returns(Errno.EBUSY, faults.Move(World.At(0), World.At(From), Pages * 4096, false, UserfaultFillFlags.None, out ulong moved));
        Assert.Equal(0ul, moved);
        for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(From + page));
        world.Verify();
        faults.Dispose();
    }

    /// <summary>Evicts as reclaim does: MADV_PAGEOUT skips pages of a snapshot, and pages of two processes.</summary>
    private static void SwapOut(World world)
    {
        ReclaimCounters counters = default;
        for (int page = 0; page < Pages; page++)
        {
            PageTableEntry entry = EntryOf(world, From + page);
            Assert.Equal(EvictionResult.Freed, world.Engine.Parts.Reclaim.Eviction.Evict(entry.Frame, isWritten: true, ref counters));
            Assert.False(EntryOf(world, From + page).IsPresent);
        }
    }

    private static PageTableEntry EntryOf(World world, int page) => world.Memory.Space.Tables.Read(World.At(page).Page);

    private static World Start(out Userfaultfd faults)
    {
        World world = new(8);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, Pages);
        world.Map(From, Pages);
        for (int page = 0; page < Pages; page++) world.Touch(From + page, (byte)(page + 1));
        faults = world.Memory.Userfaultfds.Open();
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.Missing));
        return world;
    }

    private static void Happen(World world, Snapshot snapshot, Event what)
    {
        switch (what)
        {
            case Event.SwapOut:
                SwapOut(world);
                break;
            case Event.Write:
                for (int page = 0; page < Pages; page++) world.Touch(From + page, (byte)(page + 101));
                break;
            case Event.Protect:
                World.Succeeds(world.Memory.Protect(World.At(From), World.Bytes(Pages), MemoryProtection.Read));
                World.Succeeds(world.Memory.Protect(World.At(From), World.Bytes(Pages), MemoryProtection.ReadWrite));
                break;
            case Event.ClearReferences:
                World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty));
                break;
            case Event.Restore:
                World.Succeeds(snapshot.Restore());
                break;
            case Event.ReadBack:
                for (int page = 0; page < Pages; page++) _ = world.Peek(From + page);
                break;
            default: break;
        }
    }
}
