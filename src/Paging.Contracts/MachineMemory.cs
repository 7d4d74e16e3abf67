using Paging.Native;

namespace Paging.Core;

/// <summary>The memory of the whole machine in frames of 4 KiB: the figures of /proc/meminfo, /proc/vmstat and sysinfo(2).</summary>
/// <remarks>
/// Each call counts the frame descriptors and page tables anew. Linux: fs/proc/meminfo.c meminfo_proc_show.
/// </remarks>
public readonly record struct MachineMemory
{
    /// <summary>All frames.</summary>
    public FrameCount Frames { get; init; }
    /// <summary>All frames except the reserved ones (MemTotal).</summary>
    public FrameCount Total { get; init; }
    /// <summary>Free frames (MemFree).</summary>
    public FrameCount Free { get; init; }
    /// <summary>Frames that programs could get without swapping (MemAvailable). Linux: si_mem_available.</summary>
    public FrameCount Available { get; init; }
    /// <summary>The page cache, including shared memory (Cached).</summary>
    public FrameCount Cached { get; init; }
    /// <summary>Frames whose page is also on a swap device (SwapCached).</summary>
    public FrameCount SwapCached { get; init; }
    /// <summary>Private pages and shared memory that were used recently (Active(anon)).</summary>
    public FrameCount ActiveAnonymous { get; init; }
    /// <summary>Private pages and shared memory that were not used recently (Inactive(anon)).</summary>
    public FrameCount InactiveAnonymous { get; init; }
    /// <summary>Pages of files that were used recently (Active(file)).</summary>
    public FrameCount ActiveFile { get; init; }
    /// <summary>Pages of files that were not used recently (Inactive(file)).</summary>
    public FrameCount InactiveFile { get; init; }
    /// <summary>Locked pages (Unevictable, Mlocked).</summary>
    public FrameCount Unevictable { get; init; }
    /// <summary>Cached pages newer than their backing (Dirty).</summary>
    public FrameCount Dirty { get; init; }
    /// <summary>Cached pages that are being written to the backing (Writeback).</summary>
    public FrameCount Writeback { get; init; }
    /// <summary>Private pages that are mapped (AnonPages).</summary>
    public FrameCount MappedAnonymous { get; init; }
    /// <summary>Cached pages that are mapped (Mapped).</summary>
    public FrameCount MappedCached { get; init; }
    /// <summary>Shared memory and memory files (Shmem).</summary>
    public FrameCount Shared { get; init; }
    /// <summary>Private pages under transparent huge entries (AnonHugePages).</summary>
    public FrameCount TransparentHuge { get; init; }
    /// <summary>Shared memory that some process maps with huge entries (ShmemPmdMapped). Each frame counts once.</summary>
    public FrameCount SharedHugeMapped { get; init; }
    /// <summary>Page tables and directories (PageTables).</summary>
    public FrameCount PageTables { get; init; }
    /// <summary>Pages of all swap devices (SwapTotal).</summary>
    public long SwapTotal { get; init; }
    /// <summary>Of these, pages that are free (SwapFree).</summary>
    public long SwapFree { get; init; }
    /// <summary>The most pages that may be committed in mode 2 (CommitLimit).</summary>
    public long CommitLimit { get; init; }
    /// <summary>The number of committed pages (Committed_AS).</summary>
    public long Committed { get; init; }
}
