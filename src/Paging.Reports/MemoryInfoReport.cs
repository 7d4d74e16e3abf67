using System.Globalization;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Reports;

/// <summary>Writes /proc/meminfo and /proc/vmstat: the memory of the whole machine.</summary>
/// <remarks>
/// Every figure is recounted from frame descriptors and page tables on each call, in a pass over RAM's descriptors.
/// meminfo has all the lines of Linux 6.18 on x86, with 0 for everything that the engine lacks (slabs, vmalloc). vmstat has
/// the lines that the engine can answer, in the kernel's order. Linux: fs/proc/meminfo.c meminfo_proc_show; mm/vmstat.c vmstat_text.
/// </remarks>
internal static class MemoryInfoReport
{
    public static string FormatMeminfo(PagingEngine engine)
    {
        MachineMemory memory = engine.Memory;
        StringBuilder text = new();
        void Append(string name, long pages) => text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{pages << 2,8} kB\n");

        Append("MemTotal", memory.Total.Value);
        Append("MemFree", memory.Free.Value);
        Append("MemAvailable", memory.Available.Value);
        Append("Buffers", 0);    // no block devices
        Append("Cached", memory.Cached.Value);    // the swap cache is not in it, as in meminfo_proc_show
        Append("SwapCached", memory.SwapCached.Value);
        Append("Active", memory.ActiveAnonymous.Value + memory.ActiveFile.Value);
        Append("Inactive", memory.InactiveAnonymous.Value + memory.InactiveFile.Value);
        Append("Active(anon)", memory.ActiveAnonymous.Value);
        Append("Inactive(anon)", memory.InactiveAnonymous.Value);
        Append("Active(file)", memory.ActiveFile.Value);
        Append("Inactive(file)", memory.InactiveFile.Value);
        Append("Unevictable", memory.Unevictable.Value);
        Append("Mlocked", memory.Unevictable.Value);    // no other pages are unevictable here
        AppendZones(engine, Append);
        Append("SwapTotal", memory.SwapTotal);
        Append("SwapFree", memory.SwapFree);
        AppendZeros(text, "Zswap", "Zswapped");
        Append("Dirty", memory.Dirty.Value);
        Append("Writeback", memory.Writeback.Value);
        Append("AnonPages", memory.MappedAnonymous.Value);
        Append("Mapped", memory.MappedCached.Value);
        Append("Shmem", memory.Shared.Value);
        AppendZeros(text, "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack");
        Append("PageTables", memory.PageTables.Value);
        AppendZeros(text, "SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp");
        Append("CommitLimit", memory.CommitLimit);
        Append("Committed_AS", memory.Committed);
        AppendZeros(
            text, "VmallocTotal", "VmallocUsed", "VmallocChunk", "Percpu");
        Append("AnonHugePages", memory.TransparentHuge.Value);
        Append("ShmemHugePages", memory.SharedHugeMapped.Value);    // those not mapped by a huge entry are not counted
        Append("ShmemPmdMapped", memory.SharedHugeMapped.Value);
        AppendZeros(text, "FileHugePages", "FilePmdMapped", "Balloon");
        HugeCounters huge = engine.HugePages.Counters;
        foreach ((string name, long count) in (ReadOnlySpan<(string, long)>)[("HugePages_Total", huge.PoolTotal),
            ("HugePages_Free", huge.PoolFree), ("HugePages_Rsvd", huge.PoolReserved), ("HugePages_Surp", huge.PoolSurplus)])
            text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{count,8}\n");
        long pagesEach = (long)(engine.HugePages.PageBytes / VirtualAddress.PageSize);
        Append("Hugepagesize", pagesEach);
        Append("Hugetlb", huge.PoolTotal * pagesEach);
        long directMapped = Math.Min(memory.Frames.Value, 896L << 8), inHugePages = directMapped / pagesEach * pagesEach;
        Append("DirectMap4k", directMapped - inHugePages);    // frames after the last whole huge page
        Append(engine.Options.Tables == TableFormat.Pae ? "DirectMap2M" : "DirectMap4M", inHugePages);    // Linux: arch_report_meminfo
        return text.ToString();
    }

    // Lines of kernels with high memory (CONFIG_HIGHMEM), as those for 32-bit x86 are.
    private static void AppendZones(PagingEngine engine, Action<string, long> append)
    {
        (long total, long free, long highTotal, long highFree) = (0, 0, 0, 0);
        foreach (ZoneMemory zone in engine.Frames.CountZones())
        {
            total += zone.Managed.Value;
            free += zone.Free.Value;
            if (zone.Name is "HighMem") (highTotal, highFree) = (zone.Managed.Value, zone.Free.Value);
        }

        append("HighTotal", highTotal);
        append("HighFree", highFree);
        append("LowTotal", total - highTotal);
        append("LowFree", free - highFree);
    }

