using Paging.Core.Faults;
using Paging.Core.Reclaim;
using Paging.Native;

namespace Paging.Core;

/// <summary>The options of an engine. The defaults suit a small test.</summary>
public sealed record EngineOptions
{
    /// <summary>Physical RAM in bytes: 1 MiB to 64 GiB, a multiple of 4 KiB.</summary>
    /// <remarks>
    /// A page table of the classic format reaches the first 4 GiB only. Frames beyond are reached by 4 MB entries of the directory
    /// (PSE-36), so all of it belongs to the pool of huge pages; RAM must then be a multiple of 4 MiB. PAE tables reach all of it.
    /// Host memory is committed as it is touched. RAM from 896 MiB on is high memory, which the kernel half does not map.
    /// </remarks>
    public ulong RamBytes { get; init; } = 64 << 20;

    /// <summary>The format of the page tables: two levels without NX, or PAE.</summary>
    public TableFormat Tables { get; init; }

    /// <summary>The right that <see cref="Mmu.TryFetch"/> and a <see cref="FetchWindow"/> ask for.</summary>
    public FetchRights FetchRights { get; init; }

    /// <summary>The source of all randomness: the same seed and the same calls give the same bytes.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>True to back RAM with huge pages of the host.</summary>
    public bool RequestHostHugePages { get; init; } = true;

    /// <summary>True to put RAM into a file without a name that another process can map: <see cref="PhysicalMemory.File"/>.</summary>
    /// <remarks>Needs a Linux host. Whether the host uses huge pages then is its administrator's choice (shmem_enabled).</remarks>
    public bool ShareRam { get; init; }

    /// <summary>
    /// Every so many restores, of snapshots of processes and of the engine together, the restored state is compared with a copy that was
    /// made when the snapshot was taken; 0 for none. To find what corrupts snapshots.
    /// </summary>
    /// <remarks>
    /// Compared are areas, private pages byte for byte, the break and counts; of an engine shared memory as well. A difference is an
    /// <see cref="InvariantException"/> from the restore, which names it and its cause, as far as known. Each snapshot then copies all of
    /// its pages to memory of the host. 0 costs nothing.
    /// </remarks>
    public int VerifyRestores { get; init; }

    /// <summary>The least number of huge pages in the pool, taken from RAM when the engine is made. Linux: vm.nr_hugepages.</summary>
    /// <remarks>A huge page is as large as the range of a page table. The pool gets fewer if RAM has too few free blocks.</remarks>
    public int HugePages { get; init; }

    /// <summary>The number of further huge pages that the pool may take on demand. Linux: vm.nr_overcommit_hugepages.</summary>
    public int SurplusHugePages { get; init; }

    /// <summary>The memory that gets transparent huge pages.</summary>
    public TransparentHugePages TransparentHugePages { get; init; }

    /// <summary>
    /// The pages of areas with MADV_HUGEPAGE that a tick of <see cref="PagingEngine.RunBackground"/> scans for small pages to collapse into
    /// huge ones; 0 for none: then only MADV_COLLAPSE collapses. Linux: khugepaged/pages_to_scan.
    /// </summary>
    /// <remarks>Without <see cref="TransparentHugePages"/> nothing is scanned.</remarks>
    public int CollapseScanPages { get; init; } = 4096;

    /// <summary>The most areas of a process. Linux: vm.max_map_count.</summary>
    public int MaxMapCount { get; init; } = 65_530;    // DEFAULT_MAX_MAP_COUNT: an ELF core counts its sections in 16 bits, less 5

    /// <summary>With at least this many areas, a process also finds them through a trie; 1 or more.</summary>
    /// <remarks>The value changes the speed only, never a result.</remarks>
    public int TrieFromAreas { get; init; } = 4_096;

