using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A snapshot copies pinned pages, as a fork does, and going back writes into the pinned frames.</summary>
/// <remarks>Linux: copy_present_page (mm/memory.c), for fork. Snapshots are the engine's own.</remarks>
public sealed class PinnedSnapshotTests
{
    [Theory, InlineData(false), InlineData(true)]
    public void ThePinStaysWithTheProcess(bool ofEngine)
    {
        using World world = new();
        world.Map(0, 4);
        for (int page = 0; page < 4; page++) world.Touch(page, (byte)(page + 1));
        Assert.True(world.First.TryPin(World.At(1), 2 * 4096, AccessKind.Write, out PinnedMemory? pin, out _));
        Span<byte> bytes = ((WritablePin)pin!).WritableParts[0].Span;
        using IDisposable taken = ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();
        for (byte round = 0; round < 3; round++)
        {
            bytes[0] = (byte)(0x80 + round);    // no fault, and no journal sees it
            world.Touch(2, (byte)(0x90 + round));
            world.Touch(3, 0xAA);
            Assert.Equal(0x80 + round, world.Peek(1));
            world.Verify();
            World.Succeeds(taken is EngineSnapshot whole ? whole.Restore() : ((Snapshot)taken).Restore());
            for (int page = 0; page < 4; page++) Assert.Equal(page + 1, world.Peek(page));
            Assert.Equal(2, bytes[0]);
            world.Verify();
        }

        world.Touch(1, 0x77);    // the next write stays in the pinned frame
        Assert.Equal(0x77, bytes[0]);
        pin.Dispose();
        world.Touch(1, 0x78);
        World.Succeeds(taken is EngineSnapshot last ? last.Restore() : ((Snapshot)taken).Restore());
        Assert.Equal(2, world.Peek(1));
        taken.Dispose();
        world.Verify();
        world.AssertNothingIsLeft();
    }

