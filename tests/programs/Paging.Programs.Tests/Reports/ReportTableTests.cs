using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Tables;
using Paging.Reports;

namespace Paging.Programs.Tests;

/// <summary>Each line of the machine's reports beside its figure, in a machine in which the figures differ.</summary>
/// <remarks>Linux: fs/proc/meminfo.c meminfo_proc_show, mm/vmstat.c vmstat_text and zoneinfo_show_print, mm/swapfile.c swap_show.</remarks>
public sealed class ReportTableTests
{
    /// <summary>The lines of vmstat that the engine can answer, in the kernel's order.</summary>
    private const string VmstatNames =
        "nr_free_pages nr_mlock nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file nr_unevictable "
        + "workingset_refault_anon workingset_refault_file workingset_activate_anon workingset_activate_file nr_anon_pages "
        + "nr_mapped nr_file_pages nr_dirty nr_writeback nr_shmem nr_vmscan_write nr_written nr_page_table_pages "
        + "nr_swapcached pgpgin pgpgout pswpin pswpout allocstall_normal pgactivate pgdeactivate pgfault pgmajfault "
        + "pglazyfreed pgreuse pgsteal_kswapd pgsteal_direct pgscan_kswapd pgscan_direct pgscan_anon pgscan_file pgsteal_anon "
        + "pgsteal_file oom_kill pgmigrate_success pgmigrate_fail compact_migrate_scanned compact_free_scanned "
        + "compact_isolated compact_stall compact_fail compact_success thp_fault_alloc thp_fault_fallback "
        + "thp_fault_fallback_charge thp_collapse_alloc thp_collapse_alloc_failed thp_split_page thp_split_pmd "
        + "thp_scan_exceed_none_pte thp_scan_exceed_swap_pte thp_scan_exceed_share_pte thp_zero_page_alloc "
        + "thp_zero_page_alloc_failed thp_swpout thp_swpout_fallback swap_ra swap_ra_hit swpout_zero";

    [Fact]
    public void EveryLineOfMeminfoIsItsOwnFigureInKibibytes()
    {
        using BusyMachine busy = new();
        MachineMemory now = busy.Engine.Memory;
        ZoneMemory[] zones = [.. busy.Engine.Frames.CountZones()];
        Dictionary<string, long> expected = new(StringComparer.Ordinal)
        {
            ["MemTotal"] = now.Total.Value,
            ["MemFree"] = now.Free.Value,
            ["MemAvailable"] = now.Available.Value,
            ["Cached"] = now.Cached.Value,
            ["SwapCached"] = now.SwapCached.Value,
            ["Active"] = now.ActiveAnonymous.Value + now.ActiveFile.Value,
            ["Inactive"] = now.InactiveAnonymous.Value + now.InactiveFile.Value,
            ["Active(anon)"] = now.ActiveAnonymous.Value,
            ["Inactive(anon)"] = now.InactiveAnonymous.Value,
            ["Active(file)"] = now.ActiveFile.Value,
            ["Inactive(file)"] = now.InactiveFile.Value,
            ["Unevictable"] = now.Unevictable.Value,
            ["Mlocked"] = now.Unevictable.Value,
            ["LowTotal"] = zones.Sum(static zone => zone.Managed.Value),    // 4 MiB are all low
            ["LowFree"] = zones.Sum(static zone => zone.Free.Value),
            ["SwapTotal"] = now.SwapTotal,
            ["SwapFree"] = now.SwapFree,
            ["Dirty"] = now.Dirty.Value,
            ["AnonPages"] = now.MappedAnonymous.Value,
            ["Mapped"] = now.MappedCached.Value,
            ["Shmem"] = now.Shared.Value,
            ["PageTables"] = now.PageTables.Value,
            ["CommitLimit"] = now.CommitLimit,
            ["Committed_AS"] = now.Committed,
            ["Hugepagesize"] = 1024,
            ["DirectMap4M"] = 1024,
        };
        Dictionary<string, long> found = Table(busy.Engine.FormatMeminfo(), ':');
        foreach ((string name, long kibibytes) in found)
            Assert.Equal((name, expected.GetValueOrDefault(name) * 4), (name, kibibytes));
        Assert.Empty(expected.Keys.Except(found.Keys, StringComparer.Ordinal));
        MostDiffer(expected.Values, 12);
    }

