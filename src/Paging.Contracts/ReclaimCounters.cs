namespace Paging.Core;

/// <summary>What memory pressure has done in an engine so far, in pages. Linux: /proc/vmstat.</summary>
public struct ReclaimCounters
{
    /// <summary>Frames looked at on inactive lists (pgscan).</summary>
    public long Scanned { readonly get; internal set; }
    /// <summary>Of these, on the lists of pages of files (pgscan_file).</summary>
    public long ScannedFile { readonly get; internal set; }
    /// <summary>Of these, in turns of the background work (pgscan_kswapd); the others by allocations that were short (pgscan_direct).</summary>
    public long BackgroundScanned { readonly get; internal set; }
    /// <summary>Frames freed (pgsteal).</summary>
    public long Reclaimed { readonly get; internal set; }
    /// <summary>Of these, pages of files (pgsteal_file).</summary>
    public long ReclaimedFile { readonly get; internal set; }
    /// <summary>Of these, in turns of the background work (pgsteal_kswapd); the others by allocations that were short (pgsteal_direct).</summary>
    public long BackgroundReclaimed { readonly get; internal set; }
    /// <summary>Frames that moved to an active list (pgactivate).</summary>
    public long Activated { readonly get; internal set; }
    /// <summary>Frames that moved back to an inactive list (pgdeactivate).</summary>
    public long Deactivated { readonly get; internal set; }
    /// <summary>Pages written to swap devices (pswpout).</summary>
    public long SwapWrites { readonly get; internal set; }
    /// <summary>Pages read from swap devices (pswpin).</summary>
    public long SwapReads { readonly get; internal set; }
    /// <summary>Pages read from swap devices before anybody asked for them (swap_ra).</summary>
    public long SwapReadAhead { readonly get; internal set; }
    /// <summary>Of these, the ones that were wanted before they went again (swap_ra_hit).</summary>
    public long SwapReadAheadHits { readonly get; internal set; }
    /// <summary>Pages of zeros, for which nothing was written (swpout_zero).</summary>
    public long ZeroPages { readonly get; internal set; }
    /// <summary>Anonymous pages whose slot still held them and that were dropped without a write.</summary>
    public long CleanDrops { readonly get; internal set; }
    /// <summary>Pages given up by MADV_FREE and taken (pglazyfreed).</summary>
    public long LazyFreed { readonly get; internal set; }
    /// <summary>Dirty pages of files written back because their frames were needed (nr_vmscan_write).</summary>
    public long FileWrites { readonly get; internal set; }
    /// <summary>Pages of files dropped.</summary>
    public long FileDrops { readonly get; internal set; }
    /// <summary>Evicted pages that came back (workingset_refault).</summary>
    public long Refaulted { readonly get; internal set; }
    /// <summary>Of these, pages of files (workingset_refault_file).</summary>
    public long RefaultedFile { readonly get; internal set; }
    /// <summary>Of those that came back, those that came back so soon that they began as active (workingset_activate).</summary>
    public long RefaultedActive { readonly get; internal set; }
    /// <summary>Of these, pages of files (workingset_activate_file).</summary>
    public long RefaultedActiveFile { readonly get; internal set; }
    /// <summary>Writes to a swap device or a file that failed; the pages stayed.</summary>
    public long WriteErrors { readonly get; internal set; }
    /// <summary>Allocations that had to reclaim (allocstall).</summary>
    public long DirectReclaims { readonly get; internal set; }
    /// <summary>Processes ended because nothing could be freed (oom_kill).</summary>
    public long Kills { readonly get; internal set; }
    /// <summary>Times that nothing could be freed.</summary>
    public long Failures { readonly get; internal set; }
}