    /// <summary>A fork lends page tables with at least this many entries to the child, instead of copying them; 1 or more.</summary>
    /// <remarks>
    /// Only tables of private anonymous memory are lent. A lent table is copied when one side first needs it, and never if the child ends
    /// before. Until then the table's entry of both directories lacks P, so that a processor which walks them faults; so does the parent's
    /// after the child's end, up to the next walk. Above 1024 none is lent. The value changes the speed only, never a result.
    /// </remarks>
    public int LendTablesFrom { get; init; } = 64;    // to copy fewer is as cheap as to lend the table, and to fault for it later

    /// <summary>The rule for committing memory. Linux: vm.overcommit_memory.</summary>
    public OvercommitMode Overcommit { get; init; } = OvercommitMode.Heuristic;

    /// <summary>The share of RAM, in percent, that <see cref="OvercommitMode.Never"/> lets processes commit.</summary>
    /// <remarks>Linux: vm.overcommit_ratio.</remarks>
    public int OvercommitRatio { get; init; } = 50;    // sysctl_overcommit_ratio

    /// <summary>The action when nothing can be reclaimed.</summary>
    public OutOfMemoryPolicy OutOfMemory { get; init; } = OutOfMemoryPolicy.Report;

    /// <summary>The preference for swapping pages out over dropping pages of files: 0 to 200. Linux: vm.swappiness.</summary>
    public int Swappiness { get; init; } = 60;    // vm_swappiness

    /// <summary>The number of consecutive slots read when a page is swapped in: a power of two; 1 for no read-ahead.</summary>
    /// <remarks>Linux: 1 &lt;&lt; page-cluster.</remarks>
    public int SwapReadAheadPages { get; init; } = 8;    // page_cluster 3, Linux's for 16 MiB of RAM and more (swap_setup)

    /// <summary>The policy that chooses victims; null: Linux's two lists. Groups have their own.</summary>
    public ReclaimPolicy? Policy { get; init; }

    /// <summary>
    /// The most address spaces that cache their translations at a time, in host memory; the one that began longest ago makes room for
    /// another, and walks its tables. Null, the default: 64, and one more each time that a space comes back which had to make room, up to
    /// 4,096 spaces or 256 MiB of the host.
    /// </summary>
    public int? AttachedSpacesMax { get; init; }

    /// <summary>The widest read-ahead window, in pages; 0 for none. Linux: read_ahead_kb, 128.</summary>
    public int ReadAheadPages { get; init; } = 32;    // VM_READAHEAD_PAGES

    /// <summary>The number of cached pages that a read fault maps around itself: a power of two; 1 for none.</summary>
    /// <remarks>Linux: fault_around_bytes.</remarks>
    public int FaultAroundPages { get; init; } = 16;    // fault_around_pages: 64 KiB

    /// <summary>The share of RAM, in percent, that may be dirty before the background work writes.</summary>
    /// <remarks>Linux: vm.dirty_background_ratio.</remarks>
    public int DirtyBackgroundRatio { get; init; } = 10;    // dirty_background_ratio

    /// <summary>The share of RAM, in percent, that may be dirty before a process that writes has to wait. Linux: vm.dirty_ratio.</summary>
    public int DirtyRatio { get; init; } = 20;    // vm_dirty_ratio

    /// <summary>The number of ticks of the background work after which a dirty page is written in any case.</summary>
    /// <remarks>Linux: dirty_expire_centisecs divided by dirty_writeback_centisecs, 3000 / 500.</remarks>
    public int DirtyExpireTicks { get; init; } = 6;

    /// <summary>The number of free frames that the background work keeps zeroed ahead of first touches; 0 for none.</summary>
    /// <remarks>
    /// Pays if first touches stream over more memory than the host's caches hold, because zeroing is most of their cost
    /// (docs/PERFORMANCE.md).
    /// </remarks>
    public int ZeroedFrames { get; init; }

    /// <summary>True if any number of threads may use the engine, each through a <see cref="VirtualProcessor"/> of its own.</summary>
    /// <remarks>False: the engine belongs to one thread, and pays for no synchronization (docs/EMBEDDING.md, "Many threads").</remarks>
    public bool AllowThreads { get; init; }

