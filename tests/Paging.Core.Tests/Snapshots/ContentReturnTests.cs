using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// How pages of shared memory return to the state that an engine's snapshot has kept: those that are gone, on swap, in the swap cache or
/// pinned. A return that fails half-way gives back the frames, lengths and slots that it took.
/// </summary>
public sealed class ContentReturnTests
{
    private const int Pages = 8;

    /// <summary>The first pages are made anew, then one cannot be read: no frame stays, and the file is as short as it was.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]    // the file was cut, so it is lengthened first
    public void AFailedRestoreGivesItsFramesBack(bool isCut)
    {
        using Scene scene = new();
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        scene.Punch(0, 3);
        scene.World.Touch(6, 99);
        scene.World.Touch(5, 98);
        scene.PageOut(5, 2);
        if (isCut) World.Succeeds(scene.File.SetLength(7 * 4096));
        for (int round = 0; round < 2; round++)
        {
            (string before, uint cached, uint swapped) = (scene.Text(), scene.Cached, scene.File.SwappedPages.Value);
            scene.Store.ReadsFail = true;
            World.Returns(Errno.EIO, snapshot.Restore());
            scene.Store.ReadsFail = false;
            scene.World.Verify();
            Assert.Equal((before, cached, swapped), (scene.Text(), scene.Cached, scene.File.SwappedPages.Value));
            Assert.Equal((isCut ? 7 : 8) * 4096L, scene.File.ByteLength);
            Assert.Equal(98, scene.World.Peek(5));
            scene.World.Touch(5, 98);
            scene.PageOut(5, 2);
        }

        World.Succeeds(snapshot.Restore());
        scene.AssertFull();
    }

    /// <summary>Seals that were added since are gone, so that the file can be written again; those of before stay.</summary>
    [Fact]
    public void SealsAreAsTheyWere()
    {
        using World world = new();
        using GuestFile file = world.Engine.Files.CreateMemoryFile("sealed", 4096);
        World.Succeeds(file.AddSeals(FileSeals.Shrink));
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        World.Succeeds(file.AddSeals(FileSeals.Write | FileSeals.Seal));
        World.Succeeds(snapshot.Restore());
        Assert.Equal(FileSeals.Shrink, file.Seals);
        World.Succeeds(file.AddSeals(FileSeals.Grow));
        Assert.Equal(FileSeals.Shrink | FileSeals.Grow, file.Seals);
    }

    /// <summary>
    /// A page is on another slot at each of three snapshots. In whichever order they are dropped, each slot is freed with its last use.
    /// </summary>
    [Theory]
    [InlineData(0, 1, 2), InlineData(0, 2, 1), InlineData(1, 0, 2), InlineData(1, 2, 0), InlineData(2, 0, 1), InlineData(2, 1, 0)]
    public void SlotsThatSnapshotsHaveKeptGoWithThem(int first, int second, int third)
    {
        using Scene scene = new();
        scene.Punch(0, Pages);
        List<EngineSnapshot> snapshots = [];
        for (int number = 0; number < 3; number++)
        {
            scene.World.Touch(2, (byte)(40 + number));
            scene.World.Touch(3, (byte)(50 + number));
            scene.PageOut(2, 2);
            snapshots.Add(scene.World.Engine.TakeSnapshot());
            scene.Punch(2, 1);    // the journal uses the slot of one; the other is written over in place
            scene.World.Verify();
        }

        foreach (int number in (int[])[first, second, third])
        {
            snapshots[number].Dispose();
            scene.World.Verify();
        }

        scene.Punch(0, Pages);
        scene.World.Verify();
        Assert.Equal(0u, scene.Device.UsedSlotCount);
    }

    /// <summary>Writing a whole page over a swapped one does not read it back; the snapshot's copy is read back at the restore.</summary>
    [Theory]
    [InlineData(0, Pages), InlineData(2, 1), InlineData(7, 1), InlineData(3, 4)]
    public void AWholePageThatIsWrittenOverASwappedOneGoesBack(int first, int count)
    {
        using Scene scene = new();
        scene.PageOut(1, Pages - 1);
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        byte[] bytes = new byte[count * 4096];
        bytes.AsSpan().Fill(0x99);
        for (int round = 0; round < 2; round++)
        {
            World.Succeeds(scene.File.Write(first * 4096L, bytes, out int written));
            Assert.Equal(bytes.Length, written);
            scene.World.Verify();
            for (int page = first; page < first + count; page++) Assert.Equal(0x99, scene.World.Peek(page, 4095));
            World.Succeeds(snapshot.Restore());
            scene.AssertFull();
        }
    }

