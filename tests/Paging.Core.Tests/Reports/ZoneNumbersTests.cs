using System.Globalization;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Reports;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Figures of zoneinfo that follow from each other, or from a story that can be counted by hand.</summary>
/// <remarks>Linux: mm/vmstat.c zoneinfo_show_print; mm/page_alloc.c __setup_per_zone_wmarks.</remarks>
public class ZoneNumbersTests
{
    /// <summary>Four watermarks, the same distance apart: a quarter of the lowest, or a thousandth of the zone if that is more.</summary>
    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    public void TheWatermarksLieTheSameDistanceApart(int mebibytes)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = (ulong)mebibytes << 20, RequestHostHugePages = false });
        string text = engine.FormatZoneInfo();
        long[] min = All(text, "min"), low = All(text, "low"), high = All(text, "high");
        long[] promo = All(text, "promo"), managed = All(text, "managed");
        Assert.Contains(min, static pages => pages > 0);
        for (int zone = 0; zone < min.Length; zone++)
        {
            long distance = Math.Max(min[zone] / 4, managed[zone] * 10 / 10_000);
            Assert.Equal(min[zone] + distance, low[zone]);
            Assert.Equal(low[zone] + distance, high[zone]);
            Assert.Equal(high[zone] + distance, promo[zone]);
        }
    }

    /// <summary>Eight pages come back from swap by one fault, and wait in the swap cache: pages of files for the kernel.</summary>
    [Fact]
    public void TheSwapCacheCountsAmongPagesOfFiles()
    {
        using World world = new();
        World.Succeeds(world.Engine.Swap.SwitchOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 32);
        for (int page = 0; page < 32; page++) world.Touch(page, 1);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(32), MemoryAdvice.PageOut));
        world.Peek(3);
        string text = world.Engine.FormatZoneInfo();
        Assert.Equal((8, 8), (All(text, "nr_swapcached").Single(), All(text, "nr_file_pages").Single()));
    }

    /// <summary>A zone's pages: those that are free are those of the blocks and those outside of them.</summary>
    [Fact]
    public void FreeBlocksAndSingleFramesAddUpToTheFreeMemory()
    {
        using World world = new();
        world.Map(0, 40);
        for (int page = 0; page < 40; page++) world.Touch(page, 1);
        string text = world.Engine.FormatZoneInfo();
        long blocks = 0;
        foreach (string line in world.Engine.FormatBuddyInfo().Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int order = 0; order < words.Length - 4; order++)
                blocks += long.Parse(words[order + 4], CultureInfo.InvariantCulture) << order;
        }

        Assert.Equal(world.Engine.Memory.Free.Value, All(text, "nr_free_pages").Sum());
        Assert.Equal(All(text, "nr_free_pages").Sum(), blocks + All(text, "count:").Sum());
    }

    /// <summary>Private pages, shared ones, pages of a file, active and locked ones: each zone's counts match its descriptors.</summary>
    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    public void TheListsOfTheZonesAreThoseOfTheMachine(uint mebibytes)
    {
        using World world = new(mebibytes);
        const int own = 40, shared = 12, ofFile = 25, lockedCount = 7;
        world.Map(0, own);
        world.MapShared(100, shared);
        for (int page = 0; page < own; page++) world.Touch(page);
        for (int page = 100; page < 100 + shared; page++) world.Touch(page);
        GuestFile file = world.CreateBacked(new(ofFile * 4096));
        for (int round = 0; round < 3; round++)
        {
            for (int page = 0; page < ofFile / 2; page++) World.Succeeds(file.Read(page * 4096L, new byte[1], out _));
            World.Succeeds(file.Read(24 * 4096, new byte[1], out _));
        }

        World.Succeeds(world.Memory.Lock(World.At(0), lockedCount * 4096));
        MachineMemory machine = world.Engine.Memory;
        ZoneMemory[] zones = world.Engine.Parts.Counting.RunZones();
        Assert.Equal((machine.ActiveAnonymous.Value, machine.InactiveAnonymous.Value, machine.ActiveFile.Value),
            (Sum(zones, static zone => zone.ActiveAnonymous), Sum(zones, static zone => zone.InactiveAnonymous),
            Sum(zones, static zone => zone.ActiveFile)));
        Assert.Equal((machine.InactiveFile.Value, machine.Unevictable.Value, machine.Free.Value, machine.Total.Value),
            (Sum(zones, static zone => zone.InactiveFile), Sum(zones, static zone => zone.Unevictable),
            Sum(zones, static zone => zone.Free), Sum(zones, static zone => zone.Managed)));
        Assert.Equal((uint)lockedCount, machine.Unevictable.Value);
        Assert.Equal((uint)(own + shared - lockedCount), machine.ActiveAnonymous.Value + machine.InactiveAnonymous.Value);
        Assert.Equal(file.CachedPages.Value, machine.ActiveFile.Value + machine.InactiveFile.Value);
        Assert.True(machine.ActiveFile.Value > 0 && machine.InactiveFile.Value > 0);

        uint reserved = 0;
        FrameTable frames = world.Machine.Frames;
        for (uint frame = 0; frame < frames.Count.Value; frame++)
            if (frames[new(frame)].State == FrameState.Reserved) reserved++;
        Assert.True(reserved > 0);
        Assert.Equal((frames.Count.Value, frames.Count.Value - reserved), (machine.Frames.Value, machine.Total.Value));
        foreach (ZoneMemory zone in zones) AssertCountsOf(zone, frames);
    }

    private static void AssertCountsOf(in ZoneMemory zone, FrameTable frames)
    {
        uint free = 0, reserved = 0;
        for (uint frame = zone.First.Value; frame < zone.First.Value + zone.Present.Value; frame++)
        {
            FrameState state = frames[new(frame)].State;
            if (state == FrameState.Free) free++;
            if (state == FrameState.Reserved) reserved++;
        }

        Assert.Equal((free, zone.Present.Value - reserved), (zone.Free.Value, zone.Managed.Value));
        long inBlocks = 0;
        for (int order = 0; order < zone.FreeBlocks.Count; order++) inBlocks += (long)zone.FreeBlocks[order] << order;
        Assert.InRange(inBlocks, 0, free);
    }

    private static uint Sum(ZoneMemory[] zones, Func<ZoneMemory, FrameCount> of) => (uint)zones.Sum(zone => of(zone).Value);

    /// <summary>The values of every line that begins with a name.</summary>
    private static long[] All(string text, string name) => [.. text.Split('\n')
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length == 2 && string.Equals(words[0], name, StringComparison.Ordinal))
        .Select(static words => long.Parse(words[1], CultureInfo.InvariantCulture))];
}
