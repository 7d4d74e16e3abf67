using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>pagemap words and clear_refs: an observer's view of the pages that a process uses and writes.</summary>
public sealed class PagemapTests : IDisposable
{
    private readonly World _world = new();
    private readonly UserProcess _process;
    private readonly VirtualAddress _ground = new(0x2000_0000);

    public PagemapTests() => _process = _world.Engine.CreateProcess("test");

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AWordReportsPresenceFrameAndExclusiveUse()
    {
        Map(3);
        Assert.Equal(default, At(5));
        Assert.True(At(0) is { IsPresent: false, IsSoftDirty: true });
        Read(0);
        Assert.True(At(0) is { IsPresent: true, IsExclusivelyMapped: false, IsFile: false });    // the zero page
        Write(1);
        Assert.True(At(1) is { IsPresent: true, IsExclusivelyMapped: true, IsFile: false, IsSoftDirty: true });
        Assert.Equal(_process.Memory.Space.Tables.Read(Page(1)).Frame, At(1).Frame);
        using UserProcess child = _process.Fork();
        Assert.False(At(1).IsExclusivelyMapped);
        child.Memory.Mmu.Write(_ground + 4096, 2);
        Assert.True(At(1).IsExclusivelyMapped);
    }

    [Fact]
    public void AfterClearRefsOnlyWritesAreSoftDirty()
    {
        Map(4);
        Write(0);
        Write(1);
        Clear(ReferenceKind.SoftDirty);
        Assert.All(Enumerable.Range(0, 4), page => Assert.False(At(page).IsSoftDirty));
        Assert.DoesNotContain(" sd ", _process.Memory.FormatSmaps(), StringComparison.Ordinal);
        Read(0);
        Read(2);
        Assert.False(At(0).IsSoftDirty);
        Assert.False(At(2).IsSoftDirty);
        long faults = _process.Memory.Usage.Faults.Minor;
        Write(0);
        Assert.Equal(faults + 1, _process.Memory.Usage.Faults.Minor);    // the write was noticed, once
        Write(0);
        Assert.Equal(faults + 1, _process.Memory.Usage.Faults.Minor);
        Write(2);
        Write(3);
        Assert.Equal("S.SS", Picture(4));
    }

    [Fact]
    public void SharedMemoryIsSeenToo()
    {
        Assert.Equal(Errno.None, _process.Memory.Map(_ground, 4 << 12, MemoryProtection.ReadWrite,
            MapFlags.Shared | MapFlags.Anonymous | MapFlags.Fixed, out _));
        Write(0);
        Clear(ReferenceKind.SoftDirty);
        Read(1);     // mapped now, and must not be writable unseen
        Read(2);
        Write(1);
        Write(0);
        Assert.Equal("SS..", Picture(4));
        _world.Audit();
    }

