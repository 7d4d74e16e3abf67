namespace Paging.Core;

/// <summary>Counts the events of an engine's page cache.</summary>
public struct CacheCounters
{
    /// <summary>
    /// Pages that read(2) found in the cache, in files with a backing. <see cref="FaultCounters"/> counts those of faults.
    /// </summary>
    public long Hits { readonly get; internal set; }
    /// <summary>Pages that read(2) did not find in the cache.</summary>
    public long Misses { readonly get; internal set; }
    /// <summary>Pages that were read ahead. C5: equal to those used later + those wasted + those in the cache and not used yet.</summary>
    public long ReadAhead { readonly get; internal set; }
    /// <summary>Pages that were read ahead and used later.</summary>
    public long ReadAheadUsed { readonly get; internal set; }
    /// <summary>Pages that were read ahead and left the cache unused.</summary>
    public long ReadAheadWasted { readonly get; internal set; }
    /// <summary>Read calls to backings.</summary>
    public long BackingReads { readonly get; internal set; }
    /// <summary>Pages that were read from backings.</summary>
    public long PagesRead { readonly get; internal set; }
    /// <summary>Write calls to backings.</summary>
    public long BackingWrites { readonly get; internal set; }
    /// <summary>Pages that were written to backings.</summary>
    public long PagesWritten { readonly get; internal set; }
    /// <summary>Pages that a backing refused. They count as clean and their new bytes are lost; fsync and msync report the error.</summary>
    public long WriteErrors { readonly get; internal set; }
    /// <summary>Flush calls to backings.</summary>
    public long Flushes { readonly get; internal set; }
    /// <summary>Pages that were dropped because frames were short.</summary>
    public long Reclaimed { readonly get; internal set; }

    /// <summary>Every counter with its name, in the order of the properties: the one list that texts and pictures are made from.</summary>
    /// <remarks>Allocates the list.</remarks>
    public readonly IReadOnlyList<NamedCount> ToNamedCounts() =>
    [
        new("cache hits", Hits),
        new("cache misses", Misses),
        new("pages read ahead", ReadAhead),
        new("pages read ahead and used", ReadAheadUsed),
        new("pages read ahead and wasted", ReadAheadWasted),
        new("reads from disk", BackingReads),
        new("pages read from disk", PagesRead),
        new("writes to disk", BackingWrites),
        new("pages written to disk", PagesWritten),
        new("pages that the disk refused", WriteErrors),
        new("flushes of the disk", Flushes),
        new("cached pages dropped", Reclaimed),
    ];

    /// <summary>Prints the counters that are not zero.</summary>
    public override readonly string ToString() => CounterRecords.Format(ToNamedCounts());
}

/// <summary>Counts the pages of a part of a file that are in the page cache. Linux: cachestat(2).</summary>
/// <param name="Cached">Pages in RAM.</param>
/// <param name="Dirty">Of these, the pages that are newer than the backing; a file in memory has none.</param>
/// <param name="Writeback">Of these, the pages that are being written.</param>
/// <param name="Swapped">Pages of a file in memory that lie on a swap device.</param>
public readonly record struct FileCacheCount(ulong Cached, ulong Dirty, ulong Writeback, ulong Swapped);
