using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Core;

/// <summary>/proc/meminfo and /proc/vmstat: the machine's memory as a whole.</summary>
/// <remarks>
/// Every figure is recounted from the frame descriptors and page tables when asked: a pass over RAM's descriptors. meminfo has all the lines
/// of Linux 6.18 on x86, 0 where the engine has no such thing (slabs, huge pages, vmalloc); vmstat has the lines that the engine can answer,
/// in the kernel's order. Linux: fs/proc/meminfo.c meminfo_proc_show; mm/vmstat.c vmstat_text.
/// </remarks>
internal sealed class MemoryInfo
{
    private readonly PagingEngine _engine;
    private readonly long _dirty, _writeback;
    private long _active, _inactiveOwn, _activeOwn, _unevictable;
    private long _own, _ownMapped, _mapped, _shared;    // _own: those that only the swap cache holds, too

    private MemoryInfo(PagingEngine engine)
    {
        _engine = engine;
        bool[] locked = LockedFrames(engine);
        for (uint number = 0; number < engine.Frames.Count.Value; number++)
            Count(ref engine.Frames[new(number)], locked[number]);
        foreach (FileObject file in engine.Files.Objects)
        {
            _dirty += CountTagged(file, RadixTag.Dirty);
            _writeback += CountTagged(file, RadixTag.Writeback);
        }
    }

    private long Total => _engine.Frames.Count.Value - _engine.Frames.CountOf(FrameState.Reserved).Value;
    private long Free => _engine.Allocator.FreeFrames.Value;
    private long Cached => _engine.Cache.PageCount;
    private long SwapCached => _engine.Frames.CountOf(FrameState.SwapCache).Value;

    /// <summary>What programs could have without swapping: free frames above the high watermark, and the page cache but for what it should keep. Linux: si_mem_available.</summary>
    private long Available
    {
        get
        {
            Watermarks marks = _engine.Watermarks;
            long cache = ActiveFile + InactiveFile;
            return Math.Max(0, Free - marks.High.Value + cache - Math.Min(cache / 2, marks.Low.Value));
        }
    }

    private long PageTables => _engine.Frames.CountOf(FrameState.PageTable).Value;
    private long ActiveFile => _active - _activeOwn;
    private long InactiveFile => _own + Cached - _unevictable - _active - _inactiveOwn;

    public static string FormatMeminfo(PagingEngine engine)
    {
        MemoryInfo info = new(engine);
        StringBuilder text = new();
        void Append(string name, long pages) => text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{pages << 2,8} kB\n");

        Append("MemTotal", info.Total);
        Append("MemFree", info.Free);
        Append("MemAvailable", info.Available);
        Append("Buffers", 0);
        Append("Cached", info.Cached);
        Append("SwapCached", info.SwapCached);
        Append("Active", info._active);
        Append("Inactive", info._inactiveOwn + info.InactiveFile);
        Append("Active(anon)", info._activeOwn);
        Append("Inactive(anon)", info._inactiveOwn);
        Append("Active(file)", info.ActiveFile);
        Append("Inactive(file)", info.InactiveFile);
        Append("Unevictable", info._unevictable);
        Append("Mlocked", info._unevictable);
        Append("SwapTotal", engine.Commitment.SwapPages);
        Append("SwapFree", engine.Commitment.SwapPages - engine.Swap.UsedSlots);
        AppendZeros(text, "Zswap", "Zswapped");
        Append("Dirty", info._dirty);
        Append("Writeback", info._writeback);
        Append("AnonPages", info._ownMapped);
        Append("Mapped", info._mapped);
        Append("Shmem", info._shared);
        AppendZeros(text, "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack");
        Append("PageTables", info.PageTables);
        AppendZeros(text, "SecPageTables", "NFS_Unstable", "Bounce", "WritebackTmp");
        Append("CommitLimit", engine.Commitment.Limit);
        Append("Committed_AS", engine.Commitment.Committed);
        AppendZeros(text, "VmallocTotal", "VmallocUsed", "VmallocChunk", "Percpu", "AnonHugePages", "ShmemHugePages", "ShmemPmdMapped", "FileHugePages", "FilePmdMapped", "Balloon");
        foreach (string name in (ReadOnlySpan<string>)["HugePages_Total", "HugePages_Free", "HugePages_Rsvd", "HugePages_Surp"])
            text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{0,8}\n");
        Append("Hugepagesize", 1024);
        AppendZeros(text, "Hugetlb");
        long directMapped = Math.Min(engine.Frames.Count.Value, 896L << 8);    // the kernel half's 4 MB pages
        Append("DirectMap4k", directMapped & 0x3FF);
        Append("DirectMap4M", directMapped & ~0x3FFL);
        return text.ToString();
    }

