using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Checked restores name the first difference and its cause, and find none in a restore that is right (J10).</summary>
public sealed class VerifyRestoresTests
{
    [Fact]
    public void AWriteThatTheEngineDidNotSeeIsNamed()
    {
        using World world = Build(3);
        using Snapshot snapshot = world.First.TakeSnapshot();
        Host(world, 1)[0x10] = 7;    // the page has not changed since, so the snapshot has its frame
        World.Succeeds(snapshot.Restore());
        World.Succeeds(snapshot.Restore());
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;    // the third one is checked
        Assert.StartsWith("J10: after a restore of process 1 page 20001 has byte 010 = 07, and had 00. No cause is known", text,
            StringComparison.Ordinal);
        Host(world, 1)[0x10] = 0;
        for (int restore = 0; restore < 6; restore++) World.Succeeds(snapshot.Restore());
        world.Verify();
    }

    [Fact]
    public void AnAreaThatStaysChangedIsNamed()
    {
        using World world = Build(1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        AreaSet areas = world.Memory.Space.Areas;
        areas[areas.Tree.First].Flags |= AreaFlags.DontDump;    // past the journal
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;
        Assert.Contains("J10: after a restore of process 1 area 0 is 20000 to 20008 with", text, StringComparison.Ordinal);
        areas[areas.Tree.First].Flags &= ~AreaFlags.DontDump;
        World.Succeeds(snapshot.Restore());
    }

    [Fact]
    public void AnEntryThatIsMissingIsNamed()
    {
        using World world = Build(1);
        using Snapshot snapshot = world.First.TakeSnapshot();
        world.Touch(2, 9);
        EntryChange(world, 2);
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;
        Assert.Contains("page 20002 is no private page, and was a private page", text, StringComparison.Ordinal);

        static void EntryChange(World world, int page)
        {
            PageNumber at = World.At(page).Page;
            world.First.Snapshots!.Entries!.Forget(at);    // the note is lost, and with it the page
            world.Memory.Space.Tables.Journal = null;
            World.Succeeds(world.Memory.Advise(World.At(page), 4096, MemoryAdvice.DontNeed));
            world.Memory.Space.Tables.Journal = world.First.Snapshots.Entries;
        }
    }

    [Fact]
    public void APinnedPageIsTheCause()
    {
        using World world = Build(1);
        Assert.True(world.First.TryPin(World.At(3), 4096, AccessKind.Write, out PinnedMemory? pin, out _));
        using Snapshot snapshot = world.First.TakeSnapshot();
        ((WritablePin)pin!).WritableParts[0].Span[0] = 5;
        World.Succeeds(snapshot.Restore());    // its bytes are restored
        FrameNumber kept = world.First.Snapshots!.Entries![World.At(3).Page].Frame;
        world.Engine.Ram.Bytes(kept)[1] = 6;
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;
        Assert.EndsWith("page 20003 has byte 001 = 06, and had 00. The host has pinned the page, and may write it at any time.", text,
            StringComparison.Ordinal);
        pin.Dispose();
    }

    [Fact]
    public void ASwapStoreIsTheCause()
    {
        using World world = Build(1);
        ForgetfulStore store = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(store, out _));
        using Snapshot snapshot = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Advise(World.At(4), 4096, MemoryAdvice.PageOut));
        World.Succeeds(snapshot.Restore());
        store.Forgets = true;
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;
        Assert.EndsWith("The page lies on a swap device, whose store has returned other bytes.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void SharedMemoryOfAnEngineIsCompared()
    {
        using World world = Build(1);
        world.MapShared(10, 2);
        world.Touch(10, 3);
        using EngineSnapshot snapshot = world.Engine.TakeSnapshot();
        world.Touch(10, 4);
        world.Touch(11, 4);
        world.Touch(0, 9);
        World.Succeeds(snapshot.Restore());
        Host(world, 10)[5] = 1;
        string text = Assert.Throws<InvariantException>(() => snapshot.Restore()).Message;
        Assert.Contains("J10: after a restore of the engine of '", text, StringComparison.Ordinal);
        Assert.Contains("' page 0 has byte 005 = 01, and had 00", text, StringComparison.Ordinal);
    }

    [Fact]
    public void OffItCopiesNothing()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(0);
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.Null(world.First.Snapshots!.Current!.Copy);
        using EngineSnapshot whole = world.Engine.TakeSnapshot();
        Assert.Null(world.Engine.Parts.Contents.Current!.Copy);
        Assert.Throws<ArgumentOutOfRangeException>(() => new PagingEngine(new EngineOptions { VerifyRestores = -1 }));
    }

