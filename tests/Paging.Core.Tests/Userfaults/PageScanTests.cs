using Paging.Core.Swap;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Scans for pages by category: each finds the same pages as a scan for everything, even where it may skip tables.</summary>
public sealed class PageScanTests
{
    private const uint PageCount = 2600;
    private static readonly VirtualAddress Start = new(0x2000_0000 - (300 << 12));    // four tables, the first and the last in part

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EveryRequestAgreesWithAScanForEverything(TableFormat format)
    {
        Random random = new(7);
        using Scanned machine = new(format, random);
        AddressSpace memory = machine.Process.Memory;
        List<(PageNumber Page, PageCategories Categories)> all = Scan(memory, default, default, default);
        Assert.Contains(all, static one => (one.Categories & PageCategories.Swapped) != 0);
        Assert.Contains(all, static one => (one.Categories & PageCategories.Zero) != 0);
        Assert.Contains(all, static one => (one.Categories & PageCategories.File) != 0);
        Assert.Contains(all, static one => (one.Categories & (PageCategories.Written | PageCategories.Present)) == PageCategories.Present);
        foreach ((PageNumber page, PageCategories categories) in all)
        {
            PagemapWord word = memory.ReadPagemap(page);
            Assert.Equal((word.IsPresent, word.IsFile), ((categories & PageCategories.Present) != 0,
                (categories & PageCategories.File) != 0));
        }

        for (int i = 0; i < 500; i++)
        {
            PageCategories mask = Some(random), anyOf = Some(random), inverted = Some(random);
            PageNumber[] expected = [.. all.Where(one => ((one.Categories ^ inverted) & mask) == mask
                && (anyOf == 0 || ((one.Categories ^ inverted) & anyOf) != 0)).Select(static one => one.Page)];
            PageNumber[] found = [.. Scan(memory, mask, anyOf, inverted).Select(static one => one.Page)];
            if (!expected.AsSpan().SequenceEqual(found)) Assert.Equal(expected, found);    // which is slow, and prints where they differ
        }
    }

    /// <summary>A scan for exactly one kind of page, and one for all others.</summary>
    [Theory]
    [InlineData(TableFormat.Classic)]
    [InlineData(TableFormat.Pae)]
    public void EachKindOfPageIsFoundAlone(TableFormat format)
    {
        using Scanned machine = new(format, new(11));
        AddressSpace memory = machine.Process.Memory;
        List<(PageNumber Page, PageCategories Categories)> all = Scan(memory, default, default, default);
        PageCategories[] kinds = [.. all.Select(static one => one.Categories).Distinct()];
        Assert.True(kinds.Length > 6);
        foreach (PageCategories kind in kinds)
        {
            Assert.Equal(all.Where(one => one.Categories == kind).Select(static one => one.Page),
                Scan(memory, PageCategories.All, default, PageCategories.All & ~kind).Select(static one => one.Page));
            Assert.Equal(all.Where(one => one.Categories != kind).Select(static one => one.Page),
                Scan(memory, default, PageCategories.All, kind).Select(static one => one.Page));
            Assert.Equal(all.Where(one => one.Categories == kind).Select(static one => one.Page), Scan(
                memory, PageCategories.All, default, PageCategories.All & ~kind, returned: 0).Select(static one => one.Page));
            Assert.Equal(all.Where(one => one.Categories != kind).Select(static one => one.Page),
                Scan(memory, default, PageCategories.All, kind, returned: 0).Select(static one => one.Page));
        }
    }

