using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The lists of named counters: every property, once and in order, under a name of its own.</summary>
/// <remarks>A counter without a row fails here.</remarks>
public sealed class CounterListTests
{
    [Fact]
    public void EveryCounterIsInItsListOnce()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        AssertComplete<FaultCounters>(static counters => counters.ToNamedCounts(), names);
        AssertComplete<CacheCounters>(static counters => counters.ToNamedCounts(), names);
        AssertComplete<ReclaimCounters>(static counters => counters.ToNamedCounts(), names);
        AssertComplete<HugeCounters>(static counters => counters.ToNamedCounts(), names);
    }

    private static void AssertComplete<TCounters>(Func<TCounters, IReadOnlyList<NamedCount>> list, HashSet<string> names)
        where TCounters : unmanaged
    {
        TCounters counters = default;
        Span<long> values = MemoryMarshal.Cast<TCounters, long>(new Span<TCounters>(ref counters));
        for (int i = 0; i < values.Length; i++) values[i] = 100 + i;
        PropertyInfo[] properties = typeof(TCounters).GetProperties();
        IReadOnlyList<NamedCount> counts = list(counters);
        Assert.Equal(values.Length, properties.Length);
        Assert.Equal(properties.Select(property => (long)property.GetValue(counters)!), counts.Select(static count => count.Count));
        Assert.All(counts, count => Assert.True(names.Add(count.Name), $"two counters are named '{count.Name}'"));
    }
}