    /// <summary>Pages kept by an earlier snapshot are on slots, with a later snapshot in between: a read error changes nothing.</summary>
    [Fact]
    public void AWayThatCannotBeReadIsNotBegun()
    {
        using Scene scene = new();
        scene.PageOut(0, Pages);
        using EngineSnapshot early = scene.World.Engine.TakeSnapshot();
        byte[] bytes = new byte[Pages * 4096];
        bytes.AsSpan().Fill(0x99);
        World.Succeeds(scene.File.Write(0, bytes, out _));
        using EngineSnapshot late = scene.World.Engine.TakeSnapshot();
        scene.World.Touch(2, 0x55);
        scene.Store.ReadsFail = true;
        string before = scene.Text();
        for (int round = 0; round < 2; round++)
        {
            World.Returns(Errno.EIO, early.Restore());
            Assert.Equal(before, scene.Text());
            Assert.Equal(0x55, scene.World.Peek(2));
            scene.World.Verify();
        }

        scene.Store.ReadsFail = false;
        World.Succeeds(early.Restore());
        scene.AssertFull();
        World.Succeeds(late.Restore());
        for (int page = 0; page < Pages; page++) Assert.Equal(0x99, scene.World.Peek(page));
    }

    /// A kept page is on a slot, and has just been read ahead: its copy in the swap cache is used, and does not become a page of the file.
    /// What is kept is on a slot, and its page has just been read ahead: the copy in the cache will do, and is no page of the file.
    /// </summary>
    [Fact]
    public void AKeptSlotIsReadFromTheSwapCache()
    {
        using Scene scene = new();
        scene.PageOut(0, Pages);
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        Assert.Equal(4, scene.World.Peek(3));    // its neighbours come along
        World.Succeeds(scene.File.SetLength(4096));
        World.Succeeds(scene.File.SetLength(Pages * 4096));
        for (int page = 1; page < Pages; page++) Assert.Equal(0, scene.World.Peek(page));
        scene.World.Verify();
        World.Succeeds(snapshot.Restore());
        scene.AssertFull();
    }

    /// <summary>As above, but the pages were read by MADV_WILLNEED before they went: the device is not needed.</summary>
    [Fact]
    public void AKeptSlotIsNotReadTwice()
    {
        using Scene scene = new();
        scene.PageOut(0, Pages);
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        World.Succeeds(scene.World.Memory.Advise(World.At(0), World.Bytes(Pages), MemoryAdvice.WillNeed));
        World.Succeeds(scene.File.SetLength(0));
        Assert.Equal((uint)Pages, scene.World.Engine.Frames.CountOf(FrameState.SwapCache).Value);
        scene.World.Verify();
        scene.Store.ReadsFail = true;
        World.Succeeds(snapshot.Restore());
        scene.AssertFull();
        Assert.Equal(0u, scene.World.Engine.Frames.CountOf(FrameState.SwapCache).Value);
    }

    /// <summary>A page that came into being after a snapshot is on a slot when the engine leaves the next one, and comes back.</summary>
    [Fact]
    public void APageOnASlotComesBackAtALaterSnapshot()
    {
        using Scene scene = new();
        scene.Punch(0, 4);
        using EngineSnapshot before = scene.World.Engine.TakeSnapshot();
        for (int page = 0; page < 4; page++) scene.World.Touch(page, (byte)(page + 1));
        EngineSnapshot after = scene.World.Engine.TakeSnapshot();
        for (int round = 0; round < 2; round++)
        {
            scene.Evict(0, 4);
            Assert.Equal(4u, scene.File.SwappedPages.Value);
            World.Succeeds(before.Restore());
            scene.World.Verify();
            Assert.Equal(0u, scene.File.SwappedPages.Value);
            for (int page = 0; page < Pages; page++) Assert.Equal(page < 4 ? 0 : page + 1, scene.World.Peek(page));
            World.Succeeds(after.Restore());
            scene.AssertFull();
        }

        World.Succeeds(before.Restore());
        after.Dispose();
        scene.World.Verify();
        Assert.Equal(0u, scene.World.Engine.Swap.Devices[0].UsedSlotCount);
    }