    [Fact]
    public void EveryLineOfVmstatIsItsOwnFigure()
    {
        using BusyMachine busy = new();
        MachineMemory now = busy.Engine.Memory;
        ReclaimCounters reclaim = busy.Engine.Reclaimed;
        FaultCounters faults = busy.Engine.Faults;
        CacheCounters cache = busy.Engine.Files.CacheCounters;
        Dictionary<string, long> expected = new(StringComparer.Ordinal)
        {
            ["nr_free_pages"] = now.Free.Value,
            ["nr_mlock"] = now.Unevictable.Value,
            ["nr_inactive_anon"] = now.InactiveAnonymous.Value,
            ["nr_active_anon"] = now.ActiveAnonymous.Value,
            ["nr_inactive_file"] = now.InactiveFile.Value,
            ["nr_active_file"] = now.ActiveFile.Value,
            ["nr_unevictable"] = now.Unevictable.Value,
            ["workingset_refault_anon"] = reclaim.Refaulted - reclaim.RefaultedFile,
            ["workingset_refault_file"] = reclaim.RefaultedFile,
            ["workingset_activate_anon"] = reclaim.RefaultedActive - reclaim.RefaultedActiveFile,
            ["workingset_activate_file"] = reclaim.RefaultedActiveFile,
            ["nr_anon_pages"] = now.MappedAnonymous.Value,
            ["nr_mapped"] = now.MappedCached.Value,
            ["nr_file_pages"] = now.Cached.Value + now.SwapCached.Value,
            ["nr_dirty"] = now.Dirty.Value,
            ["nr_shmem"] = now.Shared.Value,
            ["nr_vmscan_write"] = reclaim.SwapWrites + reclaim.FileWrites,
            ["nr_written"] = cache.PagesWritten,
            ["nr_page_table_pages"] = now.PageTables.Value,
            ["nr_swapcached"] = now.SwapCached.Value,
            ["pgpgin"] = 4 * (cache.PagesRead + reclaim.SwapReads),
            ["pgpgout"] = 4 * (cache.PagesWritten + reclaim.SwapWrites),
            ["pswpin"] = reclaim.SwapReads,
            ["pswpout"] = reclaim.SwapWrites,
            ["allocstall_normal"] = reclaim.DirectReclaims,
            ["pgactivate"] = reclaim.Activated,
            ["pgdeactivate"] = reclaim.Deactivated,
            ["pgfault"] = faults.Minor + faults.Major,
            ["pgmajfault"] = faults.Major,
            ["pglazyfreed"] = reclaim.LazyFreed,
            ["pgreuse"] = faults.Reused,
            ["pgsteal_kswapd"] = reclaim.BackgroundReclaimed,
            ["pgsteal_direct"] = reclaim.Reclaimed - reclaim.BackgroundReclaimed,
            ["pgscan_kswapd"] = reclaim.BackgroundScanned,
            ["pgscan_direct"] = reclaim.Scanned - reclaim.BackgroundScanned,
            ["pgscan_anon"] = reclaim.Scanned - reclaim.ScannedFile,
            ["pgscan_file"] = reclaim.ScannedFile,
            ["pgsteal_anon"] = reclaim.Reclaimed - reclaim.ReclaimedFile,
            ["pgsteal_file"] = reclaim.ReclaimedFile,
            ["swap_ra"] = reclaim.SwapReadAhead,
            ["swap_ra_hit"] = reclaim.SwapReadAheadHits,
            ["swpout_zero"] = reclaim.ZeroPages,
        };
        Dictionary<string, long> found = Table(busy.Engine.FormatVmstat(), ' ');
        foreach ((string name, long value) in found) Assert.Equal((name, expected.GetValueOrDefault(name)), (name, value));
        Assert.Equal(VmstatNames, string.Join(' ', found.Keys));
        MostDiffer(expected.Values, 20);
    }

