namespace Paging.Core.Accounting;

/// <summary>The counters of reclaim and swapping. Both count into this one record.</summary>
internal sealed class ReclaimStatistics
{
    public ReclaimCounters Counters;
}
