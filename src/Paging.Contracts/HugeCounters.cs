namespace Paging.Core;

/// <summary>
/// The huge pages of an engine in numbers: its pool, the events of transparent huge pages, and compaction, which makes room for both.
/// </summary>
/// <remarks>Linux: the HugePages_ lines of /proc/meminfo; the thp_, compact_ and pgmigrate_ lines of /proc/vmstat.</remarks>
public struct HugeCounters
{
    /// <summary>All pages of the pool, surplus pages included (HugePages_Total).</summary>
    public long PoolTotal { readonly get; internal set; }
    /// <summary>Pages of the pool that are not in use (HugePages_Free).</summary>
    public long PoolFree { readonly get; internal set; }
    /// <summary>
    /// The free pages that are reserved (HugePages_Rsvd). Negative while a child holds a page that its owner discarded.
    /// </summary>
    public long PoolReserved { readonly get; internal set; }
    /// <summary>The pages of the pool that were taken from ordinary memory on demand (HugePages_Surp).</summary>
    public long PoolSurplus { readonly get; internal set; }
    /// <summary>Faults that got a huge page (thp_fault_alloc).</summary>
    public long FaultsServed { readonly get; internal set; }
    /// <summary>Faults that wanted one and got a small page (thp_fault_fallback).</summary>
    public long FaultsRefused { readonly get; internal set; }
    /// <summary>Faults among them whose group had no room for one (thp_fault_fallback_charge).</summary>
    public long FaultsOverLimit { readonly get; internal set; }
    /// <summary>Huge pages taken to collapse small pages into (thp_collapse_alloc).</summary>
    public long CollapsePagesMade { readonly get; internal set; }
    /// <summary>Collapses for which there was no huge page (thp_collapse_alloc_failed).</summary>
    public long CollapsePagesRefused { readonly get; internal set; }
    /// <summary>Lines of small pages that the daemon has collapsed (khugepaged/pages_collapsed).</summary>
    public long Collapsed { readonly get; internal set; }
    /// <summary>Times that the daemon has scanned all processes (khugepaged/full_scans).</summary>
    public long FullScans { readonly get; internal set; }
    /// <summary>Lines that the daemon skipped because too many pages were untouched (thp_scan_exceed_none_pte).</summary>
    public long ScansExceedNone { readonly get; internal set; }
    /// <summary>Lines that it skipped because too many pages were swapped out (thp_scan_exceed_swap_pte).</summary>
    public long ScansExceedSwap { readonly get; internal set; }
    /// <summary>Lines that it skipped because other processes map too many of the pages (thp_scan_exceed_share_pte).</summary>
    public long ScansExceedShared { readonly get; internal set; }
    /// <summary>Huge pages that reclaim has broken into small ones (thp_split_page).</summary>
    public long PagesSplit { readonly get; internal set; }
    /// <summary>Huge entries that became tables of small ones (thp_split_pmd).</summary>
    public long EntriesSplit { readonly get; internal set; }
    /// <summary>Huge pages of zeros made (thp_zero_page_alloc).</summary>
    public long ZeroPagesMade { readonly get; internal set; }
    /// <summary>Times that no huge page of zeros could be allocated (thp_zero_page_alloc_failed).</summary>
    public long ZeroPageRefused { readonly get; internal set; }
    /// <summary>
    /// Huge pages that were split to be swapped out (thp_swpout_fallback). None is swapped out whole: only 64-bit Linux does so.
    /// </summary>
    public long SwapOutsSplit { readonly get; internal set; }
    /// <summary>Frames that compaction scanned for pages to move (compact_migrate_scanned).</summary>
    public long SourcesScanned { readonly get; internal set; }
    /// <summary>Frames that it scanned for free ones to move pages to (compact_free_scanned).</summary>
    public long TargetsScanned { readonly get; internal set; }
    /// <summary>Frames that it isolated, pages and free ones (compact_isolated).</summary>
    public long Isolated { readonly get; internal set; }
    /// <summary>Pages that it moved to another frame (pgmigrate_success).</summary>
    public long Moved { readonly get; internal set; }
    /// <summary>Pages that it could not move (pgmigrate_fail).</summary>
    public long MovesRefused { readonly get; internal set; }
    /// <summary>Allocations that had to compact (compact_stall).</summary>
    public long Compactions { readonly get; internal set; }
    /// <summary>Allocations among them that got their block (compact_success).</summary>
    public long CompactionsServed { readonly get; internal set; }
    /// <summary>Allocations among them that did not (compact_fail).</summary>
    public long CompactionsRefused { readonly get; internal set; }

