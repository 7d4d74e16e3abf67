namespace Paging.Core;

/// <summary>Counts reclaim and swapping in an engine, in pages. Linux: /proc/vmstat.</summary>
public struct ReclaimCounters
{
    /// <summary>Frames scanned on inactive lists (pgscan).</summary>
    public long Scanned { readonly get; internal set; }
    /// <summary>Scanned frames of files (pgscan_file).</summary>
    public long ScannedFile { readonly get; internal set; }
    /// <summary>
    /// Frames scanned by background work (pgscan_kswapd). Allocations that found no free frame scanned the others (pgscan_direct).
    /// </summary>
    public long BackgroundScanned { readonly get; internal set; }
    /// <summary>Frames freed (pgsteal).</summary>
    public long Reclaimed { readonly get; internal set; }
    /// <summary>Freed pages of files (pgsteal_file).</summary>
    public long ReclaimedFile { readonly get; internal set; }
    /// <summary>
    /// Frames freed by background work (pgsteal_kswapd). Allocations that found no free frame freed the others (pgsteal_direct).
    /// </summary>
    public long BackgroundReclaimed { readonly get; internal set; }
    /// <summary>Frames that moved to an active list (pgactivate).</summary>
    public long Activated { readonly get; internal set; }
    /// <summary>Frames that moved back to an inactive list (pgdeactivate).</summary>
    public long Deactivated { readonly get; internal set; }
    /// <summary>Pages written to swap devices (pswpout).</summary>
    public long SwapWrites { readonly get; internal set; }
    /// <summary>Pages read from swap devices (pswpin).</summary>
    public long SwapReads { readonly get; internal set; }
    /// <summary>Pages read ahead from swap devices (swap_ra).</summary>
    public long SwapReadAhead { readonly get; internal set; }
    /// <summary>Pages read ahead from swap devices and used before they were dropped (swap_ra_hit).</summary>
    public long SwapReadAheadHits { readonly get; internal set; }
    /// <summary>Pages of zeros, which are swapped out without a write (swpout_zero).</summary>
    public long ZeroPages { readonly get; internal set; }
    /// <summary>Anonymous pages that were dropped without a write, because their slot still held the same bytes.</summary>
    public long CleanDrops { readonly get; internal set; }
    /// <summary>Pages given up by MADV_FREE and reclaimed (pglazyfreed).</summary>
    public long LazyFreed { readonly get; internal set; }
    /// <summary>Dirty pages of files that were written back to free their frames (nr_vmscan_write).</summary>
    public long FileWrites { readonly get; internal set; }
    /// <summary>Pages of files that were dropped.</summary>
    public long FileDrops { readonly get; internal set; }
    /// <summary>Evicted pages that were read again (workingset_refault).</summary>
    public long Refaulted { readonly get; internal set; }
    /// <summary>Evicted pages of files that were read again (workingset_refault_file).</summary>
    public long RefaultedFile { readonly get; internal set; }
    /// <summary>Evicted pages that were read again so soon that they began on an active list (workingset_activate).</summary>
    public long RefaultedActive { readonly get; internal set; }
    /// <summary>Pages of files among them (workingset_activate_file).</summary>
    public long RefaultedActiveFile { readonly get; internal set; }
    /// <summary>Failed writes to a swap device or a file. The pages stay in memory.</summary>
    public long WriteErrors { readonly get; internal set; }
    /// <summary>Allocations that had to reclaim (allocstall).</summary>
    public long DirectReclaims { readonly get; internal set; }
    /// <summary>Processes that were ended because nothing could be reclaimed (oom_kill).</summary>
    public long Kills { readonly get; internal set; }
    /// <summary>Reclaims that could free nothing.</summary>
    public long Failures { readonly get; internal set; }

    /// <summary>Every counter with its name, in the order of the properties: the one list that texts and pictures are made from.</summary>
    /// <remarks>Allocates the list.</remarks>
    public readonly IReadOnlyList<NamedCount> ToNamedCounts() =>
    [
        new("frames scanned", Scanned),
        new("frames of files scanned", ScannedFile),
        new("frames scanned in the background", BackgroundScanned),
        new("frames reclaimed", Reclaimed),
        new("frames of files reclaimed", ReclaimedFile),
        new("frames reclaimed in the background", BackgroundReclaimed),
        new("pages activated", Activated),
        new("pages deactivated", Deactivated),
        new("pages written to swap", SwapWrites),
        new("pages read from swap", SwapReads),
        new("pages read ahead from swap", SwapReadAhead),
        new("pages read ahead from swap and used", SwapReadAheadHits),
        new("pages of zeros swapped out", ZeroPages),
        new("clean pages dropped", CleanDrops),
        new("pages freed lazily", LazyFreed),
        new("pages of files written by reclaim", FileWrites),
        new("pages of files dropped", FileDrops),
        new("refaults", Refaulted),
        new("refaults of files", RefaultedFile),
        new("refaults to the active list", RefaultedActive),
        new("refaults of files to the active list", RefaultedActiveFile),
        new("failed writes of reclaim", WriteErrors),
        new("direct reclaims", DirectReclaims),
        new("processes killed", Kills),
        new("reclaims that freed nothing", Failures),
    ];

    /// <summary>Prints the counters that are not zero.</summary>
    public override readonly string ToString() => CounterRecords.Format(ToNamedCounts());
}