    public static string FormatVmstat(PagingEngine engine)
    {
        MachineMemory memory = engine.Memory;
        FaultCounters faults = engine.Faults;
        ReclaimCounters reclaimed = engine.Reclaimed;
        StringBuilder text = new();
        void Append(string name, long value) => text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");

        Append("nr_free_pages", memory.Free.Value);
        Append("nr_mlock", memory.Unevictable.Value);
        Append("nr_inactive_anon", memory.InactiveAnonymous.Value);
        Append("nr_active_anon", memory.ActiveAnonymous.Value);
        Append("nr_inactive_file", memory.InactiveFile.Value);
        Append("nr_active_file", memory.ActiveFile.Value);
        Append("nr_unevictable", memory.Unevictable.Value);
        Append("workingset_refault_anon", reclaimed.Refaulted - reclaimed.RefaultedFile);
        Append("workingset_refault_file", reclaimed.RefaultedFile);
        Append("workingset_activate_anon", reclaimed.RefaultedActive - reclaimed.RefaultedActiveFile);
        Append("workingset_activate_file", reclaimed.RefaultedActiveFile);
        Append("nr_anon_pages", memory.MappedAnonymous.Value);
        Append("nr_mapped", memory.MappedCached.Value);
        Append("nr_file_pages", memory.Cached.Value + memory.SwapCached.Value);    // NR_FILE_PAGES has the swap cache
        Append("nr_dirty", memory.Dirty.Value);
        Append("nr_writeback", memory.Writeback.Value);
        Append("nr_shmem", memory.Shared.Value);
        Append("nr_vmscan_write", reclaimed.SwapWrites + reclaimed.FileWrites);
        Append("nr_written", engine.Files.CacheCounters.PagesWritten);
        Append("nr_page_table_pages", memory.PageTables.Value);
        Append("nr_swapcached", memory.SwapCached.Value);
        Append("pgpgin", (engine.Files.CacheCounters.PagesRead + reclaimed.SwapReads) << 2);    // in KiB
        Append("pgpgout", (engine.Files.CacheCounters.PagesWritten + reclaimed.SwapWrites) << 2);    // in KiB
        Append("pswpin", reclaimed.SwapReads);
        Append("pswpout", reclaimed.SwapWrites);
        Append("allocstall_normal", reclaimed.DirectReclaims);
        Append("pgactivate", reclaimed.Activated);
        Append("pgdeactivate", reclaimed.Deactivated);
        Append("pgfault", faults.Minor + faults.Major);    // PGFAULT counts both
        Append("pgmajfault", faults.Major);
        Append("pglazyfreed", reclaimed.LazyFreed);
        Append("pgreuse", faults.Reused);
        Append("pgsteal_kswapd", reclaimed.BackgroundReclaimed);
        Append("pgsteal_direct", reclaimed.Reclaimed - reclaimed.BackgroundReclaimed);
        Append("pgscan_kswapd", reclaimed.BackgroundScanned);
        Append("pgscan_direct", reclaimed.Scanned - reclaimed.BackgroundScanned);
        Append("pgscan_anon", reclaimed.Scanned - reclaimed.ScannedFile);
        Append("pgscan_file", reclaimed.ScannedFile);
        Append("pgsteal_anon", reclaimed.Reclaimed - reclaimed.ReclaimedFile);
        Append("pgsteal_file", reclaimed.ReclaimedFile);
        Append("oom_kill", reclaimed.Kills);
        AppendHuge(engine, Append);
        Append("swap_ra", reclaimed.SwapReadAhead);
        Append("swap_ra_hit", reclaimed.SwapReadAheadHits);
        Append("swpout_zero", reclaimed.ZeroPages);
        return text.ToString();
    }

    private static void AppendHuge(PagingEngine engine, Action<string, long> append)
    {
        HugeCounters huge = engine.HugePages.Counters;
        append("pgmigrate_success", huge.Moved);
        append("pgmigrate_fail", huge.MovesRefused);
        append("compact_migrate_scanned", huge.SourcesScanned);
        append("compact_free_scanned", huge.TargetsScanned);
        append("compact_isolated", huge.Isolated);
        append("compact_stall", huge.Compactions);
        append("compact_fail", huge.CompactionsRefused);
        append("compact_success", huge.CompactionsServed);
        append("thp_fault_alloc", huge.FaultsServed);
        append("thp_fault_fallback", huge.FaultsRefused);
        append("thp_fault_fallback_charge", huge.FaultsOverLimit);
        append("thp_collapse_alloc", huge.CollapsePagesMade);
        append("thp_collapse_alloc_failed", huge.CollapsePagesRefused);
        append("thp_split_page", huge.PagesSplit);
        append("thp_split_pmd", huge.EntriesSplit);
        append("thp_scan_exceed_none_pte", huge.ScansExceedNone);
        append("thp_scan_exceed_swap_pte", huge.ScansExceedSwap);
        append("thp_scan_exceed_share_pte", huge.ScansExceedShared);
        append("thp_zero_page_alloc", huge.ZeroPagesMade);
        append("thp_zero_page_alloc_failed", huge.ZeroPageRefused);
        append("thp_swpout", 0);    // huge pages are split first
        append("thp_swpout_fallback", huge.SwapOutsSplit);
    }

    private static void AppendZeros(StringBuilder text, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{0,8} kB\n");
    }
}