    /// <summary>A scan stops at its limit of pages, or when the regions are full, and returns where it stopped.</summary>
    [Fact]
    public void AScanStopsWhereItsRoomEnds()
    {
        using World world = new();
        world.Map(0, 40);
        int[] written = [1, 2, 3, 7, 8, 20];    // three regions
        foreach (int page in written) world.Touch(page);
        PageScanRequest all = new(new(World.At(0).Page, new(40)), PageCategories.Present, 0, 0, PageCategories.Present);
        for (uint most = 1; most <= 7; most++)
        {
            World.Succeeds(world.Memory.ScanPages(all with { PageCountMax = most }, new PageRegion[8], out int count, out PageCount pages,
                out PageNumber end));
            Assert.Equal(Math.Min(most, 6), pages.Value);
            Assert.Equal(most <= 3 ? 1 : most <= 5 ? 2 : 3, count);
            if (most >= written.Length) Assert.Equal(all.Range.End, end);
            // nothing more was found up to there, and a scan that goes on there finds the rest
            World.Succeeds(world.Memory.ScanPages(all with { Range = PageRange.Between(end, all.Range.End) }, new PageRegion[8], out _,
                out PageCount rest, out _));
            Assert.Equal(6 - pages.Value, rest.Value);
        }

        for (int room = 1; room <= 4; room++)
        {
            World.Succeeds(world.Memory.ScanPages(all, new PageRegion[room], out int count, out PageCount pages, out PageNumber end));
            Assert.Equal(Math.Min(room, 3), count);
            Assert.Equal(room switch { 1 => 3u, 2 => 5u, _ => 6u }, pages.Value);
            Assert.Equal(room == 1 ? World.At(7).Page : room == 2 ? World.At(20).Page : all.Range.End, end);
        }
    }

    /// <summary>A scan that protects does so with exactly the pages that it reports, limited by regions and by pages.</summary>
    [Theory]
    [InlineData(1, 0u, "0 1 2")]
    [InlineData(2, 0u, "0 1 2 5 6")]
    [InlineData(9, 0u, "0 1 2 5 6 8")]
    [InlineData(9, 1u, "0")]
    [InlineData(9, 4u, "0 1 2 5")]
    [InlineData(2, 5u, "0 1 2 5 6")]
    public void ExactlyTheReportedPagesAreProtected(int room, uint most, string reported)
    {
        using World world = new();
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        world.Map(0, 10);
        world.Map(10, 2);    // an area after the range
        World.Succeeds(faults.Register(World.At(0), World.Bytes(12), UserfaultModes.WriteProtect));
        World.Succeeds(faults.WriteProtect(World.At(0), World.Bytes(12), protect: true));
        foreach (int page in (int[])[0, 1, 2, 5, 6, 8, 10]) world.Touch(page);
        PageScanRequest request = new(new(World.At(0).Page, new(10)), PageCategories.Written, 0, 0, PageCategories.Written, most)
        {
            ProtectsMatching = true,
        };
        PageRegion[] regions = new PageRegion[room];
        World.Succeeds(world.Memory.ScanPages(request, regions, out int count, out PageCount pages, out _));
        Assert.Equal(reported, string.Join(' ', Enumerable.Range(0, 12).Where(page => regions.AsSpan(0, count).ToArray().Any(region =>
            region.Range.Contains(World.At(page).Page)))));
        Assert.Equal((uint)reported.Split(' ').Length, pages.Value);
        foreach (int page in (int[])[0, 1, 2, 5, 6, 8, 10])
            Assert.Equal(reported.Split(' ').Contains($"{page}", StringComparer.Ordinal),
                world.Memory.ReadPagemap(World.At(page).Page).IsWriteProtected);
    }

