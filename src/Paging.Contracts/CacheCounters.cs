namespace Paging.Core;

/// <summary>What the page cache of an engine has done so far.</summary>
public struct CacheCounters
{
    /// <summary>Pages of files with a backing that read(2) asked for and found. What faults find, <see cref="FaultCounters"/> tell.</summary>
    public long Hits { readonly get; internal set; }
    /// <summary>Pages that read(2) asked for and did not find.</summary>
    public long Misses { readonly get; internal set; }
    /// <summary>Pages brought before anybody asked for them. C5: = used later + wasted + still waiting in the cache.</summary>
    public long ReadAhead { readonly get; internal set; }
    /// <summary>Of these, pages that were used later.</summary>
    public long ReadAheadUsed { readonly get; internal set; }
    /// <summary>Of these, pages that left the cache unused.</summary>
    public long ReadAheadWasted { readonly get; internal set; }
    /// <summary>Read calls to backings.</summary>
    public long BackingReads { readonly get; internal set; }
    /// <summary>Pages that were read from backings.</summary>
    public long PagesRead { readonly get; internal set; }
    /// <summary>Write calls to backings.</summary>
    public long BackingWrites { readonly get; internal set; }
    /// <summary>Pages that were written to backings.</summary>
    public long PagesWritten { readonly get; internal set; }
    /// <summary>Pages that a backing did not take. They are clean and lost to it; fsync and msync report it.</summary>
    public long WriteErrors { readonly get; internal set; }
    /// <summary>Flush calls to backings.</summary>
    public long Flushes { readonly get; internal set; }
    /// <summary>Pages that gave way because frames were short.</summary>
    public long Reclaimed { readonly get; internal set; }
}
