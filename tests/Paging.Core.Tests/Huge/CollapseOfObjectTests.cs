using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>MADV_COLLAPSE of shared memory: the bytes, the leaf's rights, and the other mappings of the file.</summary>
/// <remarks>Linux: mm/khugepaged.c collapse_file, retract_page_tables.</remarks>
public sealed class CollapseOfObjectTests : IDisposable
{
    private const int LinePages = 512;

    private readonly World _world = new(World.Options(16) with
    {
        Tables = TableFormat.Pae,
        TransparentHugePages = TransparentHugePages.Advised,
    });

    private readonly GuestFile _file;
    private readonly int _descriptor;

    public CollapseOfObjectTests()
    {
        _file = _world.CreateFile("shared", 0);
        World.Succeeds(_file.SetLength(2 * LinePages * 4096));
        _descriptor = _world.Open(_file);
    }

    public void Dispose()
    {
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private Errno Collapse(int page) => _world.Memory.Advise(World.At(page), World.Bytes(LinePages), MemoryAdvice.Collapse);

    private PageTableEntry Leaf(int page)
    {
        Assert.True(_world.Memory.Space.Tables.Huge.TryRead(World.At(page).Page, out PageTableEntry leaf));
        return leaf;
    }

    /// <summary>The mapping and the file must lie alike in a line, wherever that is. Linux: thp_vma_suitable_order.</summary>
    [Theory]
    [InlineData(100, 100, Errno.None)]
    [InlineData(100, LinePages - 100, Errno.EINVAL)]    // the sum is whole, the difference is not
    [InlineData(100, 99, Errno.EINVAL)]
    [InlineData(0, 1, Errno.EINVAL)]
    public void AMappingLiesInItsLineAsTheFileDoes(int page, int filePage, Errno expected)
    {
        World.Succeeds(_file.SetLength(4 * LinePages * 4096));
        _world.MapFile(_descriptor, page, (2 * LinePages) + 100, filePage, type: MapFlags.Shared);
        for (int touched = page; touched < 2 * LinePages; touched += 50) _world.Touch(touched, (byte)(touched / 50));
        World.Returns(expected, Collapse(LinePages));
        Assert.Equal(expected == Errno.None, _world.Memory.Space.Tables.Huge.Has(World.At(LinePages).Page));
        for (int touched = page; touched < 2 * LinePages; touched += 50) Assert.Equal((byte)(touched / 50), _world.Peek(touched));
        World.Succeeds(_world.Memory.Unmap(World.At(page), World.Bytes((2 * LinePages) + 100)));
    }

    /// <summary>Compaction leaves a huge page where it is, mapped or not. One that has lost a page is moved page by page.</summary>
    /// <remarks>Linux: mm/compaction.c skip_isolation_on_order.</remarks>
    [Theory]
    [InlineData("mapped")]
    [InlineData("unmapped")]
    [InlineData("broken")]
    public void CompactionLeavesAHugePageWhole(string kind)
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        for (int page = 0; page < LinePages; page += 7) _world.Touch(page, (byte)page);
        World.Succeeds(Collapse(0));
        FrameNumber block = Leaf(0).Frame;
        if (kind is "unmapped") World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(LinePages)));
        if (kind is "broken") World.Succeeds(_file.SetLength((LinePages - 1) * 4096));
        _world.Engine.Frames.Compact();
        _world.Verify();
        if (kind is "unmapped") _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        for (int page = 0; page < LinePages - 1; page++) Assert.Equal(page % 7 == 0 ? (byte)page : 0, _world.Peek(page));
        bool isHuge = _world.Memory.Space.Tables.Huge.TryRead(World.At(0).Page, out PageTableEntry leaf);
        Assert.Equal((kind is not "broken", kind is not "broken"), (isHuge, isHuge && leaf.Frame == block));
        _world.Verify();
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(LinePages)));
    }

    /// <summary>Pages that only fallocate has used are filled.</summary>
    [Fact]
    public void PagesOfFallocateAreFilled()
    {
        World.Succeeds(_world.First.FileDescriptors.Allocate(_descriptor, AllocationFlags.None, 0, LinePages * 4096));
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        _world.Touch(300, 7);
        World.Succeeds(Collapse(0));
        Assert.True(_world.Memory.Space.Tables.Huge.Has(World.At(0).Page));
        Assert.Equal((7, 0), (_world.Peek(300), _world.Peek(299)));
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(LinePages)));
    }

    /// <summary>
    /// A file that ends within a huge page has folios of the sizes between there, and a hole leaves the pages at its ends alone.
    /// </summary>
    [Fact]
    public void AHugePageThatIsCutLeavesFoliosOfTheSizesBetween()
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        for (int page = 0; page < LinePages; page++) _world.Touch(page, 5);
        World.Succeeds(Collapse(0));
        World.Succeeds(_file.SetLength(10 * 4096));
        Assert.Equal([(0, 8), (8, 2)], FoliosOf(10));
        World.Succeeds(_world.First.FileDescriptors.Allocate(_descriptor, AllocationFlags.PunchHole | AllocationFlags.KeepSize, 4096,
            4096));
        Assert.Equal([(0, 1), (1, 1), (2, 1), (3, 1), (4, 4), (8, 2)], FoliosOf(10));
        int faults = (int)_world.Memory.Faults.Minor;
        _world.Touch(6, 7);
        for (int page = 4; page < 8; page++) Assert.Equal(page == 6 ? 7 : 5, _world.Peek(page));
        Assert.Equal(faults + 1, (int)_world.Memory.Faults.Minor);
        Assert.Equal(5, _world.Peek(0));
        Assert.Equal(0, _world.Peek(1));
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(LinePages)));
    }

    private List<(int First, int Count)> FoliosOf(uint pages)
    {
        List<(int, int)> folios = [];
        for (uint page = 0; page < pages;)
        {
            FilePageRange folio = _world.Engine.Parts.Files.Collapsed.FolioOf(_file.Object, new(page));
            folios.Add(((int)folio.First.Value, (int)folio.Length));
            page = (uint)folio.End;
        }

        return folios;
    }

    /// <summary>Another process has the file as its own: the page that it has written stays, and the others are shown again.</summary>
    [Fact]
    public void AnothersPrivateCopyStays()
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        for (int page = 0; page < LinePages; page++) _world.Touch(page, 5);
        UserProcess other = _world.Engine.CreateProcess("other");
        World.Succeeds(_file.Open(other, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(other.Memory.Map(World.At(0), World.Bytes(LinePages), MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Fixed,
            descriptor, 0, out _));
        other.Memory.Mmu.Write(World.At(7), (byte)77);
        Assert.Equal(5, other.Memory.Mmu.Read<byte>(World.At(8)));
        World.Succeeds(Collapse(0));
        _world.Verify();
        Assert.True(other.Memory.HasOwnPage(World.At(7).Page));
        for (int page = 0; page < LinePages; page += 7)
            Assert.Equal((page == 7 ? 77 : 5, 5), (other.Memory.Mmu.Read<byte>(World.At(page)), _world.Peek(page)));
        other.Dispose();
        World.Succeeds(_world.Memory.Unmap(World.At(0), World.Bytes(LinePages)));
    }

    /// <summary>The second line of the file keeps its bytes, those that no one had touched, and counts as resident.</summary>
    [Fact]
    public void TheSecondLineOfAFileKeepsItsBytes()
    {
        _world.MapFile(_descriptor, 0, 2 * LinePages, type: MapFlags.Shared);
        for (int page = LinePages; page < 2 * LinePages; page += 7) _world.Touch(page, (byte)(page / 7));
        _world.Touch(3, 0x33);
        World.Succeeds(Collapse(LinePages));
        Assert.Equal(LinePages + 1, _world.Memory.Space.Statistics.ResidentShared);
        Assert.False(_world.Memory.Space.Tables.Huge.Has(World.At(0).Page));
        for (int page = LinePages; page < 2 * LinePages; page++)
            Assert.Equal((page - LinePages) % 7 == 0 ? (byte)(page / 7) : 0, _world.Peek(page));
        byte[] bytes = new byte[1];
        World.Succeeds(_file.Read((LinePages + 14) * 4096, bytes, out _));
        Assert.Equal((byte)((LinePages + 14) / 7), bytes[0]);
        Assert.Equal(0x33, _world.Peek(3));
    }

    /// <summary>A leaf of writable memory is writable, unless a write must be seen; reading alone never makes it so.</summary>
    [Theory]
    [InlineData("plain", true)]
    [InlineData("read-only", false)]
    [InlineData("soft-clean", false)]
    [InlineData("logged", false)]
    public void TheLeafIsWritableWhereNoWriteMustBeSeen(string kind, bool isWritable)
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        _world.Touch(1);
        using DirtyLog? log = kind is "logged" ? _world.Memory.OpenDirtyLog(WriteSources.Processor) : null;
        if (kind is "soft-clean") World.Succeeds(_world.Memory.ClearReferences(ReferenceKind.SoftDirty));
        if (kind is "read-only") World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(LinePages), MemoryProtection.Read));
        World.Succeeds(Collapse(0));
        Assert.Equal((isWritable, true, false), (Leaf(0).IsWritable, Leaf(0).IsUser, Leaf(0).IsDirty));
        bool isWritten = _world.Mmu.TryWrite(World.At(2), (byte)0x22);
        Assert.Equal(kind is not "read-only", isWritten);
        if (log is not null) Assert.Equal([World.At(2).Page], log.CollectDirty().ToArray());
        if (kind is "soft-clean") Assert.Equal((true, true), (Leaf(0).IsWritable, Leaf(0).IsDirty));    // wp_huge_pmd, then do_set_pmd
    }

    [Fact]
    public void MemoryThatMayNotBeAccessedStaysSo()
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        _world.Touch(1, 7);
        World.Succeeds(_world.Memory.Protect(World.At(0), World.Bytes(LinePages), MemoryProtection.None));
        World.Succeeds(Collapse(0));
        Assert.False(Leaf(0).IsUser);
        Assert.False(_world.Mmu.TryRead(World.At(1), out byte _));
    }

    /// <summary>Where the line is mapped as a whole its table goes; a mapping of a part of it, or of another line, keeps it.</summary>
    [Theory]
    [InlineData(0, LinePages, 0, -1)]           // the whole line
    [InlineData(0, 2 * LinePages, 0, -1)]       // and more
    [InlineData(0, LinePages - 1, 0, 0)]        // a page less
    [InlineData(0, 8, LinePages, 0)]            // the other line of the file
    public void TablesOfOtherMappingsGoWhereTheLineIsWhole(int page, int count, int filePage, int tables)
    {
        UserProcess other = _world.Engine.CreateProcess("other");
        World.Succeeds(_file.Open(other, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(other.Memory.Map(World.At(page), World.Bytes(count), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, World.Bytes(filePage), out _));
        other.Memory.Mmu.Write(World.At(page + 2), (byte)0x44);
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        _world.Touch(1, 7);
        bool before = other.Memory.Space.Tables.HasTable(World.At(page).Page);
        World.Succeeds(Collapse(0));
        Assert.True(before);
        Assert.Equal(tables == 0, other.Memory.Space.Tables.HasTable(World.At(page).Page));
        Assert.Equal(0x44, other.Memory.Mmu.Read<byte>(World.At(page + 2)));
        if (filePage == 0) Assert.Equal(0x44, _world.Peek(2));
    }

    /// <summary>The second line of the file: a mapping that begins with it has the line as a whole.</summary>
    [Fact]
    public void TablesGoWhereTheSecondLineIsWhole()
    {
        UserProcess other = _world.Engine.CreateProcess("other");
        World.Succeeds(_file.Open(other, FileRights.ReadWrite, out int descriptor));
        World.Succeeds(other.Memory.Map(World.At(0), World.Bytes(LinePages), MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed,
            descriptor, World.Bytes(LinePages), out _));
        other.Memory.Mmu.Write(World.At(2), (byte)0x44);
        _world.MapFile(_descriptor, 0, 2 * LinePages, type: MapFlags.Shared);
        _world.Touch(LinePages + 1, 7);
        World.Succeeds(Collapse(LinePages));
        Assert.False(other.Memory.Space.Tables.HasTable(World.At(0).Page));
        Assert.Equal((0x44, 0x44), (other.Memory.Mmu.Read<byte>(World.At(2)), _world.Peek(LinePages + 2)));
    }

    [Fact]
    public void LinesThatCannotBeCollapsed()
    {
        _world.MapFile(_descriptor, 0, LinePages, type: MapFlags.Shared);
        Assert.Equal(Errno.EINVAL, Collapse(0));    // nothing is cached
        _world.MapFile(_descriptor, 2 * LinePages, LinePages, filePage: 0);
        _world.Touch(1);
        _world.Touch(2 * LinePages, 9);
        Assert.Equal(Errno.EINVAL, Collapse(2 * LinePages));    // a private copy
        _world.MapFile(_descriptor, 4 * LinePages, LinePages, filePage: 1, type: MapFlags.Shared);
        Assert.Equal(Errno.EINVAL, Collapse(4 * LinePages));    // the file's lines are not the area's
        World.Succeeds(Collapse(0));
        Assert.True(_world.Memory.Space.Tables.Huge.Has(World.At(0).Page));
    }
}
