using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// Protection is no change: a log that is opened, clear_refs, and write protection by a userfaultfd add nothing to a snapshot, and
/// what they show is exact when the process has gone back.
/// </summary>
public sealed class ObservedPageTests
{
    private const int Pages = 200;

    public static TheoryData<string> Observers =>
    [
        "nothing", "log of the MMU", "log for processors", "collected log", "log of frames", "clear_refs All", "clear_refs Mapped",
        "clear_refs SoftDirty", "write protection", "protection that ends", "scan", "translated code",
    ];

    public static TheoryData<string, bool> ObserversOfBoth
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (string how in Observers.Select(static row => row.Data))
            {
                data.Add(how, false);
                data.Add(how, true);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(ObserversOfBoth))]
    public void ObservingChangesNoPage(string how, bool isWide)
    {
        using World world = new(World.Options(4) with { Tables = isWide ? TableFormat.Pae : TableFormat.Classic });
        world.Map(0, Pages);
        world.MapShared(Pages, 8);
        for (int page = 0; page < Pages + 8; page++) world.Touch(page, (byte)page);
        Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.WriteProtect));
        Snapshot snapshot = world.First.TakeSnapshot();
        using EngineSnapshot ofAll = world.Engine.TakeSnapshot();
        Observe(world, faults, how);
        Assert.Equal((0u, 0L), (snapshot.DirtyPages.Value, ofAll.DirtyPageCount));
        world.Verify();
        for (int page = 0; page < Pages + 8; page++) Assert.Equal((byte)page, world.Peek(page));
        if (how is not "write protection") world.Touch(7, 77);
        world.Touch(Pages + 3, 78);
        world.Verify();
        World.Succeeds(ofAll.Restore());
        world.Verify();
        Assert.Equal((7, (Pages + 3) & 255), ((int)world.Peek(7), (int)world.Peek(Pages + 3)));
        for (int page = 0; page < Pages; page++)
        {
            PagemapWord word = world.Memory.ReadPagemap(World.At(page).Page);
            Assert.Equal((true, false), (word.IsSoftDirty, word.IsWriteProtected));    // as they were
        }

        Assert.Equal((0u, 0L), (snapshot.DirtyPages.Value, ofAll.DirtyPageCount));
        snapshot.Dispose();
        world.Verify();
    }

    private static void Observe(World world, Userfaultfd faults, string how)
    {
        VirtualAddress at = World.At(0);
        uint length = World.Bytes(Pages);
        switch (how)
        {
            case "log of the MMU": world.Memory.OpenDirtyLog(WriteSources.Mmu); break;
            case "log for processors": world.Memory.OpenDirtyLog(WriteSources.Processor); break;
            case "collected log": world.Memory.OpenDirtyLog(WriteSources.Processor).CollectDirty(); break;
            case "log of frames": world.Engine.OpenDirtyLog(WriteSources.Processor); break;
            case "clear_refs All": World.Succeeds(world.Memory.ClearReferences(ReferenceKind.All)); break;
            case "clear_refs Mapped": World.Succeeds(world.Memory.ClearReferences(ReferenceKind.Mapped)); break;
            case "clear_refs SoftDirty": World.Succeeds(world.Memory.ClearReferences(ReferenceKind.SoftDirty)); break;
            case "write protection": World.Succeeds(faults.WriteProtect(at, length, true)); break;
            case "protection that ends":
                World.Succeeds(faults.WriteProtect(at, length, true));
                World.Succeeds(faults.WriteProtect(at, length, false));
                break;
            case "scan":
                PageScanRequest request = new() { Range = new(at.Page, new(Pages)), ProtectsMatching = true };
                World.Succeeds(world.Memory.ScanPages(request, [], out _, out _, out _));
                World.Succeeds(faults.Unregister(at, length));
                break;
            case "translated code":
                for (int page = 0; page < 20; page++) world.First.ProtectCode(World.At(page).Page);
                break;
        }
    }

    /// <summary>A group at its limit evicts observed pages: no frame is held for a page that did not change.</summary>
    [Theory, MemberData(nameof(Observers))]
    public void ObservedPagesGoToSwap(string how)
    {
        if (how is "scan" or "translated code") return;    // as the others, and need the whole range
        using World world = new(World.Options(16));
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(4 << 20), out SwapDevice? device));
        World.Succeeds(world.Engine.Groups.Create(new() { Name = "g", Limit = new(Pages / 2) }, out MemoryGroup? group));
        UserProcess process = world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.MapAs(process, 0, Pages, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < Pages; page++) process.Memory.Mmu.Write(World.At(page), (byte)page);
        using Snapshot snapshot = process.TakeSnapshot();
        Userfaultfd faults = process.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.WriteProtect));
        switch (how)
        {
            case "log for processors": process.Memory.OpenDirtyLog(WriteSources.Processor); break;
            case "clear_refs SoftDirty": World.Succeeds(process.Memory.ClearReferences(ReferenceKind.SoftDirty)); break;
            case "write protection": World.Succeeds(faults.WriteProtect(World.At(0), World.Bytes(Pages), true)); break;
        }

        for (int iteration = 0; iteration < 3; iteration++)
            for (int page = 0; page < Pages; page++) Assert.Equal((byte)page, process.Memory.Mmu.Read<byte>(World.At(page)));
        world.Verify();
        World.Succeeds(snapshot.Restore());
        for (int page = 0; page < Pages; page++) Assert.Equal((byte)page, process.Memory.Mmu.Read<byte>(World.At(page)));
        Assert.False(process.Memory.ReadPagemap(World.At(3).Page).IsWriteProtected);
        Assert.False(process.Memory.ReadPagemap(World.At(Pages - 1).Page).IsWriteProtected);
        world.Verify();
    }

    /// <summary>
    /// A tree of snapshots of a process that is observed in every way, beside a copy of bytes, soft-dirty marks and protection for each.
    /// </summary>
    [Fact]
    public void MarksGoBackAsBytesDo() => Property.ForScripts(60, 120, static script =>
    {
        using Story story = new(isWide: (script.Length & 1) != 0);
        foreach (uint word in script) story.Play(word);
        story.End();
    });

    private sealed class Story : IDisposable
    {
        private const int PageCount = 70, SnapshotsMax = 4;    // more than one group of notes, and two areas

        private readonly World _world;
        private readonly Userfaultfd _faults;
        private readonly List<(Snapshot Snapshot, Page[] Pages)> _taken = [];
        private readonly List<(DirtyLog Log, HashSet<int> Written)> _logs = [];
        private readonly Page[] _pages = new Page[PageCount];

        public Story(bool isWide)
        {
            _world = new(World.Options(2) with { Tables = isWide ? TableFormat.Pae : TableFormat.Classic });
            World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
            _world.Map(0, PageCount - 10);
            _world.MapShared(PageCount - 10, 10);
            Array.Fill(_pages, new() { IsSoftDirty = true });
            for (int page = 0; page < PageCount; page++) _world.Touch(page, _pages[page].Byte = (byte)page);
            _faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.WriteProtection);
            World.Succeeds(_faults.Register(World.At(0), World.Bytes(PageCount - 10), UserfaultModes.WriteProtect));
        }

        public void Play(uint word)
        {
            int page = (int)((word >> 8) % PageCount), count = Math.Min(1 + (int)((word >> 16) % 40), PageCount - page);
            switch (word & 15)
            {
                case 0:
                    World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
                    for (int at = 0; at < PageCount; at++) _pages[at].IsSoftDirty = false;
                    break;
                case 1: World.Succeeds(_world.Memory.ClearReferences((ReferenceKind)(1 + (word >> 8) % 3))); break;
                case 2 or 3:
                    count = Math.Min(count, PageCount - 10 - page);
                    if (count <= 0) break;
                    World.Succeeds(_faults.WriteProtect(World.At(page), World.Bytes(count), (word & 1) == 0));
                    for (int at = page; at < page + count; at++) _pages[at].IsProtected = (word & 1) == 0;
                    break;
                case 4 when _logs.Count < 2: _logs.Add((_world.Memory.OpenDirtyLog((WriteSources)(1 + (word >> 8) % 2)), [])); break;
                case 5: Collect(); break;
                case 6:
                    World.Succeeds(_world.Memory.Advise(World.At(page), World.Bytes(count), MemoryAdvice.PageOut));
                    for (int at = page; at < page + count; at++) _pages[at].IsInDoubt = true;    // a swap entry counts as soft-dirty
                    break;
                case 7: _world.Peek(page); break;
                case 8 when _taken.Count < SnapshotsMax: _taken.Add((_world.First.TakeSnapshot(), [.. _pages])); break;
                case 9 when _taken.Count != 0: GoBack((int)((word >> 8) % (uint)_taken.Count)); break;
                case 10 when _taken.Count != 0:
                    int dropped = (int)((word >> 8) % (uint)_taken.Count);
                    _taken[dropped].Snapshot.Dispose();
                    _taken.RemoveAt(dropped);
                    break;
                case 11: _world.First.Fork().Dispose(); break;
                default:
                    if (_world.Mmu.TryWrite(World.At(page), (byte)(word >> 24)))
                    {
                        Assert.False(_pages[page].IsProtected, $"page {page} is protected, and was written");
                        (_pages[page].Byte, _pages[page].IsSoftDirty) = ((byte)(word >> 24), true);
                        foreach ((_, HashSet<int> written) in _logs) written.Add(page);
                    }
                    else Assert.True(_pages[page].IsProtected, $"page {page} is not protected, and could not be written");
                    break;
            }

            Compare();
        }

        public void End()
        {
            Collect();
            for (int i = 0; i < _taken.Count; i++) GoBack(i);
            Compare();
            foreach ((Snapshot snapshot, _) in _taken) snapshot.Dispose();
            foreach ((DirtyLog log, _) in _logs) log.Dispose();
            _taken.Clear();
            Compare();
            _faults.Dispose();
            _world.AssertNothingIsLeft();
        }

        public void Dispose() => _world.Dispose();

        private void GoBack(int index)
        {
            World.Succeeds(_taken[index].Snapshot.Restore());
            for (int page = 0; page < PageCount - 10; page++)    // the others are shared memory, which does not go back
            {
                if (_pages[page].Byte != _taken[index].Pages[page].Byte)
                    foreach ((_, HashSet<int> written) in _logs) written.Add(page);
                bool isInDoubt = _pages[page].IsInDoubt || _taken[index].Pages[page].IsInDoubt;
                _pages[page] = _taken[index].Pages[page] with { IsInDoubt = isInDoubt };
            }

            for (int page = PageCount - 10; page < PageCount; page++)
                _pages[page] = _taken[index].Pages[page] with { Byte = _pages[page].Byte, IsInDoubt = true };
        }

        private void Collect()
        {
            foreach ((DirtyLog log, HashSet<int> written) in _logs)
            {
                HashSet<int> found = [];
                foreach (PageNumber page in log.CollectDirty()) found.Add((int)(page.Value - World.Base.Page.Value));
                Assert.Subset(found, written);
                written.Clear();
            }
        }

        private void Compare()
        {
            _world.Verify();
            for (int page = 0; page < PageCount; page++)
            {
                PagemapWord word = _world.Memory.ReadPagemap(World.At(page).Page);
                Assert.True(_pages[page].IsProtected == word.IsWriteProtected, $"page {page}: protected {word.IsWriteProtected}");
                bool isExact = !_pages[page].IsInDoubt && page < PageCount - 10;
                bool isRight = _pages[page].IsSoftDirty ? word.IsSoftDirty || page >= PageCount - 10 : !word.IsSoftDirty || !isExact;
                Assert.True(isRight, $"page {page}: soft-dirty {word.IsSoftDirty}");
            }

            foreach ((Snapshot snapshot, _) in _taken) Assert.True(snapshot.DirtyPages.Value <= PageCount * 8);
        }

        private struct Page
        {
            public byte Byte;
            public bool IsSoftDirty, IsProtected, IsInDoubt;
        }
    }
}
