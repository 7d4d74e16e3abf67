namespace Paging.Core.Accounting;

/// <summary>What memory pressure has done so far: one record that swap and reclaim count into.</summary>
internal sealed class ReclaimStatistics
{
    public ReclaimCounters Counters;
}
