using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The state of each page after single passes of reclaim over a group of eight pages.</summary>
/// <remarks>Linux: mm/vmscan.c folio_check_references, shrink_active_list, inactive_is_low; mm/workingset.c.</remarks>
public sealed class SecondChanceTests : IDisposable
{
    private const MapFlags SharedFixed = MapFlags.Shared | MapFlags.Fixed;

    private readonly World _world = new();
    private readonly MemoryGroup _group;
    private readonly UserProcess _process;

    public SecondChanceTests()
    {
        World.Succeeds(_world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        World.Succeeds(_world.Engine.Groups.Create(new() { Name = "eight", CountsTables = false }, out MemoryGroup? group));
        _group = group!;
        _process = _world.Engine.CreateProcess("p", ProcessOptions.Default with { Group = group });
        World.MapAs(_process, 0, 8, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 8; page++) _process.Memory.Mmu.Write(World.At(page), page + 1);
    }

    private ReclaimCounters Counters => _world.Engine.Reclaimed;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void APageThatWasUsedGetsOneMorePass()
    {
        Assert.Equal(0u, Pass(1));
        Assert.Equal(("iiiiiiii", 8, 0), (Picture(), Counters.Scanned, Counters.Activated));
        Assert.Equal(1u, Pass(1));
        Assert.Equal((".iiiiiii", 9), (Picture(), Counters.Scanned));
    }

    [Fact]
    public void APageThatIsUsedAgainBecomesActive()
    {
        Pass(1);
        Use(0);
        Assert.Equal(1u, Pass(1));
        Assert.Equal(("A.iiiiii", 1), (Picture(), Counters.Activated));
        _world.Verify();
    }

    /// <summary>Used through two entries: that is twice.</summary>
    [Fact]
    public void APageThatTwoProcessesUseBecomesActiveAtOnce()
    {
        Pass(1);    // clears the first use of all eight…
        ClearReferenced();   // …and the mark
        using UserProcess child = _process.Fork();
        for (int page = 0; page < 4; page++) Use(page);
        child.Memory.Mmu.Read<byte>(World.At(2));
        Pass(1);
        Assert.Equal((1, 'A', 'i'), (Counters.Activated, Picture()[2], Picture()[3]));
    }

    /// <summary>
    /// Read through a file or on behalf of another process, the second use makes a page active and takes the mark; a page on no list keeps
    /// it. Linux: folio_mark_accessed; the third use after that sets the mark again, as a 6.18 kernel shows in smaps.
    /// </summary>
    [Theory]
    [InlineData(true, "R A AR AR")]
    [InlineData(false, "R R R R")]
    public void TheSecondUseMakesAListedPageActive(bool isListed, string states)
    {
        FrameNumber frame = FrameOf(0);
        FrameGroup group = _process.Space.Group;
        ref FrameDescriptor descriptor = ref _world.Machine.Frames[frame];
        descriptor.Flags &= ~PageFlags.Referenced;
        if (!isListed) _world.Machine.Lists.Remove(frame);
        List<string> seen = [];
        for (int use = 0; use < 4; use++)
        {
            if ((use & 1) == 0) _world.Engine.Parts.Calls.Populate.NoteUse(_process.Space, World.At(0).Page, forWriting: false);
            else _world.Engine.Parts.Files.Cache.List.MarkUsed(frame);
            seen.Add(((descriptor.Flags & PageFlags.Active) != 0 ? "A" : "") + ((descriptor.Flags & PageFlags.Referenced) != 0 ? "R" : ""));
        }

        if (!isListed) _world.Machine.Lists.Add(group, frame, FrameFlags.None);
        Assert.Equal(states, string.Join(' ', seen));
        _world.Verify();
    }

    /// <summary>
    /// The mark that a use leaves is gone after a pass in which the page was not used. It keeps a dirty page of a file, which waits for its
    /// write-back, and not a clean one. Linux: FOLIOREF_RECLAIM_CLEAN.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheMarkOfAUseKeepsADirtyPageOneMorePass(bool isDirty)
    {
        int file = OpenFile(1);
        MapFile(file, MemoryProtection.ReadWrite);
        Use(20);
        if (isDirty) _process.Memory.Mmu.Write(World.At(20), 1);
        FrameNumber frame = FrameOf(20);
        _world.Machine.Frames[frame].Flags &= ~(PageFlags.Referenced | PageFlags.ReadAheadMark);
        MoveToInactive(frame);
        Lock(0, 8);
        Assert.Equal(0u, PassOfFiles());    // used: kept, marked
        if (isDirty) Assert.Equal(0u, PassOfFiles());
        Assert.Equal((1u, isDirty ? 1 : 0), (PassOfFiles(), Counters.FileWrites));
    }

    /// <summary>Without a free slot no private page is scanned, not even one that has a slot. Linux: can_reclaim_anon_pages.</summary>
    [Fact]
    public void FullDevicesAreAsGoodAsNone()
    {
        UserProcess other = _world.Engine.CreateProcess("other");
        World.MapAs(other, 0, 256, MemoryProtection.ReadWrite, World.PrivateFixed);
        for (int page = 0; page < 256; page++) other.Memory.Mmu.Write(World.At(page), page + 1);
        World.Succeeds(other.Memory.Advise(World.At(0), 254 * 4096, MemoryAdvice.PageOut));
        World.Succeeds(_process.Memory.Advise(World.At(0), 2 * 4096, MemoryAdvice.PageOut));
        Use(0);    // page 1 comes with it, and keeps its slot; page 0 does not
        World.Succeeds(other.Memory.Advise(World.At(255), 4096, MemoryAdvice.PageOut));
        Assert.Equal(256u, _world.Engine.Swap.Devices[0].UsedSlotCount);
        Assert.NotEqual(0u, _world.Engine.Memory.SwapCached.Value);
        for (int pass = 0; pass < 4; pass++) Assert.Equal(0u, Pass(8));
        Assert.Equal(("i.iiiiii", 0), (Picture(), Counters.Scanned));
        World.Succeeds(other.Memory.Advise(World.At(0), 4096, MemoryAdvice.DontNeed));
        Pass(8);
        Assert.NotEqual(0, Counters.Scanned);
    }

    [Fact]
    public void UsedCodeBecomesActiveAtOnceAndStaysThere()
    {
        int file = OpenFile(1);
        MapFile(file, MemoryProtection.Read | MemoryProtection.Execute);
        Use(20);
        FrameNumber frame = FrameOf(20);
        _world.Machine.Frames[frame].Flags &= ~(PageFlags.Referenced | PageFlags.ReadAheadMark);
        MoveToInactive(frame);
        Lock(0, 8);
        PassOfFiles();
        Assert.True(IsActive(frame));
        Use(20);
        PassOfFiles();
        Assert.True(IsActive(frame));
        PassOfFiles();    // not used since
        Assert.False(IsActive(frame));
    }

    /// <summary>Active pages are looked at when they are more than the inactive ones.</summary>
    [Fact]
    public void TheActiveListShrinksOnlyWhileItIsTheLongerOne()
    {
        Pass(1);
        for (int page = 0; page < 4; page++) Use(page);
        Pass(1);
        Assert.Equal(("AAAA.iii", 0), (Picture(), Counters.Deactivated));
        for (int page = 5; page < 8; page++) Use(page);
        Pass(1);    // none is inactive any more, so the four that were active first are looked at
        Assert.Equal(("iiii.AAA", 4), (Picture(), Counters.Deactivated));
        Pass(1);
        Assert.Equal((".iii.AAA", 4), (Picture(), Counters.Deactivated));    // three and three
    }

    [Fact]
    public void ASequentialReadersUseKeepsNothing()
    {
        World.Succeeds(_process.Memory.Advise(World.At(0), 4 * 4096, MemoryAdvice.Sequential));
        Assert.Equal(4u, Pass(4));
        Assert.Equal("....iiii", Picture());
    }

    /// <summary>Locked in one of two processes, whichever is looked at last.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALockInOneAreaKeepsThePageForAll(bool isParent)
    {
        using UserProcess child = _process.Fork();
        World.Succeeds((isParent ? _process : child).Memory.Lock(World.At(5), 4096, LockFlags.OnFault));
        for (int pass = 0; pass < 6; pass++) Pass(8);
        Assert.True(_process.Memory.Space.Tables.Read(World.At(5).Page).IsPresent);
        Assert.Equal(5, Picture().IndexOfAny(['A', 'i']));
        _world.Verify();
    }

    [Fact]
    public void ColdPagesAreInactiveAndUnmarked()
    {
        Pass(1);
        Use(0);
        Use(1);
        Pass(1);
        Assert.Equal("AA.iiiii", Picture());
        Use(1);
        World.Succeeds(_process.Memory.Advise(World.At(0), 2 * 4096, MemoryAdvice.Cold));
        Assert.Equal("ii.iiiii", Picture());
        for (int page = 0; page < 2; page++)
            Assert.Equal(FrameFlags.None, _world.Machine.Frames[FrameOf(page)].Flags & PageFlags.Referenced);
    }

    [Fact]
    public void TheLastPageOfAGroupCanGo()
    {
        World.Succeeds(_process.Memory.Advise(World.At(1), 7 * 4096, MemoryAdvice.DontNeed));
        Assert.Equal(1u, _group.Usage.Value);
        Pass(1);
        Assert.Equal(1u, Pass(1));
        Assert.Equal(0u, _group.Usage.Value);
    }

    /// <summary>Recent: it came back within as many evictions as there are pages that could have made room for it.</summary>
    [Fact]
    public void TheWorkingSetOfAFilePageIsActiveFilesAndAllPrivatePages()
    {
        Assert.True(_group.Reclaim.IsRecent(8, PageFlags.FileBacked));
        Assert.False(_group.Reclaim.IsRecent(9, PageFlags.FileBacked));
    }

    [Fact]
    public void TheWorkingSetOfAPrivatePageIsFilesAndActivePrivatePages()
    {
        Pass(1);
        Use(0);
        Use(1);
        Pass(1);
        uint files = ReadFile(3);
        Assert.True(_group.Reclaim.IsRecent(files + 2, FrameFlags.None));
        Assert.False(_group.Reclaim.IsRecent(files + 3, FrameFlags.None));
    }

    [Fact]
    public void WithoutRoomOnSwapPrivatePagesMakeNoRoom()
    {
        using World world = new();
        world.Map(0, 8);
        for (int page = 0; page < 8; page++) world.Touch(page);
        Assert.True(world.Engine.Groups.All[0].Reclaim.IsRecent(0, PageFlags.FileBacked));
        Assert.False(world.Engine.Groups.All[0].Reclaim.IsRecent(1, PageFlags.FileBacked));
    }

    /// <summary>A private page of the working set comes back as active.</summary>
    [Fact]
    public void ARefaultOfTheWorkingSetIsActive()
    {
        uint files = ReadFile(3);
        Pass(1);
        Assert.Equal(1u, Pass(1));
        Assert.Equal('.', Picture()[0]);
        Use(0);
        Assert.Equal(('A', 1, 1), (Picture()[0], Counters.Refaulted, Counters.RefaultedActive));
        Assert.True(files > 1);
    }

    /// <summary>A new page of shared memory comes from no slot, even right after the first slot was used.</summary>
    [Fact]
    public void ANewSharedPageIsNoRefault()
    {
        World.Succeeds(_process.Memory.Advise(World.At(0), 4096, MemoryAdvice.PageOut));
        World.MapAs(_process, 20, 1, MemoryProtection.ReadWrite, World.SharedFixed);
        Use(20);
        Assert.Equal((0, 0), (Counters.Refaulted, Counters.RefaultedActive));
        Assert.False(IsActive(FrameOf(20)));
        Use(0);
        Assert.Equal(1, Counters.Refaulted);
    }

    [Fact]
    public void ARefaultBeyondTheWorkingSetIsNot()
    {
        Pass(1);
        Assert.Equal(1u, Pass(1));
        Use(0);    // neither files nor active pages: so the distance does not matter
        Assert.Equal(('i', 1, 0), (Picture()[0], Counters.Refaulted, Counters.RefaultedActive));
    }

    /// <summary>
    /// Nine pages of a file are evicted, the first nine evictions ago. With eight private pages one that was evicted eight times ago
    /// comes back as active; the working set is one page larger then, but the history has aged by one as well.
    /// </summary>
    /// <remarks>Linux: workingset_refault, workingset_age_nonresident.</remarks>
    [Fact]
    public void ARefaultThatBecomesActiveAgesTheHistory()
    {
        const int pageCount = 9;
        int descriptor = OpenFile(pageCount);
        World.Succeeds(_process.Memory.Map(World.At(20), World.Bytes(pageCount), MemoryProtection.Read, SharedFixed, descriptor, 0, out _));
        World.Succeeds(_process.Memory.Advise(World.At(20), World.Bytes(pageCount), MemoryAdvice.Random));    // no read-ahead
        for (int page = 0; page < pageCount; page++) Use(20 + page);
        for (int page = 20; page < 20 + pageCount; page++)
            World.Succeeds(_process.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
        Use(21);
        Assert.True(IsActive(FrameOf(21)));
        Assert.Equal((1, 1), (Counters.RefaultedFile, Counters.RefaultedActiveFile));
        Use(20);
        Assert.False(IsActive(FrameOf(20)));
        Assert.Equal((2, 1), (Counters.RefaultedFile, Counters.RefaultedActiveFile));
    }

    /// <summary>
    /// A page of a file that was evicted eight evictions ago would come back as active beside eight private pages; not so after those eight
    /// became active.
    /// </summary>
    /// <remarks>Linux: workingset_activation.</remarks>
    [Fact]
    public void AnActivationAgesTheHistory()
    {
        const int pageCount = 8;
        int descriptor = OpenFile(pageCount);
        World.Succeeds(_process.Memory.Map(World.At(20), World.Bytes(pageCount), MemoryProtection.Read, SharedFixed, descriptor, 0, out _));
        World.Succeeds(_process.Memory.Advise(World.At(20), World.Bytes(pageCount), MemoryAdvice.Random));    // no read-ahead
        for (int page = 20; page < 20 + pageCount; page++) Use(page);
        for (int page = 20; page < 20 + pageCount; page++)
            World.Succeeds(_process.Memory.Advise(World.At(page), 4096, MemoryAdvice.PageOut));
        Pass(1);
        for (int page = 0; page < 8; page++) Use(page);
        Assert.Equal(0u, Pass(1));
        Assert.Equal("AAAAAAAA", Picture());
        Use(20);
        Assert.False(IsActive(FrameOf(20)));
        Assert.Equal((1, 0), (Counters.RefaultedFile, Counters.RefaultedActiveFile));
    }

    /// <summary>
    /// Eight private pages were looked at in vain. The next pass of half urgency looks at three pages of the file, not at two, and at no
    /// private page: 4 · 36/176 beside 4 · 140/176.
    /// </summary>
    /// <remarks>Linux: lru_note_cost, get_scan_count.</remarks>
    [Fact]
    public void PagesThatAreKeptCost()
    {
        Assert.Equal(0u, Pass(1));
        ReadFile(8);
        long before = Counters.ScannedFile;
        Assert.Equal(0u, _group.Reclaim.ShrinkOnce(1, 1));
        Assert.Equal((3, "iiiiiiii"), (Counters.ScannedFile - before, Picture()));
    }

    private uint Pass(uint target) => _group.Reclaim.ShrinkOnce(0, target);

    private uint PassOfFiles() => _group.Reclaim.ShrinkOnce(0, 1);

    private void Use(int page) => _process.Memory.Mmu.Read<byte>(World.At(page));

    private void ClearReferenced()
    {
        for (int page = 0; page < 8; page++) _world.Machine.Frames[FrameOf(page)].Flags &= ~PageFlags.Referenced;
    }

    private void Lock(int page, int pageCount) => World.Succeeds(_process.Memory.Lock(World.At(page), World.Bytes(pageCount)));

    private FrameNumber FrameOf(int page) => _process.Memory.Space.Tables.Read(World.At(page).Page).Frame;

    private bool IsActive(FrameNumber frame) => (_world.Machine.Frames[frame].Flags & PageFlags.Active) != FrameFlags.None;

    private void MoveToInactive(FrameNumber frame) => _world.Machine.Lists.Move(frame, PageFlags.FileBacked);

    private int OpenFile(int pageCount)
    {
        GuestFile file = _world.CreateBacked(new(pageCount * 4096));
        World.Succeeds(file.Open(_process, FileRights.ReadWrite, out int descriptor));
        return descriptor;
    }

    private void MapFile(int descriptor, MemoryProtection rights) => World.Succeeds(
        _process.Memory.Map(World.At(20), 4096, rights, SharedFixed, descriptor, 0, out _));

    /// <summary>A file's pages, charged to the group: how many there are.</summary>
    private uint ReadFile(int pageCount)
    {
        int descriptor = OpenFile(pageCount);
        World.Succeeds(_process.Memory.Map(World.At(20), World.Bytes(pageCount), MemoryProtection.Read, SharedFixed, descriptor, 0, out _));
        for (int page = 0; page < pageCount; page++) Use(20 + page);
        return (uint)pageCount;
    }

    /// <summary>A page each: A active, i inactive, '.' not there.</summary>
    private string Picture() => string.Concat(Enumerable.Range(0, 8).Select(page =>
    {
        PageTableEntry entry = _process.Memory.Space.Tables.Read(World.At(page).Page);
        return !entry.IsPresent ? '.' : IsActive(entry.Frame) ? 'A' : 'i';
    }));
}
