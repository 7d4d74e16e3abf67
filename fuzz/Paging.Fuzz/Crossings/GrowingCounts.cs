using Paging.Core;

namespace Paging.Fuzz;

/// <summary>State goes back, history does not: counts of what has happened to an engine only grow.</summary>
internal sealed class GrowingCounts
{
    private const string PoolState = "pool ";    // sizes of the pool are state

    private List<NamedCount> _last = [];

    /// <summary>Compares the counts with those before. Null if none is smaller.</summary>
    public string? Check(PagingEngine engine)
    {
        List<NamedCount> now =
        [
            .. engine.Faults.ToNamedCounts(), .. engine.Reclaimed.ToNamedCounts(), .. engine.Files.CacheCounters.ToNamedCounts(),
            .. engine.HugePages.Counters.ToNamedCounts().Where(static one => !one.Name.StartsWith(PoolState, StringComparison.Ordinal)),
        ];
        string? failure = null;
        for (int i = 0; i < _last.Count && failure is null; i++)
            if (now[i].Count < _last[i].Count) failure = $"The count '{now[i].Name}' was {_last[i].Count}, and is {now[i].Count}.";
        _last = now;
        return failure;
    }
}