    /// <summary>Only pages that were written are protected, though the scan asks for all that are there.</summary>
    [Fact]
    public void PagesThatAreProtectedStayAsTheyAre()
    {
        using World world = new();
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        world.Map(0, 4);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.WriteProtect));
        for (int page = 0; page < 4; page++) world.Touch(page);
        World.Succeeds(faults.WriteProtect(World.At(1), World.Bytes(2), protect: true));
        PageTableEntry before = world.Memory.Space.Tables.Read(World.At(1).Page);
        PageScanRequest request = new(new(World.At(0).Page, new(4)), PageCategories.Present, 0, 0, PageCategories.Written)
        {
            ProtectsMatching = true,
        };
        World.Succeeds(world.Memory.ScanPages(request, new PageRegion[4], out int count, out PageCount pages, out _));
        Assert.Equal((3, 4u), (count, pages.Value));
        Assert.Equal(before, world.Memory.Space.Tables.Read(World.At(1).Page));
        for (int page = 0; page < 4; page++) Assert.True(world.Memory.ReadPagemap(World.At(page).Page).IsWriteProtected);
        world.Verify();
    }

    /// <summary>A range that is not whole pages is refused, and nothing is protected. Linux: validate_range.</summary>
    [Theory]
    [InlineData(1u, 4096u)]
    [InlineData(0u, 100u)]
    [InlineData(0u, 0u)]
    public void WriteProtectWantsPages(uint offset, uint byteLength)
    {
        using World world = new();
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        world.Map(0, 4);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.WriteProtect));
        world.Touch(0);
        World.Returns(Errno.EINVAL, faults.WriteProtect(World.At(0) + offset, byteLength, protect: true));
        Assert.False(world.Memory.ReadPagemap(World.At(0).Page).IsWriteProtected);
    }

    /// <summary>An area registered for missing pages only cannot be protected, even by a userfaultfd that protects elsewhere.</summary>
    [Fact]
    public void AnAreaForMissingPagesOnlyIsNotProtected()
    {
        using World world = new();
        world.Map(0, 4);
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing));
        PageScanRequest request = new(new(World.At(0).Page, new(4)), 0, 0, 0, PageCategories.All) { RequiresProtection = true };
        World.Returns(Errno.EPERM, world.Memory.ScanPages(request, new PageRegion[8], out _, out _, out _));
        World.Succeeds(faults.Copy(World.At(1), new byte[4096], UserfaultFillFlags.None, out _));
        request = request with { ProtectsMatching = true, RequiresProtection = false };
        World.Succeeds(world.Memory.ScanPages(request, new PageRegion[8], out int count, out PageCount pages, out _));
        Assert.Equal((0, 0u), (count, pages.Value));
        world.Touch(1, 5);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.Missing | UserfaultModes.WriteProtect));
        World.Succeeds(world.Memory.ScanPages(request, new PageRegion[8], out count, out pages, out _));
        Assert.Equal((4u, true), (pages.Value, world.Memory.ReadPagemap(World.At(1).Page).IsWriteProtected));
    }

    /// <summary>A scan without room for regions reports nothing, and goes to the end. Unknown categories are refused.</summary>
    [Fact]
    public void AScanWithoutRegionsReachesTheEnd()
    {
        using World world = new();
        world.Map(0, 4);
        world.Touch(2);
        PageScanRequest all = new(new(World.At(0).Page, new(4)), PageCategories.Present, 0, 0, PageCategories.Present);
        World.Succeeds(world.Memory.ScanPages(all, [], out int count, out PageCount pages, out PageNumber end));
        Assert.Equal((0, 0u, all.Range.End), (count, pages.Value, end));
        const PageCategories unknown = (PageCategories)(1 << 20);
        PageScanRequest[] wrong =
        [
            all with { Mask = unknown }, all with { AnyOf = unknown }, all with { Inverted = unknown }, all with { Return = unknown },
            all with { Range = PageRange.Between(new(0xB_FFFF), new(0xC_0001)) },
        ];
        foreach (PageScanRequest request in wrong)
        {
            World.Returns(Errno.EINVAL, world.Memory.ScanPages(request, new PageRegion[4], out count, out pages, out end));
            Assert.Equal((0, 0u, request.Range.First), (count, pages.Value, end));
        }
    }

    /// <summary>Unprotectable pages are an error if the scan requires protection, and are skipped if the scan protects.</summary>
    [Fact]
    public void OnlyARegisteredAreaIsProtected()
    {
        using World world = new();
        using Userfaultfd faults = world.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        world.Map(0, 4);
        World.Succeeds(faults.Register(World.At(0), World.Bytes(4), UserfaultModes.WriteProtect));
        world.Map(4, 4, MemoryProtection.Read);
        world.Touch(1);
        PageScanRequest request = new(new(World.At(0).Page, new(8)), PageCategories.Written, 0, 0, PageCategories.All)
        {
            RequiresProtection = true,
        };
        Assert.Equal(Errno.EPERM, world.Memory.ScanPages(request, new PageRegion[8], out _, out PageCount pages, out _));
        Assert.Equal(4u, pages.Value);    // what was never touched counts as written where writes are reported
        PageRegion[] regions = new PageRegion[8];
        World.Succeeds(world.Memory.ScanPages(request with { RequiresProtection = false }, regions, out int count, out pages, out _));
        Assert.Equal(PageCategories.WriteProtectable | PageCategories.Written | PageCategories.SoftDirty, regions[0].Categories);
        Assert.True(count > 1 && pages.Value > 4);

        world.Map(5000, 4);    // nothing was touched near it: there is not even a table
        World.Succeeds(faults.Register(World.At(5000), World.Bytes(4), UserfaultModes.WriteProtect));
        PageScanRequest far = request with { Range = new(World.At(5000).Page, new(4)) };
        World.Succeeds(world.Memory.ScanPages(far, regions, out count, out pages, out _));
        Assert.Equal((1, 4u), (count, pages.Value));

        PageScanRequest protecting = request with { ProtectsMatching = true, RequiresProtection = false };
        World.Succeeds(world.Memory.ScanPages(protecting, regions, out _, out pages, out _));
        Assert.Equal(4u, pages.Value);
        World.Succeeds(world.Memory.ScanPages(protecting, regions, out _, out pages, out _));
        Assert.Equal(0u, pages.Value);
        world.Touch(2);
        World.Succeeds(world.Memory.ScanPages(protecting, [], out count, out pages, out _));    // protects without reporting
        Assert.Equal((0, 0u), (count, pages.Value));
        World.Succeeds(world.Memory.ScanPages(protecting, regions, out _, out pages, out _));
        Assert.Equal(0u, pages.Value);
    }

    [Fact]
    public void PagesOfAHugeLeafAreReportedAsHuge()
    {
        using PagingEngine engine = new(new EngineOptions
        {
            RamBytes = 64 << 20,
            RequestHostHugePages = false,
            TransparentHugePages = TransparentHugePages.Advised,
        });
        using UserProcess process = engine.CreateProcess("huge");
        Assert.Equal(Errno.None, process.Memory.Map(new(0x2000_0000), 4 << 20, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _));
        Assert.Equal(Errno.None, process.Memory.Advise(new(0x2000_0000), 4 << 20, MemoryAdvice.HugePage));
        process.Memory.Mmu.Write(new(0x2000_0000), 1);
        PageScanRequest request = new(new(new(0x2_0000), new(1024)), PageCategories.Huge, 0, 0, PageCategories.Huge);
        Assert.Equal(Errno.None, process.Memory.ScanPages(request, new PageRegion[4], out int count, out PageCount pages, out _));
        Assert.Equal((1, 1024u), (count, pages.Value));
    }

    [Fact]
    public void ProtectingScansReportEachWrittenPageOnce()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 32 << 20, RequestHostHugePages = false });
        using UserProcess process = engine.CreateProcess("scanned");
        using Userfaultfd faults = process.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
        MakeArea(process, faults, Start, MapFlags.Private | MapFlags.Anonymous);
        PageScanRequest request = new(new(Start.Page, new(PageCount)), PageCategories.Written, 0, 0, PageCategories.Written)
        {
            ProtectsMatching = true,
        };
        PageRegion[] regions = new PageRegion[PageCount];
        Assert.Equal(Errno.None, process.Memory.ScanPages(request, regions, out _, out _, out _));
        Random random = new(3);
        for (int round = 0; round < 50; round++)
        {
            SortedSet<uint> written = [.. Enumerable.Range(0, random.Next(40)).Select(_ => (uint)random.Next((int)PageCount))];
            foreach (uint page in written) process.Memory.Mmu.Write(Start + (page << 12), round);
            Assert.Equal(Errno.None, process.Memory.ScanPages(request, regions, out int count, out PageCount found, out PageNumber end));
            Assert.Equal(written.Count, (int)found.Value);
            Assert.Equal(Start.Page + new PageCount(PageCount), end);
            Assert.Equal(written, regions.Take(count).SelectMany(PagesOf).Select(static page => page.Value - Start.Page.Value));
        }

        Assert.True(engine.Audit().IsClean);
    }

    private static PageCategories Some(Random random) =>
        random.Next(3) == 0 ? 0 : (PageCategories)(1 << random.Next(8)) | (random.Next(3) == 0 ? (PageCategories)random.Next(256) : 0);

    private static IEnumerable<PageNumber> PagesOf(PageRegion region)
    {
        for (PageNumber page = region.Range.First; page < region.Range.End; page++) yield return page;
    }

    private static List<(PageNumber Page, PageCategories Categories)> Scan(
        AddressSpace memory, PageCategories mask, PageCategories anyOf, PageCategories inverted,
        PageCategories returned = PageCategories.All)
    {
        PageRegion[] regions = new PageRegion[3 * PageCount];
        PageScanRequest request = new(new(default, Native.PageCount.UserHalf), mask, anyOf, inverted, returned);
        Assert.Equal(Errno.None, memory.ScanPages(request, regions, out int count, out _, out _));
        return [.. regions.Take(count).SelectMany(static region => PagesOf(region).Select(page => (page, region.Categories)))];
    }

    private static void MakeArea(UserProcess process, Userfaultfd? faults, VirtualAddress start, MapFlags flags)
    {
        Assert.Equal(Errno.None,
            process.Memory.Map(start, PageCount << 12, MemoryProtection.ReadWrite, flags | MapFlags.Fixed, out _));
        for (uint page = 0; page < PageCount; page++) process.Memory.Mmu.Write(start + (page << 12), page);
        if (faults is null) return;
        Assert.Equal(Errno.None, faults.Register(start, PageCount << 12, UserfaultModes.WriteProtect));
    }

    private static void MakeAllKinds(PagingEngine engine, UserProcess process, Userfaultfd faults, Random random)
    {
        AddressSpace memory = process.Memory;
        MakeArea(process, faults, Start, MapFlags.Private | MapFlags.Anonymous);
        MakeArea(process, null, Start + (PageCount << 12), MapFlags.Shared | MapFlags.Anonymous);
        for (int i = 0; i < 400; i++)
        {
            VirtualAddress one = Start + ((uint)random.Next((int)PageCount * 2) << 12);
            Errno error = random.Next(6) switch
            {
                0 => memory.Advise(one, 8192, MemoryAdvice.DontNeed),
                1 => memory.Advise(one, 4096, MemoryAdvice.PageOut),
                2 => i < 20 ? memory.ClearReferences(ReferenceKind.SoftDirty) : Errno.None,
                3 => faults.WriteProtect(one, 16 << 12, protect: true),
                4 => memory.Mmu.TryWrite(one, i) ? Errno.None : Errno.EFAULT,
                _ => memory.Mmu.TryRead(one, out int _) ? Errno.None : Errno.EFAULT,
            };
            _ = error;    // a range beyond the registered area is refused, for example
        }

        Assert.True(engine.Audit().IsClean);
    }

    /// <summary>A machine with swap, and a process whose pages are of all kinds.</summary>
    private sealed class Scanned : IDisposable
    {
        private readonly PagingEngine _engine;
        private readonly MemorySwapStore _store = new(16 << 20);
        private readonly Userfaultfd _faults;

        public Scanned(TableFormat format, Random random)
        {
            _engine = new(new EngineOptions { RamBytes = 32 << 20, Tables = format, RequestHostHugePages = false });
            Assert.Equal(Errno.None, _engine.Swap.SwitchOn(_store, out _));
            Process = _engine.CreateProcess("scanned");
            _faults = Process.Memory.Userfaultfds.Open(UserfaultFeatures.ProtectSilently);
            MakeAllKinds(_engine, Process, _faults, random);
        }

        public UserProcess Process { get; }

        public void Dispose()
        {
            _faults.Dispose();
            Process.Dispose();
            _store.Dispose();
            _engine.Dispose();
        }
    }
}
