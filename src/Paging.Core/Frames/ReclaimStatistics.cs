namespace Paging.Core.Frames;

/// <summary>The counters of reclaim and swapping, in one record for both.</summary>
internal sealed class ReclaimStatistics
{
    public ReclaimCounters Counters;
}