    [Fact]
    public void EveryLineOfTheZonesIsItsOwnFigure()
    {
        using BusyMachine busy = new();
        MachineMemory now = busy.Engine.Memory;
        ZoneMemory zone = busy.Engine.Frames.CountZones().Single(static zone => zone.Present.Value != 0);
        string text = busy.Engine.FormatZoneInfo();
        string dma = text[..text.IndexOf("Node 0, zone   Normal", StringComparison.Ordinal)];
        StringBuilder blocks = new();
        foreach (uint ofOrder in zone.FreeBlocks) blocks.Append(CultureInfo.InvariantCulture, $"{ofOrder,6} ");
        Assert.Equal($"Node 0, zone      DMA {blocks}\n", busy.Engine.FormatBuddyInfo());
        (string, long)[] expected =
        [
            ("nr_inactive_anon", now.InactiveAnonymous.Value), ("nr_active_anon", now.ActiveAnonymous.Value),
            ("nr_inactive_file", now.InactiveFile.Value), ("nr_active_file", now.ActiveFile.Value),
            ("nr_unevictable", now.Unevictable.Value), ("nr_anon_pages", now.MappedAnonymous.Value),
            ("nr_mapped", now.MappedCached.Value), ("nr_file_pages", now.Cached.Value + now.SwapCached.Value),
            ("nr_dirty", now.Dirty.Value), ("nr_writeback", 0), ("nr_shmem", now.Shared.Value),
            ("nr_page_table_pages", now.PageTables.Value), ("nr_swapcached", now.SwapCached.Value),
            ("pages free", zone.Free.Value), ("boost", 0), ("min", zone.Watermarks.Min.Value), ("low", zone.Watermarks.Low.Value),
            ("high", zone.Watermarks.High.Value), ("promo", (2 * zone.Watermarks.High.Value) - zone.Watermarks.Low.Value),
            ("spanned", 1024), ("present", 1024), ("managed", zone.Managed.Value), ("cma", 0),
            ("nr_free_pages", zone.Free.Value), ("nr_zone_inactive_anon", zone.InactiveAnonymous.Value),
            ("nr_zone_active_anon", zone.ActiveAnonymous.Value), ("nr_zone_inactive_file", zone.InactiveFile.Value),
            ("nr_zone_active_file", zone.ActiveFile.Value), ("nr_zone_unevictable", zone.Unevictable.Value),
            ("nr_mlock", zone.Unevictable.Value), ("count:", zone.OutsideBlocks.Value), ("node_unreclaimable:", 0), ("start_pfn:", 0),
        ];
        List<(string, long)> found = [];
        foreach (string line in dma.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            int at = line.LastIndexOf(' ');
            bool isHeading = line.EndsWith(')') || line.Contains("zone ", StringComparison.Ordinal)
                || line.StartsWith("cpu", StringComparison.Ordinal);
            if (at > 0 && !isHeading && long.TryParse(line[at..], out long value))
                found.Add((line[..at].Trim(), value));
        }

        Assert.Equal(expected, found);
        Assert.Equal(zone.Managed.Value, now.Total.Value);
        StringBuilder rest = new();
        foreach (ZoneMemory none in busy.Engine.Frames.CountZones().Skip(1))
            rest.Append(EmptyZone(none.Name, $"{string.Join(", ", none.Reserves)}, {none.Reserves[^1]}"));
        Assert.Equal(rest + EmptyZone("Movable", "0, 0, 0, 0"), text[dma.Length..]);
    }

