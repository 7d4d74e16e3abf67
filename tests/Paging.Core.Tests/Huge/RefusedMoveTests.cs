using Paging.Core.Composition;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A page that looks movable, and is not: its target is free again, it is counted, and the rest of its part moves or stays as
/// requested. Linux: mm/migrate.c migrate_folio_unmap, mm/compaction.c skip_on_failure.
/// </summary>
public sealed class RefusedMoveTests
{
    private const int Pages = 40, Refused = 7, PartOrder = 9;

    /// <summary>Compacting all of memory moves every other page. Compacting for one block leaves the part of the refused page.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void OnlyTheRestMoves(bool isAll)
    {
        using World world = new(16);
        world.Map(0, Pages + 1);
        world.Touch(Pages);    // so that there is a table
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        Return(world, taken, static frame => frame >> PartOrder == 2);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)(page + 1));
        ReturnSingles(world, taken);
        FrameNumber[] before = FramesOf(world);
        FrameNumber refused = before.Take(Pages).OrderBy(static frame => frame.Value).ElementAt(Refused);
        world.Machine.Frames.AddReferenceAndMapping(refused);    // a mapping that no area leads to
        Compactor compactor = CompactorOf(world);
        uint free = world.Machine.Allocator.FreeFrames.Value;
        if (isAll) compactor.RunAll();
        else Assert.False(compactor.TryMakeBlock(PartOrder));
        Assert.Equal(free, world.Machine.Allocator.FreeFrames.Value);
        FrameNumber[] after = FramesOf(world);
        Assert.Equal(refused, after[Array.IndexOf(before, refused)]);
        long moved = before.Zip(after).LongCount(static pair => pair.First != pair.Second);
        HugeCounters counters = compactor.Counters;
        Assert.Equal((moved, 1L, 2 * (moved + 1)), (counters.Moved, counters.MovesRefused, counters.Isolated));
        Assert.Equal(isAll ? Pages : Refused, moved);    // all but one, and the page that was there before
        // The first frame of every other part shows that it cannot become free. Targets: the last part, then each fourth frame of the next.
        if (!isAll) Assert.Equal((512 + 5L, 512 + (4L * Refused) + 2), (counters.SourcesScanned, counters.TargetsScanned));
        Assert.Equal(isAll ? (0L, 0L, 0L) : (1L, 0L, 1L), (counters.Compactions, counters.CompactionsServed, counters.CompactionsRefused));
        world.Machine.Frames[refused].Counts -= FrameTable.OneReferenceAndMapping;
        for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }

    /// <summary>A block needs as many free frames again as it has: pages go to swap for that, but no more than are missing.</summary>
    [Theory]
    [InlineData(4, 0)]
    [InlineData(4, 20)]
    [InlineData(4, 32)]
    [InlineData(3, 10)]
    public void FramesForTheMovesAreFreedFirst(int order, int singles)
    {
        using World world = new(16);
        World.Succeeds(world.Engine.Swap.SwitchOn(new Swap.MemorySwapStore(1 << 20), out _));
        world.Map(0, Pages);
        for (int page = 0; page < Pages; page++) world.Touch(page, (byte)(page + 1));
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        int left = singles;
        Return(world, taken, frame => frame >> PartOrder == 6 && frame % 4 == 1 && left-- > 0);
        _ = CompactorOf(world).TryMakeBlock(order);
        Assert.Equal(Math.Max(0, (2 << order) - singles), world.Engine.Reclaimed.Reclaimed);
        Assert.Equal(singles < 2 << order ? 1 : 0, world.Engine.Reclaimed.DirectReclaims);
        for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, world.Peek(page));
        world.Verify();
    }

    /// <summary>After failures of an order, tries of it and of larger ones are refused 1, 3, 7 … 63 times; smaller ones are not.</summary>
    [Fact]
    public void FailuresPutTheNextTriesOff()
    {
        using World world = new(16);
        ReturnSingles(world, [.. world.Engine.TakeAllFrames()]);
        Compactor compactor = CompactorOf(world);
        foreach (int pause in new[] { 1, 3, 7, 15, 31, 63, 63, 63 })
        {
            long tried = compactor.Counters.Compactions;
            Assert.False(compactor.TryMakeBlock(4));
            Assert.Equal(tried + 1, compactor.Counters.Compactions);
            for (int skipped = 0; skipped < pause; skipped++) Assert.False(compactor.TryMakeBlock(skipped % 2 == 0 ? 4 : 9));
            Assert.Equal(tried + 1, compactor.Counters.Compactions);
        }

        long before = compactor.Counters.Compactions;
        Assert.False(compactor.TryMakeBlock(3));    // a smaller one: tried at once
        Assert.Equal(before + 1, compactor.Counters.Compactions);
        compactor.RunAll();                         // what a host asks for begins anew
        Assert.False(compactor.TryMakeBlock(4));
        Assert.Equal(before + 2, compactor.Counters.Compactions);
        Assert.Equal(compactor.Counters.Compactions, compactor.Counters.CompactionsRefused);
    }

    /// <summary>A success ends the pauses for its order and smaller ones, and not for larger ones.</summary>
    [Fact]
    public void ASuccessEndsThePausesOfItsOrder()
    {
        using World world = new(16);
        FrameNumber[] taken = [.. world.Engine.TakeAllFrames()];
        ReturnSingles(world, taken);
        Compactor compactor = CompactorOf(world);
        for (int i = 0; i < 2; i++) Assert.False(compactor.TryMakeBlock(4));    // one failure, one that is put off
        Return(world, taken, static frame => frame / 64 == 20);
        int pauses = 0;
        while (!compactor.TryMakeBlock(5)) pauses++;
        Assert.InRange(pauses, 0, 3);
        Assert.Equal(1, compactor.Counters.CompactionsServed);
        Assert.True(compactor.TryMakeBlock(4));
        Assert.True(compactor.TryMakeBlock(6));
        Assert.False(compactor.TryMakeBlock(7));
        Assert.False(compactor.TryMakeBlock(7));    // put off
        Assert.Equal((3L, 2L), (compactor.Counters.CompactionsServed, compactor.Counters.CompactionsRefused));
        Assert.True(compactor.TryMakeBlock(6));
    }

    private static Compactor CompactorOf(World world)
    {
        Composition.FileParts files = world.Engine.Parts.Files;
        PageMover mover = new(world.Machine.Store, files.OpenFiles, files.Cache, files.Swap, files.ReverseMap);
        return new(new(world.Machine.Allocator), world.Machine.Store, mover, world.Engine.Parts.Reclaim.Pressure,
            new(world.Machine.Store, world.Machine.Blocks, PartOrder));
    }

    /// <summary>Frames without a free neighbour, at the high end of memory.</summary>
    private static void ReturnSingles(World world, FrameNumber[] taken) =>
        Return(world, taken, static frame => frame >> PartOrder == 6 && frame % 4 == 1);

    private static void Return(World world, FrameNumber[] taken, Func<uint, bool> isReturned)
    {
        foreach (FrameNumber frame in taken.Where(frame => isReturned(frame.Value))) world.Engine.Frames.Return(frame, 0);
    }

    private static FrameNumber[] FramesOf(World world) =>
        [.. Enumerable.Range(0, Pages + 1).Select(page => world.Memory.Space.Tables.Read(World.At(page).Page).Frame)];
}
