using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Scans that protect where there is no page table, and scans that protect without reporting. Measured on Linux 6.18.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c pagemap_scan_pte_hole, and the fast path of pagemap_scan_pmd_entry.</remarks>
public sealed class ProtectingScanTests : IDisposable
{
    private const int TablePages = 1024, Pages = 3 * TablePages;

    private readonly World _world = new();
    private readonly Userfaultfd _faults;

    /// <summary>An area of three tables, of which the first has two pages and the others are not there.</summary>
    public ProtectingScanTests()
    {
        _faults = _world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        _world.Map(0, Pages);
        World.Succeeds(_faults.Register(World.At(0), World.Bytes(Pages), UserfaultModes.WriteProtect));
        _world.Touch(0);
        _world.Touch(3);
    }

    public void Dispose()
    {
        _world.Verify();
        _faults.Dispose();
        _world.AssertNothingIsLeft();
        _world.Dispose();
    }

    private PageScanRequest Request(PageCategories mask, uint most = 0, int first = 0, int count = Pages) =>
        new(new(World.At(first).Page, new((uint)count)), mask, 0, 0, PageCategories.Written, most) { ProtectsMatching = true };

    private bool IsProtected(int page) => _world.Memory.ReadPagemap(World.At(page).Page).IsWriteProtected;

    /// <summary>Where there is a table every page is protected, matching or not; where there is none, only matching pages.</summary>
    [Fact]
    public void AScanWithoutRegionsProtectsWholeTables()
    {
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Swapped), [], out int count, out PageCount found,
            out PageNumber end));
        Assert.Equal((0, 0u, World.At(Pages).Page), (count, found.Value, end));
        foreach (int page in (int[])[0, 1, 3, TablePages - 1]) Assert.True(IsProtected(page));
        foreach (int page in (int[])[TablePages, Pages - 1]) Assert.False(IsProtected(page));
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Written, first: 5, count: 2000), [], out count, out found, out end));
        Assert.Equal((0, 0u, World.At(2005).Page), (count, found.Value, end));
        for (int page = 0; page < Pages; page += 5) Assert.Equal(page < 2005, IsProtected(page));
    }

    /// <summary>With room for regions only matching pages are protected, with a table and without.</summary>
    [Fact]
    public void AScanWithRegionsProtectsMatchingPages()
    {
        PageRegion[] regions = new PageRegion[4];
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Swapped), regions, out int count, out PageCount found, out _));
        Assert.Equal((0, 0u), (count, found.Value));
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Present), regions, out count, out found, out _));
        Assert.Equal((2, 2u), (count, found.Value));
        for (int page = 0; page < Pages; page++) Assert.Equal(page is 0 or 3, IsProtected(page));
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Written), regions, out count, out found, out _));
        Assert.Equal((2, (uint)Pages - 2), (count, found.Value));
        for (int page = 0; page < Pages; page++) Assert.True(IsProtected(page));
    }

    /// <summary>A hole that is reported in part is protected in that part, and the scan returns where it has stopped.</summary>
    [Theory]
    [InlineData(1u)]
    [InlineData(5u)]
    [InlineData(1023u)]
    [InlineData(1024u)]
    [InlineData(1025u)]
    [InlineData(2048u)]
    public void AHoleIsCutWhereTheRoomEnds(uint most)
    {
        PageScanRequest request = Request(PageCategories.Written, most, TablePages, 2 * TablePages);
        World.Succeeds(_world.Memory.ScanPages(request, new PageRegion[2], out int count, out PageCount found, out PageNumber end));
        Assert.Equal((1, most, World.At(TablePages + (int)most).Page), (count, found.Value, end));
        for (int page = 0; page < Pages; page++) Assert.Equal(page >= TablePages && page < TablePages + most, IsProtected(page));
    }

    /// <summary>The regions are full at the start of a hole: no part of it is reported or protected.</summary>
    [Fact]
    public void AHoleWithoutARegionStays()
    {
        PageRegion[] regions = new PageRegion[1];
        PageScanRequest request = Request(PageCategories.Written, 0, 3) with { Return = PageCategories.Written | PageCategories.Present };
        World.Succeeds(_world.Memory.ScanPages(request with { Range = new(World.At(1023).Page, new(100)) }, regions, out int count,
            out PageCount found, out PageNumber end));
        Assert.Equal((1, 100u, World.At(1123).Page), (count, found.Value, end));    // without bytes, with a table or not
        _world.Touch(2047);
        request = request with { Range = new(World.At(2047).Page, new(3)) };
        World.Succeeds(_world.Memory.ScanPages(request, regions, out count, out found, out end));
        Assert.Equal((1, 1u, World.At(2048).Page), (count, found.Value, end));
        Assert.Equal((true, false, false), (IsProtected(2047), IsProtected(2048), IsProtected(2049)));
    }

    /// <summary>Without a frame for the table the scan fails, even where it would have stopped anyway.</summary>
    [Theory]
    [InlineData(0u)]
    [InlineData(7u)]
    public void WithoutAFrameForATableTheScanFails(uint most)
    {
        List<FrameNumber> taken = [];
        while (_world.Machine.Allocator.TryAllocate(FrameState.Kernel, out FrameNumber frame)) taken.Add(frame);
        foreach (PageRegion[] regions in (PageRegion[][])[new PageRegion[2], []])
            World.Returns(Errno.ENOMEM, _world.Memory.ScanPages(Request(PageCategories.Written, most, TablePages, 8), regions, out _, out _,
                out _));
        Assert.False(IsProtected(TablePages));
        World.Succeeds(_world.Memory.ScanPages(Request(PageCategories.Written, most, 0, 8), new PageRegion[2], out _, out PageCount found,
            out _));
        Assert.Equal(most == 0 ? 8u : most, found.Value);
        foreach (FrameNumber frame in taken) _world.Machine.Allocator.Free(frame);
    }
}