    /// <summary>With a gibibyte of RAM the last 128 MiB are high.</summary>
    [Fact]
    public void EachZoneHasItsOwnFigures()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 30, RequestHostHugePages = false });
        ZoneMemory[] zones = [.. engine.Frames.CountZones()];
        Assert.Equal([0u, 4096u, 896u << 8], zones.Select(static zone => zone.First.Value));
        Dictionary<string, long> info = Table(engine.FormatMeminfo(), ':');
        Assert.Equal((4L * zones[2].Managed.Value, 4L * zones[2].Free.Value), (info["HighTotal"], info["HighFree"]));
        Assert.Equal(4L * (zones[0].Managed.Value + zones[1].Managed.Value), info["LowTotal"]);
        Assert.Equal(4L * (zones[0].Free.Value + zones[1].Free.Value), info["LowFree"]);
        Assert.Equal((0, 896 << 10), (info["DirectMap4k"], info["DirectMap4M"]));
        long reserved = zones.Sum(static zone => zone.Watermarks.High.Value + (long)zone.Reserves.Max(static pages => pages.Value));
        Assert.Equal(4L * (engine.Memory.Free.Value - reserved), info["MemAvailable"]);
        Assert.InRange(reserved, 2_000, 5_000);    // 1,024 of it on behalf of the high zone
        string[] lines = engine.FormatZoneInfo().Split('\n');
        Assert.Equal(["DMA", "Normal", "HighMem", "Movable"], Words(lines, "Node 0, zone"));
        Assert.Equal([.. zones.Select(static zone => zone.Managed.ToString()), "0"], Words(lines, "        managed"));
        Assert.Equal([.. zones.Select(static zone => zone.Present.ToString()), "0"], Words(lines, "        spanned"));
        Assert.Equal(["0", "4096", "229376"], Words(lines, "  start_pfn:"));
        Assert.Equal(3, Words(lines, "      nr_free_pages").Length);
        Assert.Single(Words(lines, "      nr_swapcached"));
        Assert.Equal(3, engine.FormatBuddyInfo().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private static string[] Words(string[] lines, string start) =>
        [.. lines.Where(line => line.StartsWith(start, StringComparison.Ordinal)).Select(line => line[start.Length..].Trim())];

    private static string EmptyZone(string name, string protection) => $"Node 0, zone {name,8}\n  pages free     0\n        boost    0\n"
        + "        min      0\n        low      0\n        high     0\n        promo    0\n        spanned  0\n        present  0\n"
        + $"        managed  0\n        cma      0\n        protection: ({protection})\n";

    /// <summary>The name in 40 columns, sizes in KiB, and a tab more after those that are short.</summary>
    [Fact]
    public void SwapsListsDevicesInTheirOrder()
    {
        using BusyMachine busy = new();
        Core.Swap.SwapDevice[] devices = [.. busy.Engine.Swap.Devices.OrderBy(static device => device.Number)];
        Assert.Equal((5, 3), (devices[0].Priority, devices[1].Priority));
        StringBuilder expected = new("Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
        foreach (Core.Swap.SwapDevice device in devices)
            expected.Append(device.Name.PadRight(40)).Append(CultureInfo.InvariantCulture,
                $"file\t\t{device.SlotCount * 4L}\t\t{device.UsedSlotCount * 4L}\t\t{device.Priority}\n");
        Assert.Equal(expected.ToString(), busy.Engine.FormatSwaps());
        MachineMemory now = busy.Engine.Memory;
        Assert.Equal(devices.Sum(static device => (long)device.SlotCount), now.SwapTotal);
        Assert.Equal(devices.Sum(static device => (long)(device.SlotCount - device.UsedSlotCount)), now.SwapFree);
    }

    [Fact]
    public void EveryLineOfStatusIsItsOwnFigureInKibibytes()
    {
        using BusyMachine busy = new();
        foreach (UserProcess process in (UserProcess[])[busy.Process, busy.Child])
        {
            MemoryUsage usage = process.Memory.Usage;
            Dictionary<string, PageCount> expected = new(StringComparer.Ordinal)
            {
                ["VmPeak"] = usage.PeakTotal,
                ["VmSize"] = usage.Total,
                ["VmLck"] = usage.Locked,
                ["VmHWM"] = usage.PeakResident,
                ["VmRSS"] = usage.ResidentAnonymous + usage.ResidentFile + usage.ResidentShared,
                ["RssAnon"] = usage.ResidentAnonymous,
                ["RssFile"] = usage.ResidentFile,
                ["RssShmem"] = usage.ResidentShared,
                ["VmData"] = usage.Data,
                ["VmPTE"] = usage.PageTables,
                ["VmSwap"] = usage.Swapped,
            };
            foreach ((string name, long kibibytes) in Table(process.Memory.FormatStatus(), ':'))
                Assert.Equal((name, expected.GetValueOrDefault(name).Value * 4L), (name, kibibytes));
        }
    }

    /// <summary>The program's own code is VmExe, any other executable memory is VmLib.</summary>
    [Fact]
    public void CodeIsTheProgramsOrALibrarys()
    {
        using World world = new();
        AddressSpace space = world.Execute("gonzo").Memory;
        Assert.Equal(Errno.None, space.Map(VirtualAddress.Zero, 3 * 4096, MemoryProtection.Read | MemoryProtection.Execute,
            MapFlags.Private | MapFlags.Anonymous, out _));
        Dictionary<string, long> status = Table(space.FormatStatus(), ':');
        long own = space.Program.TextPages.Value;
        Assert.True(own > 0 && space.Usage.Code.Value > own);
        Assert.Equal((own * 4, (space.Usage.Code.Value - own) * 4), (status["VmExe"], status["VmLib"]));
        Assert.Equal((space.Usage.Stack.Value * 4, space.Usage.PageTables.Value * 4), (status["VmStk"], status["VmPTE"]));
        Assert.Equal("VmPeak VmSize VmLck VmPin VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib VmPTE VmSwap HugetlbPages",
            string.Join(' ', status.Keys));
    }

    /// <summary>A name of 40 columns and more is followed by one space.</summary>
    [Theory]
    [InlineData(39), InlineData(40), InlineData(41)]
    public void ALongNameOfADeviceIsNotCut(int length)
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 4 << 20, RequestHostHugePages = false });
        string name = new('n', length);
        Assert.Equal(Errno.None, engine.Swap.SwitchOn(new Core.Swap.MemorySwapStore(1 << 20, name), 7, out _));
        Assert.EndsWith($"\n{name} file\t\t1024\t\t0\t\t7\n", engine.FormatSwaps(), StringComparison.Ordinal);
    }

    /// <summary>The parts of the areas that are in RAM and those that are not add up to the charge of the process.</summary>
    [Fact]
    public void ParagraphsOfSmapsSumUpToTheRollupAndToStatus()
    {
        using BusyMachine busy = new();
        foreach (UserProcess process in (UserProcess[])[busy.Process, busy.Child])
        {
            Dictionary<string, long> sum = new(StringComparer.Ordinal);
            string[] lines = process.Memory.FormatSmaps().Split('\n');
            foreach (string line in lines.Where(static line => line.EndsWith(" kB", StringComparison.Ordinal)))
            {
                string name = line.Split(':')[0];
                sum[name] = sum.GetValueOrDefault(name) + Number(line);
            }

            MemoryUsage usage = process.Memory.Usage;
            Assert.Equal((usage.Resident.Value * 4L, usage.Swapped.Value * 4L), (sum["Rss"], sum["Swap"]));
            Assert.Equal(usage.ResidentAnonymous.Value * 4L, sum["Anonymous"]);
            Assert.Equal(sum["Rss"], sum["Shared_Clean"] + sum["Shared_Dirty"] + sum["Private_Clean"] + sum["Private_Dirty"]);
            string whole = process.Memory.FormatSmapsRollup();
            Dictionary<string, long> rollup = Table(whole[(whole.IndexOf('\n', StringComparison.Ordinal) + 1)..], ':');
            foreach (string name in (string[])["Rss", "Shared_Clean", "Shared_Dirty", "Private_Clean", "Private_Dirty", "Referenced",
                "Anonymous", "LazyFree", "Swap"])
                Assert.Equal((name, sum[name]), (name, rollup[name]));
            foreach (string name in (string[])["Pss", "Pss_Dirty", "SwapPss", "Locked"])
                Assert.InRange(rollup[name] - sum[name], 0, 6);    // each paragraph cuts its fraction off
            Assert.InRange(rollup["Pss"] - rollup["Pss_Anon"] - rollup["Pss_File"] - rollup["Pss_Shmem"], 0, 2);
        }
    }

    /// <summary>A table in which most figures are the same could not distinguish its lines.</summary>
    private static void MostDiffer(IEnumerable<long> figures, int count) =>
        Assert.True(figures.Where(static one => one != 0).Distinct().Count() >= count, string.Join(' ', figures));

    private static long Number(string line) =>
        long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);

    private static Dictionary<string, long> Table(string text, char separator) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => line.Contains(separator, StringComparison.Ordinal) && !line.StartsWith("HugePages", StringComparison.Ordinal))
        .ToDictionary(line => line.Split(separator)[0], line => long.Parse(line.Split(separator, 2)[1]
            .Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