    /// <summary>Every counter with its name, in the order of the properties: the one list that texts and pictures are made from.</summary>
    /// <remarks>Allocates the list.</remarks>
    public readonly IReadOnlyList<NamedCount> ToNamedCounts() =>
    [
        new("pool total", PoolTotal),
        new("pool free", PoolFree),
        new("pool reserved", PoolReserved),
        new("pool surplus", PoolSurplus),
        new("huge faults served", FaultsServed),
        new("huge faults refused", FaultsRefused),
        new("huge faults over a limit", FaultsOverLimit),
        new("collapse pages made", CollapsePagesMade),
        new("collapse pages refused", CollapsePagesRefused),
        new("lines collapsed", Collapsed),
        new("full scans of the daemon", FullScans),
        new("scans exceed none", ScansExceedNone),
        new("scans exceed swap", ScansExceedSwap),
        new("scans exceed shared", ScansExceedShared),
        new("huge pages split", PagesSplit),
        new("huge entries split", EntriesSplit),
        new("huge zero pages made", ZeroPagesMade),
        new("huge zero pages refused", ZeroPageRefused),
        new("swap-outs split", SwapOutsSplit),
        new("sources scanned", SourcesScanned),
        new("targets scanned", TargetsScanned),
        new("pages isolated", Isolated),
        new("pages moved", Moved),
        new("moves refused", MovesRefused),
        new("compactions", Compactions),
        new("compactions served", CompactionsServed),
        new("compactions refused", CompactionsRefused),
    ];

    /// <summary>Prints the counters that are not zero.</summary>
    public override readonly string ToString() => CounterRecords.Format(ToNamedCounts());
}

/// <summary>The figures of smaps for the huge pages of an area.</summary>
/// <param name="PageBytes">The size of its pages: that of the pool for an area of huge pages. KernelPageSize, MMUPageSize.</param>
/// <param name="TransparentBytes">Private memory under one huge entry each. AnonHugePages.</param>
/// <param name="PoolSharedBytes">Pages of the pool that are mapped more than once. Shared_Hugetlb.</param>
/// <param name="PoolPrivateBytes">Pages of the pool that are mapped once. Private_Hugetlb.</param>
/// <param name="SharedBytes">Shared memory under one huge entry each. ShmemPmdMapped.</param>
/// <param name="IsEligible">The area could get a transparent huge page. THPeligible.</param>
public readonly record struct HugeFootprint(
    ulong PageBytes, long TransparentBytes, long PoolSharedBytes, long PoolPrivateBytes, long SharedBytes, bool IsEligible);

/// <summary>The kind of one line of an address space, the range that a huge page would cover, by the pages mapped there.</summary>
/// <remarks>With small pages of several kinds, private pages take precedence over pages of files, and those over the zero page.</remarks>
public enum HugeLine
{
    /// <summary>Nothing.</summary>
    Empty,
    /// <summary>A huge page of the process alone: transparent, or private memory of the pool.</summary>
    HugePrivate,
    /// <summary>A huge page of a file or of shared memory.</summary>
    HugeOfFile,
    /// <summary>The huge zero page.</summary>
    HugeZero,
    /// <summary>Private pages that lie in one block of physical memory, each in its place: one huge entry could map them.</summary>
    PartsOfOneBlock,
    /// <summary>Private pages, some of them in swap.</summary>
    SmallPrivate,
    /// <summary>Pages of files or of shared memory.</summary>
    SmallOfFile,
    /// <summary>The zero page.</summary>
    SmallZero,
}
