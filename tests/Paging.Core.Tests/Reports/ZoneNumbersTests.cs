using System.Globalization;
using Paging.Core.Swap;
using Paging.Native;
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
        World.Succeeds(world.Engine.SwapOn(new MemorySwapStore(1 << 20), out _));
        world.Map(0, 32);
        for (int page = 0; page < 32; page++) world.Touch(page, 1);
        World.Succeeds(world.Memory.Advise(World.At(0), World.Bytes(32), MemoryAdvice.PageOut));
        world.Peek(3);
        string text = world.Engine.FormatZoneInfo();
        Assert.Equal((8, 8), (All(text, "nr_swapcached").Single(), All(text, "nr_file_pages").Single()));
    }

    /// <summary>A zone's pages: those that are free are those of the blocks and those outside of them.</summary>
    [Fact]
    public void FreeBlocksAndFramesOutsideThemAreWhatIsFree()
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

    /// <summary>Pages on each list, and locked ones, in two zones: the zones' figures are the machine's together.</summary>
    [Fact]
    public void TheZonesListsAreTheMachinesTogether()
    {
        using World world = new(32);
        int file = world.OpenBacked(new(300 * 4096));
        world.Map(0, 5000);
        for (int page = 0; page < 5000; page++) world.Touch(page, 1);
        world.MapFile(file, 6000, 300);
        for (int page = 6000; page < 6300; page++) world.Peek(page);
        for (int round = 0; round < 2; round++) World.Succeeds(world.First.Files.Read(file, 0, new byte[50 * 4096], out _));
        World.Succeeds(world.Memory.Lock(World.At(2000), World.Bytes(400)));
        for (int page = 0; page < 2000; page++) world.Peek(page);
        world.Engine.Parts.Reclaim.Reclaimer.Free(32);    // what was used becomes active
        string text = world.Engine.FormatZoneInfo();
        foreach (string list in (string[])["inactive_anon", "active_anon", "inactive_file", "active_file", "unevictable"])
            Assert.Equal(All(text, $"nr_{list}").Sum(), All(text, $"nr_zone_{list}").Sum());
        Assert.Equal(400, All(text, "nr_zone_unevictable").Sum());
        Assert.Equal((2, 2), (ZonesWith(text, "nr_zone_inactive_anon"), ZonesWith(text, "nr_zone_inactive_file")));
    }

    private static int ZonesWith(string text, string name) => All(text, name).Count(static pages => pages > 0);

    /// <summary>The values of every line that begins with a name.</summary>
    private static long[] All(string text, string name) => [.. text.Split('\n')
        .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(words => words.Length == 2 && string.Equals(words[0], name, StringComparison.Ordinal))
        .Select(static words => long.Parse(words[1], CultureInfo.InvariantCulture))];
}
