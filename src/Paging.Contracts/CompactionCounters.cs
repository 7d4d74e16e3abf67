namespace Paging.Core;

/// <summary>Counts compaction in an engine, in frames. Linux: the compact_ and pgmigrate_ lines of /proc/vmstat.</summary>
public struct CompactionCounters
{
    /// <summary>Frames scanned for pages to move (compact_migrate_scanned).</summary>
    public long SourcesScanned { readonly get; internal set; }
    /// <summary>Frames scanned for free ones to move pages to (compact_free_scanned).</summary>
    public long TargetsScanned { readonly get; internal set; }
    /// <summary>Frames isolated, pages and free ones (compact_isolated).</summary>
    public long Isolated { readonly get; internal set; }
    /// <summary>Pages that were moved to another frame (pgmigrate_success).</summary>
    public long Moved { readonly get; internal set; }
    /// <summary>Pages that could not be moved (pgmigrate_fail).</summary>
    public long Refused { readonly get; internal set; }
    /// <summary>Allocations that had to compact (compact_stall).</summary>
    public long Stalls { readonly get; internal set; }
    /// <summary>Allocations among them that got their block (compact_success).</summary>
    public long Successes { readonly get; internal set; }
    /// <summary>Allocations among them that did not (compact_fail).</summary>
    public long Failures { readonly get; internal set; }

    /// <summary>Prints the counters that are not zero.</summary>
    public override readonly string ToString() => CounterText.Of(
        ("sources scanned", SourcesScanned), ("targets scanned", TargetsScanned), ("isolated", Isolated), ("moved", Moved),
        ("refused", Refused), ("stalls", Stalls), ("successes", Successes), ("failures", Failures));
}
