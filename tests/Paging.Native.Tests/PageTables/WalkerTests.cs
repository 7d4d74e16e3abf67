using Paging.Native.Tables;
using Xunit;

namespace Paging.Native.Tests;

public sealed class WalkerTests : IDisposable
{
    private static readonly FrameNumber Directory = new(3), Table = new(5), Page = new(9), Beyond = new(0x500);
    private static readonly VirtualAddress Address = new(0x4030_2010);

    private readonly PhysicalMemory _ram = new(FrameCount.MiB(1), requestHugePages: false);

    private ref uint Upper => ref _ram.Words(Directory)[Address.Page.DirectoryIndex];

    private ref uint Leaf => ref _ram.Words(Table)[Address.Page.TableIndex];

    public void Dispose() => _ram.Release();

    [Fact]
    public void AWalkGoesThroughBothLevelsAndKeepsTheOffset()
    {
        Map(PageAccess.User | PageAccess.Write);
        WalkResult walk = Walk(AccessKind.Read);
        Assert.True(walk is
        {
            Succeeded: true, EffectiveUser: true, EffectiveWritable: true, IsLargePage: false,
            ErrorCode: PageFaultErrorCode.None
        });
        Assert.Equal(new PhysicalAddress(0x9010), walk.Physical);
        Assert.Equal(Leaf, walk.Leaf.Word);
    }

    [Theory]
    [InlineData(AccessKind.Read, 0x20u)]
    [InlineData(AccessKind.Fetch, 0x20u)]
    [InlineData(AccessKind.Write, 0x60u)]
    public void AnAccessMarksTheEntriesItUsed(AccessKind kind, uint marks)
    {
        Map(PageAccess.User | PageAccess.Write);
        uint upper = Upper, leaf = Leaf;
        Assert.True(Walk(kind).Succeeded);
        Assert.Equal(upper | 0x20, Upper);    // D means nothing in an entry that leads to a table
        Assert.Equal(leaf | marks, Leaf);
    }

    [Fact]
    public void MarksStayUntilTheyAreCleared()
    {
        Map(PageAccess.User | PageAccess.Write);
        Walk(AccessKind.Write);
        uint marked = Leaf;
        Walk(AccessKind.Read);
        Assert.Equal(marked, Leaf);
        Leaf = (uint)new PageTableEntry(marked).WithoutDirty().Word;
        Walk(AccessKind.Read);
        Assert.False(new PageTableEntry(Leaf).IsDirty);
        Walk(AccessKind.Write);
        Assert.Equal(marked, Leaf);
    }

    [Fact]
    public void ARefusedAccessMarksThePathButNotThePage()
    {
        Map(PageAccess.User);
        uint leaf = Leaf;
        Assert.Equal(PageFaultErrorCode.Protection | PageFaultErrorCode.Write | PageFaultErrorCode.User, Walk(AccessKind.Write).ErrorCode);
        Assert.Equal(leaf, Leaf);
        Assert.True(new PageDirectoryEntry(Upper).IsAccessed);    // as QEMU does; the manuals leave it open
    }

    [Theory]
    [InlineData(AccessKind.Read, ProcessorMode.Supervisor, 0u)]
    [InlineData(AccessKind.Write, ProcessorMode.Supervisor, 2u)]
    [InlineData(AccessKind.Fetch, ProcessorMode.Supervisor, 0u)]
    [InlineData(AccessKind.Read, ProcessorMode.User, 4u)]
    [InlineData(AccessKind.Write, ProcessorMode.User, 6u)]
    [InlineData(AccessKind.Fetch, ProcessorMode.User, 4u)]    // bit 4 is for processors with NX or SMEP
    public void AMissingPageFaultsWithTheAccessInTheErrorCode(AccessKind kind, ProcessorMode mode, uint code)
    {
        WalkResult noTable = Walk(kind, mode);
        Assert.Equal((false, (PageFaultErrorCode)code), (noTable.Succeeded, noTable.ErrorCode));
        Upper = (uint)PageDirectoryEntry.ForTable(Table).Word;
        WalkResult noPage = Walk(kind, mode);
        Assert.Equal((false, (PageFaultErrorCode)code), (noPage.Succeeded, noPage.ErrorCode));
        Leaf = (uint)SwapEntry.ForSlot(15, 0xFFFFFF).WithExclusive().ToPageTableEntry().Word;    // all bits that Core may use
        Assert.Equal((PageFaultErrorCode)code, Walk(kind, mode).ErrorCode);
    }

    [Fact]
    public void ReadOnlyPagesBindTheSupervisorOnlyWithWriteProtect()
    {
        Map(PageAccess.User);
        Assert.Equal(PageFaultErrorCode.Protection | PageFaultErrorCode.Write, Walk(AccessKind.Write, ProcessorMode.Supervisor).ErrorCode);
        WalkResult walk = ClassicWalker.Walk(_ram, Directory, Address, AccessKind.Write, ProcessorMode.Supervisor, writeProtect: false);
        Assert.True(walk is { Succeeded: true, EffectiveWritable: false });
        Assert.True(walk.Leaf.IsDirty && new PageTableEntry(Leaf).IsDirty);    // a read-only page can be dirty
    }