    /// <summary>The engine passes a snapshot whose pages neither end has: their mappings are there again when it stops there.</summary>
    [Fact]
    public void AMappingSurvivesAWayThatHasNoPageForIt()
    {
        using Scene scene = new();
        scene.Punch(0, 4);
        using EngineSnapshot without = scene.World.Engine.TakeSnapshot();
        for (int page = 0; page < 4; page++) scene.World.Touch(page, (byte)(page + 1));
        using EngineSnapshot with = scene.World.Engine.TakeSnapshot();
        scene.Punch(0, 4);
        using EngineSnapshot again = scene.World.Engine.TakeSnapshot();
        for (int round = 0; round < 2; round++)
        {
            foreach (EngineSnapshot end in (EngineSnapshot[])[without, again])
            {
                World.Succeeds(end.Restore());
                scene.World.Verify();
                Assert.Equal("....", Mapped(scene));
            }

            World.Succeeds(without.Restore());
            World.Succeeds(with.Restore());
            Assert.Equal("####", Mapped(scene));
            scene.AssertFull();
            World.Succeeds(again.Restore());
        }

        static string Mapped(Scene scene) => string.Concat(Enumerable.Range(0, 4).Select(page =>
            scene.World.Memory.Space.Tables.Read(World.At(page).Page).IsPresent ? '#' : '.'));
    }

    /// <summary>A failed restore drops only pages that it has made: a page that was there stays, with the bytes written to it.</summary>
    [Fact]
    public void APageThatWasThereStaysWhenTheReturnFails()
    {
        using Scene scene = new();
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        for (int page = 0; page < 6; page++) scene.World.Touch(page, (byte)(page + 90));
        scene.PageOut(5, 1);
        for (int round = 0; round < 2; round++)
        {
            scene.Store.ReadsFail = true;
            World.Returns(Errno.EIO, snapshot.Restore());
            scene.Store.ReadsFail = false;
            scene.World.Verify();
            Assert.Equal((7u, 1u), (scene.File.CachedPages.Value, scene.File.SwappedPages.Value));
        }

        for (int page = 0; page < 6; page++) Assert.Equal(page + 90, scene.World.Peek(page));
        World.Succeeds(snapshot.Restore());
        scene.AssertFull();
    }

    /// <summary>The host writes to pinned memory without a fault, after each return as well.</summary>
    [Fact]
    public void PinnedPagesAreRestoredAgainAndAgain()
    {
        using Scene scene = new();
        scene.World.Map(20, 2);
        scene.World.Touch(20, 9);
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        using WritablePin pin = scene.World.First.PinForWriting(World.At(2), World.Bytes(2));
        using PinnedMemory own = scene.World.First.Pin(World.At(20), World.Bytes(1), AccessKind.Write);    // no shared memory
        for (int round = 0; round < 3; round++)
        {
            foreach (Memory<byte> part in pin.WritableParts) part.Span.Fill(0xEE);
            Assert.Equal((0xEE, 0xEE), (scene.World.Peek(2), scene.World.Peek(3)));
            World.Succeeds(snapshot.Restore());
            scene.AssertFull();
        }
    }

    /// <summary>A file that only the dropped snapshot had is dropped, too: its number may be reused, with other pages.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]    // the kept pages are in an edge by then
    public void PagesOfAFileThatIsGoneAreDropped(bool hasEdge)
    {
        using World world = new();
        using EngineSnapshot first = world.Engine.TakeSnapshot();
        GuestFile file = world.Engine.Files.CreateSharedMemory(Pages * 4096, isCommitted: false);
        World.Succeeds(file.Write(0, new byte[Pages * 4096], out _));
        EngineSnapshot second = world.Engine.TakeSnapshot();
        World.Succeeds(file.Write(0, [1], out _));
        World.Succeeds(file.Write(4096, [1], out _));
        Assert.Equal(2, second.DirtyPageCount);
        EngineSnapshot? third = hasEdge ? world.Engine.TakeSnapshot() : null;
        file.Dispose();
        third?.Dispose();
        second.Dispose();
        world.Verify();
        Assert.Equal(0, first.DirtyPageCount);
        using GuestFile next = world.Engine.Files.CreateSharedMemory(Pages * 4096, isCommitted: false);
        World.Succeeds(next.Write(0, [7], out _));
        World.Succeeds(first.Restore());
        world.Verify();
    }