    /// <summary>An earlier pin of the page, whose frame the page no longer maps, has no part in a snapshot.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void APageThatWasMappedAnewSinceAnEarlierPinIsCopied(bool ofEngine)
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 1);
        Assert.True(world.First.TryPin(World.At(0), 4096, AccessKind.Write, out PinnedMemory? earlier, out _));
        world.Map(0, 1);
        world.Touch(0, 2);
        Assert.True(world.First.TryPin(World.At(0), 4096, AccessKind.Write, out PinnedMemory? later, out _));
        using IDisposable taken = ofEngine ? world.Engine.TakeSnapshot() : world.First.TakeSnapshot();
        world.Touch(0, 3);
        World.Succeeds(taken is EngineSnapshot whole ? whole.Restore() : ((Snapshot)taken).Restore());
        Assert.Equal((2, 1), (world.Peek(0), ((WritablePin)earlier!).WritableParts[0].Span[0]));
        world.Map(0, 1);    // now neither pin has the page's frame
        World.Succeeds(taken is EngineSnapshot again ? again.Restore() : ((Snapshot)taken).Restore());
        Assert.Equal(2, world.Peek(0));
        world.Verify();
        earlier.Dispose();
        later!.Dispose();
    }

    /// <summary>A child maps the frame as well, so it is not written: the pin keeps it, and the process gets another one.</summary>
    [Fact]
    public void AFrameThatAChildMapsIsNotWritten()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.True(world.First.TryPin(World.At(0), 4096, AccessKind.Read, out PinnedMemory? pin, out _));
        world.Touch(0, 2);
        using (UserProcess child = world.First.Fork())
        {
            World.Succeeds(snapshot.Restore());
            Assert.True(child.Memory.Mmu.TryRead(World.At(0), out byte seen));
            Assert.Equal(2, seen);
        }

        Assert.Equal(1, world.Peek(0));
        pin!.Dispose();
        world.Verify();
    }

    /// <summary>
    /// A page that is pinned for reading, and has not been written since a snapshot, is in the snapshot's own frame. On the way to another
    /// snapshot the process leaves the pin, which would otherwise change the bytes of the first one.
    /// </summary>
    [Fact]
    public void AFrameThatASnapshotHoldsIsNotWritten()
    {
        using World world = new();
        world.Map(0, 1);
        world.Touch(0, 1);
        using Snapshot first = world.First.TakeSnapshot();
        world.Touch(0, 2);
        using Snapshot second = world.First.TakeSnapshot();
        Assert.True(world.First.TryPin(World.At(0), 4096, AccessKind.Read, out PinnedMemory? pin, out _));
        for (int round = 0; round < 2; round++)
        {
            World.Succeeds(first.Restore());
            Assert.Equal(1, world.Peek(0));
            World.Succeeds(second.Restore());
            Assert.Equal(2, world.Peek(0));
            Assert.Equal(2, pin!.Parts[0].Span[0]);
            world.Verify();
        }

        pin!.Dispose();
        world.Verify();
    }

    [Fact]
    public void APinnedPageOfAHugePageIsSplitAsByAFork()
    {
        using HugeWorld world = new(ramMiB: 16, swapMiB: 0);
        world.MapLines(0, 2);
        world.FillLines(0, 2);
        Assert.True(world.Process.TryPin(HugeWorld.At(5), 4096, AccessKind.Write, out PinnedMemory? pin, out _));
        using Snapshot snapshot = world.Process.TakeSnapshot();
        Assert.Equal(1, world.CountHugeLines(2));
        ((WritablePin)pin!).WritableParts[0].Span.Clear();
        world.Audit();
        World.Succeeds(snapshot.Restore());
        world.Verify();
        pin.Dispose();
        world.Audit();
    }

    /// <summary>Random writes by the process and the pins, and a tree of snapshots: every byte comes back, in both.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void ATreeOfSnapshotsBesidePins(bool isShort) => Property.ForSeeds(Soak.Of(30, 8), seed =>
    {
        Random random = new((int)seed);
        const int Pages = 12;
        using World world = new(isShort ? 1u : 8);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out _));
        world.Map(0, Pages);
        for (int page = 0; page < Pages; page++) world.Touch(page);
        List<(Snapshot Snapshot, byte[] Bytes)> taken = [];
        List<PinnedMemory> pins = [];
        for (int step = 0; step < 150; step++)
        {
            int page = random.Next(Pages);
            switch (random.Next(9))
            {
                case 0 or 1: world.Touch(page, (byte)random.Next()); break;
                case 2 when pins.Count < 4 && world.First.TryPin(World.At(page), 4096, AccessKind.Write, out PinnedMemory? pin, out _):
                    pins.Add(pin!);
                    break;
                case 3 or 4 when pins.Count != 0:
                    ((WritablePin)pins[random.Next(pins.Count)]).WritableParts[0].Span[0] = (byte)random.Next();
                    break;
                case 5 when pins.Count != 0:
                    int which = random.Next(pins.Count);
                    pins[which].Dispose();
                    pins.RemoveAt(which);
                    break;
                case 6 when taken.Count < 5: taken.Add((world.First.TakeSnapshot(), Look(world, Pages))); break;
                case 7 when taken.Count != 0:
                    (Snapshot snapshot, byte[] then) = taken[random.Next(taken.Count)];
                    World.Succeeds(snapshot.Restore());
                    Assert.Equal(then, Look(world, Pages));
                    foreach (PinnedMemory pinned in pins)
                    {
                        PageTableEntry entry = world.Memory.Space.Tables.Read(pinned.Start.Page);
                        byte shown = Assert.Single(pinned.Parts).Span[0];
                        // A page whose kept copy went to swap has left its pin, and may have been pinned again, in another frame.
                        if (world.Engine.Parts.Machine.Pins.All.Where(pin => pin.Page == pinned.Start.Page).All(static pin => pin.IsMapped))
                            Assert.Equal(world.Peek((int)((pinned.Start.Value - World.At(0).Value) >> 12)), shown);
                        else Assert.True(entry.IsNeverTouched || !entry.IsPresent || entry.Frame.Value != 0);
                    }

                    break;
                case 8 when taken.Count > 2:
                    taken[0].Snapshot.Dispose();
                    taken.RemoveAt(0);
                    break;
                default: world.Memory.Advise(World.At(page), 4096, (MemoryAdvice)random.Next(20, 22)); break;
            }

            world.Verify();
        }

        foreach (PinnedMemory pin in pins) pin.Dispose();
        foreach ((Snapshot snapshot, _) in taken) snapshot.Dispose();
        world.Verify();
        world.First.Dispose();
        world.AssertNothingIsLeft();
    });

    private static byte[] Look(World world, int pages) => [.. Enumerable.Range(0, pages).Select(world.Peek)];
}