    /// <summary>The longest wait for a thread that neither polls nor rests, before a call throws <see cref="TimeoutException"/>.</summary>
    public TimeSpan ShootdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Checks the ranges of the options, and returns the number of frames.</summary>
    internal static FrameCount Validate(EngineOptions options)
    {
        bool isWhole = (options.RamBytes & VirtualAddress.OffsetMask) == 0;
        Require(options.Tables is TableFormat.Classic or TableFormat.Pae, options, "Tables must be Classic or Pae.");
        Require(options.FetchRights is FetchRights.Tables or FetchRights.Areas, options, "FetchRights must be Tables or Areas.");
        bool isRamInRange = options.RamBytes is >= 1 << 20 and <= 1UL << 36;    // 36 address bits: an entry of PAE or PSE-36 has no more
        Require(isRamInRange && isWhole, options, "RamBytes must be 1 MiB to 64 GiB and a multiple of 4 KiB.");
        bool isReached = options.Tables == TableFormat.Pae || options.RamBytes <= 1UL << 32 || (options.RamBytes & 0x3F_FFFF) == 0;
        Require(isReached, options, "RamBytes beyond 4 GiB must be a multiple of 4 MiB with classic tables: only huge pages are there.");
        Require(options.MaxMapCount >= 8, options, "MaxMapCount must be at least 8.");
        Require(options.HugePages >= 0 && options.SurplusHugePages >= 0, options, "HugePages and SurplusHugePages must not be negative.");
        Require(options.TrieFromAreas >= 1, options, "TrieFromAreas must be at least 1.");
        Require(options.LendTablesFrom >= 1, options, "LendTablesFrom must be at least 1.");
        Require(options.OvercommitRatio >= 0, options, "OvercommitRatio must not be negative.");
        Require(options.Swappiness is >= 0 and <= 200, options, "Swappiness must be 0 to 200.");    // MAX_SWAPPINESS
        Require(    // a power of two: SwapPrefetch aligns its window with a mask, as swap_cluster_readahead does
            options.SwapReadAheadPages is >= 1 and <= 64 && int.IsPow2(options.SwapReadAheadPages),
            options,
            "SwapReadAheadPages must be a power of two from 1 to 64.");
        Require(options.AttachedSpacesMax is null or >= 1 and <= 1 << 16, options, "AttachedSpacesMax must be 1 to 65536.");
        // A hint doubles it (FileHints), and one window has at most 512 pages (WindowReader.PagesMax).
        Require(options.ReadAheadPages is >= 0 and <= 256, options, "ReadAheadPages must be 0 to 256.");
        Require(
            options.FaultAroundPages is >= 1 and <= FaultAround.PagesMax && int.IsPow2(options.FaultAroundPages),
            options,
            "FaultAroundPages must be a power of two from 1 to 512.");
        Require(
            options.DirtyBackgroundRatio >= 0 && options.DirtyRatio >= options.DirtyBackgroundRatio && options.DirtyRatio <= 100,
            options,
            "DirtyBackgroundRatio and DirtyRatio must be 0 to 100, and DirtyRatio not below DirtyBackgroundRatio.");
        Require(options.DirtyExpireTicks >= 1, options, "DirtyExpireTicks must be at least 1.");
        Require(options.ShootdownTimeout > TimeSpan.Zero, options, "ShootdownTimeout must be positive.");
        Require(options.CollapseScanPages >= 0, options, "CollapseScanPages must not be negative.");
        Require(options.ZeroedFrames >= 0, options, "ZeroedFrames must not be negative.");
        Require(options.VerifyRestores >= 0, options, "VerifyRestores must not be negative.");
        return new((uint)(options.RamBytes >> VirtualAddress.PageShift));
    }

#pragma warning disable IDE0060 // the exception names the caller's argument; its value would be the whole record
    private static void Require(bool holds, EngineOptions options, string rule)
#pragma warning restore IDE0060
    {
        if (!holds) throw new ArgumentOutOfRangeException(nameof(options), rule);
    }
}