    /// <summary>A page that came into being since is gone, from every mapping; one that others dropped is there again.</summary>
    [Fact]
    public void PagesThatThereWereNotAreUnmapped()
    {
        using Scene scene = new();
        scene.Punch(2, 4);
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        uint cached = scene.Cached;
        UserProcess child = scene.World.First.Fork();
        for (int page = 2; page < 6; page++) child.Memory.Mmu.Write(World.At(page), (byte)1);
        scene.World.Touch(3, 2);
        Assert.Equal(cached + 4, scene.Cached);
        World.Succeeds(snapshot.Restore());
        scene.World.Verify();
        Assert.Equal(cached, scene.Cached);
        for (int page = 0; page < Pages; page++) Assert.Equal(page is >= 2 and < 6 ? 0 : page + 1, scene.World.Peek(page));
    }

    /// <summary>
    /// Reclaim drops a page of zeros that was only read, and a write makes another of it: mappings that go back show zeros, and share them.
    /// </summary>
    [Fact]
    public void AReadPageThatReclaimDroppedIsMappedAsZerosAgain()
    {
        using Scene scene = new();
        scene.Punch(2, 1);
        Assert.Equal(0, scene.World.Peek(2));
        using EngineSnapshot snapshot = scene.World.Engine.TakeSnapshot();
        World.Succeeds(scene.World.Memory.Unmap(World.At(0), World.Bytes(Pages)));
        scene.Evict(2, 1);
        Assert.False(scene.File.IsCached(new(2)));
        World.Succeeds(scene.File.Write(2 * 4096, [77], out _));
        World.Succeeds(snapshot.Restore());
        scene.World.Verify();
        Assert.Equal(0, scene.World.Peek(2));
        World.Succeeds(scene.File.Write(2 * 4096, [78], out _));
        Assert.Equal(78, scene.World.Peek(2));
        scene.World.Verify();
    }

    /// <summary>Eight pages of shared memory with the bytes 1 to 8, mapped at the base, and a swap device that can fail.</summary>
    private sealed class Scene : IDisposable
    {
        public Scene()
        {
            World.Succeeds(World.Engine.Swap.SwitchOn(Store, out SwapDevice? device));
            Device = device!;
            File = World.Engine.Files.CreateSharedMemory(Pages * 4096, isCommitted: true);
            World.MapFile(World.Open(File), 0, Pages, type: MapFlags.Shared);
            for (int page = 0; page < Pages; page++) World.Touch(page, (byte)(page + 1));
        }

        public World World { get; } = new();
        public FailingSwapStore Store { get; } = new(new MemorySwapStore(1 << 20));
        public GuestFile File { get; }
        public SwapDevice Device { get; }

        public uint Cached => World.Engine.Frames.CountOf(FrameState.PageCache).Value;

        public void PageOut(int page, int count) =>
            World.Succeeds(World.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.PageOut));

        /// <summary>Evicts as reclaim does: MADV_PAGEOUT skips pages of a snapshot.</summary>
        public void Evict(int page, int count)
        {
            for (int at = page; at < page + count; at++)
            {
                Assert.True(World.Engine.Parts.Files.Cache.TryFind(File.Object, new((uint)at), out FrameNumber frame));
                ReclaimCounters counters = default;
                World.Engine.Parts.Reclaim.Eviction.Evict(frame, isWritten: true, ref counters);
            }
        }

        public void Punch(int page, int count)
        {
            World.Succeeds(File.Open(FileRights.ReadWrite, OpenFlags.None, out OpenFileDescription? open));
            using (open) World.Succeeds(open!.PunchHole(page * 4096L, count * 4096L));
        }

        /// <summary>Which pages the file has in frames and on slots, without touching one.</summary>
        public string Text() => $"{File.ByteLength} {File.CachedPages} {File.SwappedPages}";

        public void AssertFull()
        {
            World.Verify();
            Assert.Equal(Pages * 4096L, File.ByteLength);
            for (int page = 0; page < Pages; page++) Assert.Equal(page + 1, World.Peek(page));
            World.Verify();
        }

        public void Dispose() => World.Dispose();
    }
}
