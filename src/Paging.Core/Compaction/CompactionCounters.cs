namespace Paging.Core.Compaction;

/// <summary>The part of <see cref="HugeCounters"/> that compaction counts, in frames.</summary>
internal struct CompactionCounters
{
    /// <summary><see cref="HugeCounters.SourcesScanned"/>.</summary>
    public long SourcesScanned;
    /// <summary><see cref="HugeCounters.TargetsScanned"/>.</summary>
    public long TargetsScanned;
    /// <summary><see cref="HugeCounters.Isolated"/>.</summary>
    public long Isolated;
    /// <summary><see cref="HugeCounters.Moved"/>.</summary>
    public long Moved;
    /// <summary><see cref="HugeCounters.MovesRefused"/>.</summary>
    public long Refused;
    /// <summary><see cref="HugeCounters.Compactions"/>.</summary>
    public long Stalls;
    /// <summary><see cref="HugeCounters.CompactionsServed"/>.</summary>
    public long Successes;
    /// <summary><see cref="HugeCounters.CompactionsRefused"/>.</summary>
    public long Failures;

    /// <summary>Writes the figures into the counters of the engine.</summary>
    public readonly void CopyTo(ref HugeCounters counters)
    {
        counters.SourcesScanned = SourcesScanned;
        counters.TargetsScanned = TargetsScanned;
        counters.Isolated = Isolated;
        counters.Moved = Moved;
        counters.MovesRefused = Refused;
        counters.Compactions = Stalls;
        counters.CompactionsServed = Successes;
        counters.CompactionsRefused = Failures;
    }
}