    [Fact]
    public void TheDirectoryLimitsTheRightsOfTheTable()
    {
        Map(PageAccess.User | PageAccess.Write);
        Upper = (uint)PageDirectoryEntry.ForTable(Table, PageAccess.User).Word;
        Assert.Equal(PageFaultErrorCode.Protection | PageFaultErrorCode.Write | PageFaultErrorCode.User, Walk(AccessKind.Write).ErrorCode);
        Assert.True(Walk(AccessKind.Read) is { Succeeded: true, EffectiveWritable: false, EffectiveUser: true });
        Upper = (uint)PageDirectoryEntry.ForTable(Table, PageAccess.Write).Word;
        Assert.Equal(PageFaultErrorCode.Protection | PageFaultErrorCode.User, Walk(AccessKind.Read).ErrorCode);
    }

    [Fact]
    public void ALargePageIsFourMegabytesInOnePiece()
    {
        Upper = (uint)PageDirectoryEntry.ForLargePage(TableFormat.Classic, new(0x400), PageAccess.User | PageAccess.Write).Word;
        WalkResult walk = Walk(AccessKind.Write);
        Assert.True(walk is { Succeeded: true, IsLargePage: true, EffectiveUser: true, EffectiveWritable: true });
        Assert.Equal(new PhysicalAddress(0x0040_0000 | (Address.Value & 0x003F_FFFF)), walk.Physical);
        Assert.Equal(PageTableEntry.Map(walk.Physical.Frame, PageAccess.User | PageAccess.Write).WithAccessed().WithDirty(), walk.Leaf);
        Assert.True(new PageDirectoryEntry(Upper) is { IsAccessed: true, IsDirty: true });
    }

    [Fact]
    public void WithoutPageSizeExtensionsTheSizeBitIsIgnored()
    {
        Map(PageAccess.User);
        Upper |= 0x80;
        WalkResult walk = ClassicWalker.Walk(_ram, Directory, Address, AccessKind.Read, ProcessorMode.User, pageSizeExtensions: false);
        Assert.True(walk is { Succeeded: true, IsLargePage: false });
        Assert.Equal(Page, walk.Physical.Frame);
    }

    [Fact]
    public void AReservedBitFaultsBeforeAnyRightIsAsked()
    {
        Upper = (uint)(PageDirectoryEntry.ForLargePage(TableFormat.Classic, new(0x400), PageAccess.None).Word | (1u << 21));
        uint upper = Upper;
        Assert.Equal(0xDu, (uint)Walk(AccessKind.Read).ErrorCode);    // R, U, P
        Assert.Equal(upper, Upper);
    }

    [Fact]
    public void ATableBeyondRamReadsAsNotPresentAndAFrameBeyondRamIsLeftToTheBus()
    {
        Upper = (uint)PageDirectoryEntry.ForTable(Beyond).Word;
        Assert.Equal(PageFaultErrorCode.User, Walk(AccessKind.Read).ErrorCode);
        Assert.Equal(PageFaultErrorCode.User, ClassicWalker.Walk(_ram, Beyond, Address, AccessKind.Read, ProcessorMode.User).ErrorCode);
        Map(PageAccess.User);
        Leaf = (uint)PageTableEntry.Map(Beyond, PageAccess.User).Word;
        WalkResult walk = Walk(AccessKind.Read);
        Assert.True(walk.Succeeded);
        Assert.Equal(Beyond, walk.Physical.Frame);
    }

    [Fact]
    public void ADirectoryThatIsItsOwnTableSeesItsOwnMark()
    {
        int index = Address.Page.DirectoryIndex;
        VirtualAddress self = new(((uint)index << 22) | ((uint)index << 12));
        Upper = (uint)PageDirectoryEntry.ForTable(Directory).Word;
        WalkResult walk = ClassicWalker.Walk(_ram, Directory, self, AccessKind.Write, ProcessorMode.User);
        Assert.Equal(Directory, walk.Physical.Frame);
        Assert.Equal(PageDirectoryEntry.ForTable(Directory).WithAccessed().WithDirty().Word, Upper);
    }

    [Fact]
    public void APeekAtNothingFindsNothing()
    {
        Assert.False(ClassicWalker.Peek(_ram, Directory, Address.Page).Succeeded);
        Assert.False(ClassicWalker.Peek(_ram, Beyond, Address.Page).Succeeded);
        Upper = (uint)PageDirectoryEntry.ForTable(Table).Word;
        Assert.False(ClassicWalker.Peek(_ram, Directory, Address.Page).Succeeded);
        Map(PageAccess.None);
        WalkResult peek = ClassicWalker.Peek(_ram, Directory, Address.Page);
        Assert.True(peek is { Succeeded: true, EffectiveUser: false, EffectiveWritable: false });
        Assert.False(new PageTableEntry(Leaf).IsAccessed);
    }

    private void Map(PageAccess access)
    {
        Upper = (uint)PageDirectoryEntry.ForTable(Table).Word;
        Leaf = (uint)PageTableEntry.Map(Page, access).Word;
    }

    private WalkResult Walk(AccessKind kind, ProcessorMode mode = ProcessorMode.User) =>
        ClassicWalker.Walk(_ram, Directory, Address, kind, mode);
}