    public static string FormatVmstat(PagingEngine engine)
    {
        MemoryInfo info = new(engine);
        FaultCounters faults = engine.Faults;
        ReclaimCounters reclaimed = engine.Reclaimed;
        StringBuilder text = new();
        void Append(string name, long value) => text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");

        Append("nr_free_pages", info.Free);
        Append("nr_mlock", info._unevictable);
        Append("nr_inactive_anon", info._inactiveOwn);
        Append("nr_active_anon", info._activeOwn);
        Append("nr_inactive_file", info.InactiveFile);
        Append("nr_active_file", info.ActiveFile);
        Append("nr_unevictable", info._unevictable);
        Append("workingset_refault_anon", reclaimed.Refaulted - reclaimed.RefaultedFile);
        Append("workingset_refault_file", reclaimed.RefaultedFile);
        Append("workingset_activate_anon", reclaimed.RefaultedActive - reclaimed.RefaultedActiveFile);
        Append("workingset_activate_file", reclaimed.RefaultedActiveFile);
        Append("nr_anon_pages", info._ownMapped);
        Append("nr_mapped", info._mapped);
        Append("nr_file_pages", info.Cached + info.SwapCached);
        Append("nr_dirty", info._dirty);
        Append("nr_writeback", info._writeback);
        Append("nr_shmem", info._shared);
        Append("nr_vmscan_write", reclaimed.SwapWrites + reclaimed.FileWrites);
        Append("nr_written", engine.CacheCounters.PagesWritten);
        Append("nr_page_table_pages", info.PageTables);
        Append("nr_swapcached", info.SwapCached);
        Append("pgpgin", (engine.CacheCounters.PagesRead + reclaimed.SwapReads) << 2);
        Append("pgpgout", (engine.CacheCounters.PagesWritten + reclaimed.SwapWrites) << 2);
        Append("pswpin", reclaimed.SwapReads);
        Append("pswpout", reclaimed.SwapWrites);
        Append("allocstall_normal", reclaimed.DirectReclaims);
        Append("pgactivate", reclaimed.Activated);
        Append("pgdeactivate", reclaimed.Deactivated);
        Append("pgfault", faults.Minor + faults.Major);
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
        Append("swap_ra", reclaimed.SwapReadAhead);
        Append("swap_ra_hit", reclaimed.SwapReadAheadHits);
        Append("swpout_zero", reclaimed.ZeroPages);
        return text.ToString();
    }

    /// <summary>Locked pages hang in no list; shared memory ages with the programs' own pages, as it has nowhere else to go.</summary>
    private void Count(ref FrameDescriptor frame, bool isLocked)
    {
        bool isOwn = frame.State is FrameState.Anonymous or FrameState.SwapCache;
        bool isShared = frame.State == FrameState.PageCache && frame.Kind == (byte)ResidentKind.Shared;
        if (!isOwn && frame.State != FrameState.PageCache) return;
        if (isOwn) _own++;
        if (frame.MapCount != 0 && isOwn) _ownMapped++;
        else if (frame.MapCount != 0) _mapped++;
        if (isShared) _shared++;
        bool isActive = (frame.Flags & PageFlags.Active) != 0;
        if (isLocked)
        {
            _unevictable++;
            return;
        }

        if (isActive) _active++;
        if (!isOwn && !isShared) return;
        if (isActive) _activeOwn++;
        else _inactiveOwn++;
    }

    private long CountTagged(FileObject file, RadixTag tag)
    {
        long count = 0;
        uint from = 0;
        while (_engine.Cache.Forest.TryNextTagged(in file.Pages, from, tag, out uint page, out _))
        {
            count++;
            if (page == uint.MaxValue) break;
            from = page + 1;
        }

        return count;
    }

    private static bool[] LockedFrames(PagingEngine engine)
    {
        bool[] locked = new bool[engine.Frames.Count.Value];
        foreach (Process process in engine.Processes.Where(static process => !process.HasExited))
        {
            AddressSpace space = process.Memory;
            for (AreaIndex index = space.Areas.Tree.First; index.IsSome; index = space.Areas[index].Next)
            {
                ref Area area = ref space.Areas[index];
                PageNumber from = area.First;
                while (area.Has(AreaFlags.Locked) && space.Tables.TryNextTouched(from, area.End, out PageNumber page, out PageTableEntry entry))
                {
                    if (entry.IsPresent) locked[entry.Frame.Value] = true;
                    from = page + PageCount.One;
                }
            }
        }

        return locked;
    }

    private static void AppendZeros(StringBuilder text, params ReadOnlySpan<string> names)
    {
        foreach (string name in names) text.Append(CultureInfo.InvariantCulture, $"{name + ':',-16}{0,8} kB\n");
    }
}
