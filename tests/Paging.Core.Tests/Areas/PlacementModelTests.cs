using Paging.Core.SystemCalls;
using Paging.Core.Verification;
using Paging.Native;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Thousands of layouts, and every mapping lies where a search over all pages would have put it.</summary>
public sealed class PlacementModelTests
{
    private const int LayoutCount = 1200;

    [Fact]
    public void AFlexibleLayoutPutsMappingsWhereASearchOverAllPagesDoes() => Compare(isTopDown: true, mmapBase: 0x10 + 1500);

    [Trait("Category", "Medium")]
    [Fact]
    public void AClassicLayoutPutsMappingsWhereASearchOverAllPagesDoes() => Compare(isTopDown: false, mmapBase: 0x4_0000);

    // Room is scarce: at most 1500 pages below mmap_base and as many above 0x40000. The rest is reserved.
    private static void Compare(bool isTopDown, uint mmapBase)
    {
        using PagingEngine engine = new(World.Options(1));
        PlacementModel model = new(isTopDown, mmapBase);
        ProcessOptions options = new() { IsTopDown = isTopDown, MmapBase = new PageNumber(mmapBase).Address };
        Property.ForSeeds(LayoutCount, seed =>
        {
            Random random = new((int)seed);
            model.Clear();
            using UserProcess process = engine.CreateProcess("p", options);
            Reserve(process, model, mmapBase + (uint)random.Next(600), 0x4_0000);
            Reserve(process, model, 0x4_0000 + 1500, 0xC_0000);
            for (int area = random.Next(40); area > 0; area--) AddFixed(process, model, random);
            for (int call = 0; call < 25; call++) MapSomewhere(process, model, random);
            for (int question = 0; question < 25; question++) AskAligned(process, model, random);
            AuditReport report = new();
            AreaAudit.Run(process.Memory.Space, report);
            Assert.True(report.IsClean, report.ToString());
        });
    }

    private static void Reserve(UserProcess process, PlacementModel model, uint first, uint end)
    {
        if (first >= end || !model.IsFree(first, end - first)) return;
        World.Succeeds(process.Memory.Reserve(PageRange.Between(new(first), new(end))));
        model.Add(first, end - first, grows: false);
    }

    // Also where the gap of a growing area reaches down to page 0.
    private static uint AnyPage(Random random) => (uint)(random.Next(4) switch
    {
        0 => 0x10 + random.Next(600),
        1 => 0x10 + 300 + random.Next(1300),
        _ => 0x4_0000 + 300 + random.Next(1300),
    });

    private static void AddFixed(UserProcess process, PlacementModel model, Random random)
    {
        uint first = AnyPage(random), count = (uint)random.Next(1, 20);
        if (!model.IsFree(first, count)) return;
        bool grows = random.Next(8) == 0;
        MapFlags flags =
            World.PrivateFixed | (grows ? MapFlags.GrowsDown : MapFlags.None) | (random.Next(2) == 0 ? MapFlags.NoReserve : MapFlags.None);
        World.Succeeds(process.Memory.Map(new PageNumber(first).Address, count << 12, (MemoryProtection)random.Next(4), flags, out _));
        model.Add(first, count, grows);
    }

    // Alignments of huge pages of any size. Only queried: no other area needs them.
    private static void AskAligned(UserProcess process, PlacementModel model, Random random)
    {
        uint alignment = 1u << random.Next(9), count = (uint)random.Next(1, 8) * (random.Next(2) == 0 ? alignment : 1);
        Errno error = Placement.Choose(process.Memory.Space, default, new(count), out PageNumber first, alignment);
        uint? expected = model.Place(0, count, alignment);
        Assert.Equal(expected is null ? Errno.ENOMEM : Errno.None, error);
        if (expected is { } there) Assert.Equal(new PageNumber(there), first);
    }

    private static void MapSomewhere(UserProcess process, PlacementModel model, Random random)
    {
        uint count = (uint)(random.Next(4) == 0 ? random.Next(1, 600) : random.Next(1, 40));
        uint hint = random.Next(3) == 0 ? AnyPage(random) : random.Next(10) == 0 ? (uint)random.Next(20) : 0;
        uint? expected = model.Place(hint, count);
        Errno error = process.Memory.Map(new PageNumber(hint).Address, count << 12, MemoryProtection.Read,
            MapFlags.Private | MapFlags.Anonymous, out VirtualAddress at);
        Assert.Equal(expected is null ? Errno.ENOMEM : Errno.None, error);
        if (expected is not { } first) return;
        Assert.Equal(new PageNumber(first), at.Page);
        if (random.Next(3) != 0)
        {
            model.Add(first, count, grows: false);
            return;
        }

        World.Succeeds(process.Memory.Unmap(at, count << 12));
    }
}