    /// <summary>Guards, zero pages, given-up pages, files, forks and kept pages: a restore that is right is no difference.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void AllKindsOfPagesAreCompared(bool keeps)
    {
        using World world = Build(1);
        int file = world.OpenFile("file", 4);
        world.MapFile(file, 20, 4);
        world.MapFile(file, 30, 4, type: MapFlags.Shared);
        world.Map(40, 4);
        World.Succeeds(world.Memory.Advise(World.At(5), 4096, MemoryAdvice.GuardInstall));
        World.Succeeds(world.Memory.Advise(World.At(6), 4096, MemoryAdvice.Free));
        world.Touch(21);
        _ = world.Peek(41);    // the zero page
        using UserProcess child = world.First.Fork();
        using Snapshot snapshot = world.First.TakeSnapshot();
        snapshot.KeepsWrittenPages = keeps;
        for (int round = 0; round < 20; round++)
        {
            for (int page = 0; page < 5; page++) world.Touch(page, (byte)round);
            world.Touch(21, (byte)round);
            world.Touch(31, (byte)round);    // other processes may see it: it stays
            world.Touch(41, (byte)round);
            World.Succeeds(world.Memory.Advise(World.At(5), 4096, MemoryAdvice.GuardRemove));
            World.Succeeds(world.Memory.Unmap(World.At(42), 4096));
            child.Memory.Mmu.Write(World.At(1), round);
            World.Succeeds(snapshot.Restore());
        }

        world.Verify();
    }

    /// <summary>A page that was given up while a child had it too may be zeros after a restore.</summary>
    [Fact]
    public void APageGivenUpBesideAChildIsNotCompared()
    {
        using World world = Build(1);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using UserProcess child = world.First.Fork();
        World.Succeeds(world.Memory.Advise(World.At(6), 4096, MemoryAdvice.Free));
        FrameNumber frame = world.Memory.Space.Tables.Read(World.At(6).Page).Frame;
        world.Engine.Parts.Machine.Store.Lists.Move(frame, PageFlags.Active);    // as reclaim does with a page that is in use
        child.Memory.Mmu.Write(World.At(6), 9);
        using Snapshot snapshot = world.First.TakeSnapshot();
        World.Succeeds(world.Memory.Advise(World.At(6), 4096, MemoryAdvice.PageOut));
        World.Succeeds(snapshot.Restore());
        Assert.True(world.Peek(6) is 0 or 7);
        world.Verify();
    }

    /// <summary>
    /// A page that is written after the snapshot is written for a scan until the restore, and then as at the snapshot. A swapped page is
    /// where it lies now: read back by an iteration, it lies on its slot again afterwards.
    /// </summary>
    [Fact]
    public void APageScanInALoopOfRestores()
    {
        using World world = Build(1);
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(8), UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(0), World.Bytes(8), protect: true));
        world.Touch(1, 5);    // written since
        World.Succeeds(world.Memory.Advise(World.At(6), 4096, MemoryAdvice.PageOut));
        using Snapshot snapshot = world.First.TakeSnapshot();
        Assert.Equal(("1", "6"), (Scan(PageCategories.Written), Scan(PageCategories.Swapped)));
        for (byte round = 0; round < 4; round++)
        {
            string away = round == 0 ? "" : "2";
            world.Touch(3, round);
            Assert.Equal(("1 3", $"{away} 6".Trim()), (Scan(PageCategories.Written), Scan(PageCategories.Swapped)));
            _ = world.Peek(6);    // read back
            Assert.Equal(("1 3", away), (Scan(PageCategories.Written), Scan(PageCategories.Swapped)));
            world.Touch(6, round);
            Assert.Equal(("1 3 6", away), (Scan(PageCategories.Written), Scan(PageCategories.Swapped)));
            World.Succeeds(world.Memory.Advise(World.At(2), 4096, MemoryAdvice.PageOut));
            World.Succeeds(snapshot.Restore());
            Assert.Equal("1", Scan(PageCategories.Written));
            Assert.Equal("2 6", Scan(PageCategories.Swapped));    // a page that was swapped out since stays on the device
            _ = world.Peek(2);
            World.Succeeds(snapshot.Restore());
        }

        world.Verify();

        string Scan(PageCategories category)
        {
            PageRegion[] regions = new PageRegion[8];
            PageScanRequest request = new(new(World.At(0).Page, new(8)), category, 0, 0, category);
            World.Succeeds(world.Memory.ScanPages(request, regions, out int count, out _, out _));
            return string.Join(' ', Enumerable.Range(0, 8).Where(page =>
                regions.Take(count).Any(region => region.Range.Contains(World.At(page).Page))));
        }
    }

    private static World Build(int verifyRestores)
    {
        World world = new(World.Options() with { VerifyRestores = verifyRestores });
        world.Map(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page, (byte)(page + 1));
        return world;
    }

    private static Span<byte> Host(World world, int page) =>
        world.Engine.Ram.Bytes(world.Memory.Space.Tables.Read(World.At(page).Page).Frame);

    /// <summary>Returns zeros instead of what was written, from some moment on.</summary>
    private sealed class ForgetfulStore : ISwapStore
    {
        private readonly MemorySwapStore _pages = new(1 << 20);

        public bool Forgets { get; set; }

        public string Name => "forgetful";

        public uint SlotCount => _pages.SlotCount;

        public Errno Read(uint slot, Span<byte> page)
        {
            Errno error = _pages.Read(slot, page);
            if (Forgets) page.Clear();
            return error;
        }

        public Errno Write(uint slot, ReadOnlySpan<byte> page) => _pages.Write(slot, page);

        public void Dispose() => _pages.Dispose();
    }
}