    /// <summary>A page on a device has lost the mark of clear_refs, so it counts as written.</summary>
    [Fact]
    public void APageOnASwapDeviceReportsItsSlot()
    {
        Assert.Equal(Errno.None, _world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), priority: 0, out SwapDevice? device));
        Map(2);
        Write(0);
        Write(1);
        Clear(ReferenceKind.SoftDirty);
        Assert.Equal(Errno.None, _process.Memory.Advise(_ground, 4096, MemoryAdvice.PageOut));
        PagemapWord word = At(0);
        Assert.True(word is { IsPresent: false, IsSwapped: true, IsSoftDirty: true, IsFile: false });
        Assert.Equal((1ul << 62) | (1ul << 55) | (uint)device!.Number, word.Word & ~(0xFFFFFFul << 5));
        Assert.False(At(1).IsSoftDirty);
        Assert.Contains("Swap:                  4 kB\nSwapPss:               4 kB\n", _process.Memory.FormatSmaps(),
            StringComparison.Ordinal);
        Assert.Contains("VmSwap:\t       4 kB\n", _process.FormatStatus(), StringComparison.Ordinal);
        Read(0);
        Assert.True(At(0) is { IsPresent: true, IsSwapped: false });
    }

    [Fact]
    public void ANewAreaIsSoftDirtyAndSoIsTheAreaThatItJoins()
    {
        Map(2);
        Clear(ReferenceKind.SoftDirty);
        Assert.Equal("..", Picture(2));
        Assert.Equal(Errno.None, _process.Memory.Map(_ground + 0x2000, 4096, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        Assert.Single(_process.Memory.Areas.Snapshot());
        Assert.Equal("SSS", Picture(3));
    }

    [Fact]
    public void SplittingAndRejoiningKeepsSoftDirtyMarks()
    {
        Map(4);
        for (int page = 0; page < 4; page++) Write(page);
        Clear(ReferenceKind.SoftDirty);
        Write(3);
        Assert.Equal(Errno.None, _process.Memory.Protect(_ground + 0x1000, 0x1000, MemoryProtection.Read));
        Assert.Equal("...S", Picture(4));
        Assert.Equal(Errno.None, _process.Memory.Protect(_ground + 0x1000, 0x1000, MemoryProtection.ReadWrite));
        Assert.Single(_process.Memory.Areas.Snapshot());
        Assert.Equal("...S", Picture(4));
        Write(1);
        Assert.Equal(".S.S", Picture(4));
    }

    [Fact]
    public void PagesThatMremapMovesAreSoftDirtyAtTheirPlace()
    {
        Map(2);
        Write(0);
        Clear(ReferenceKind.SoftDirty);
        Assert.Equal(Errno.None, _process.Memory.Remap(_ground, 0x2000, 0x2000, RemapFlags.MayMove | RemapFlags.Fixed, new(0x3000_0000),
            out VirtualAddress at));
        Assert.True(_process.Memory.ReadPagemap(at.Page).IsSoftDirty);
    }

    [Fact]
    public void AForkedChildInheritsSoftDirtyMarks()
    {
        Map(3);
        Write(0);
        Write(1);
        Clear(ReferenceKind.SoftDirty);
        Write(0);
        using UserProcess child = _process.Fork();
        Assert.True(child.Memory.ReadPagemap(Page(0)).IsSoftDirty);
        Assert.False(child.Memory.ReadPagemap(Page(1)).IsSoftDirty);
        child.Memory.Mmu.Write(_ground + 0x1000, 5);
        Assert.True(child.Memory.ReadPagemap(Page(1)).IsSoftDirty);
        Assert.False(At(1).IsSoftDirty);
    }

    [Fact]
    public void ReferencedPagesAreThoseUsedSince()
    {
        Map(3);
        Write(0);
        Write(1);
        Assert.Equal(8192ul, _process.Memory.Footprint.Referenced);
        Clear(ReferenceKind.All);
        Assert.Equal(0ul, _process.Memory.Footprint.Referenced);
        Read(1);
        Assert.Equal(4096ul, _process.Memory.Footprint.Referenced);
        Clear(ReferenceKind.Mapped);
        Assert.Equal(4096ul, _process.Memory.Footprint.Referenced);
        Clear(ReferenceKind.Anonymous);
        Assert.Equal(0ul, _process.Memory.Footprint.Referenced);
    }

    [Fact]
    public void ThePeakStartsAgain()
    {
        Map(8);
        for (int page = 0; page < 8; page++) Write(page);
        Assert.Equal(Errno.None, _process.Memory.Unmap(_ground + 0x2000, 0x6000));
        Assert.Equal(8u, _process.Memory.Usage.PeakResident.Value);
        Clear(ReferenceKind.PeakResident);
        Assert.Equal(2u, _process.Memory.Usage.PeakResident.Value);
        Assert.Equal(Errno.EINVAL, _process.Memory.ClearReferences((ReferenceKind)6));
        Assert.Equal(Errno.EINVAL, _process.Memory.ClearReferences(0));
    }

    [Fact]
    public void TheAuditSeesAWriteThatWouldGoUnseen()
    {
        Map(1);
        Write(0);
        Clear(ReferenceKind.SoftDirty);
        PageTables tables = _process.Memory.Space.Tables;
        PageTableEntry entry = tables.Read(Page(0));
        tables.Store(Page(0), entry.WithWritable());
        Assert.True(_world.Engine.Audit().Names("Q4"));
        tables.Store(Page(0), entry);
    }

    private void Map(uint pageCount) =>
        Assert.Equal(Errno.None, _process.Memory.Map(_ground, pageCount << 12, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));

    private void Clear(ReferenceKind kind) => Assert.Equal(Errno.None, _process.Memory.ClearReferences(kind));

    private void Write(int page) => _process.Memory.Mmu.Write(_ground + ((uint)page << 12), 1);

    private void Read(int page) => _ = _process.Memory.Mmu.Read<int>(_ground + ((uint)page << 12));

    private PageNumber Page(int page) => _ground.Page + new PageCount((uint)page);

    private PagemapWord At(int page) => _process.Memory.ReadPagemap(Page(page));

    private string Picture(int pageCount) => string.Concat(Enumerable.Range(0, pageCount).Select(page => At(page).IsSoftDirty ? 'S' : '.'));
}
