using System.Collections.Immutable;

namespace Paging.Policies;

/// <summary>A policy that can be asked for by name.</summary>
/// <param name="Name">The name, in capitals: <c>CLOCK0</c>.</param>
/// <param name="Summary">What it does, in half a line.</param>
/// <param name="Create">Makes a simulator for a number of frames.</param>
public sealed record PolicyEntry(string Name, string Summary, Func<int, TraceSimulator> Create);

/// <summary>All policies, in the order in which tables show them.</summary>
public static class PolicyCatalog
{
    /// <summary>The policies.</summary>
    public static ImmutableArray<PolicyEntry> All { get; } =
    [
        Online<FifoPolicy>("FIFO", "loaded longest ago"),
        Online<LruPolicy>("LRU", "accessed longest ago"),
        Online<ClockPolicy>("CLOCK", "second chance, reference bit set on load"),
        Online<ClockZeroPolicy>("CLOCK0", "second chance, reference bit clear on load"),
        Online<TwoQueuePolicy>("2Q", "two queues, full version (1/4, 1/2)"),
        Online<ArcPolicy>("ARC", "adaptive between recency and frequency"),
        Online<LfuPolicy>("LFU", "accessed least often since loaded"),
        Online<SievePolicy>("SIEVE", "one queue, a sifting hand"),
        Online<S3FifoPolicy>("S3FIFO", "small, main and ghost queue"),
        new("OPT", "Belady's optimum: no policy misses less", static frameCount => new OptSimulator(frameCount)),
        Online<LirsPolicy>("LIRS", "distance between the last two accesses"),
        Online<TwoListPolicy>("LINUX", "active and inactive list, refault distance"),
    ];

    /// <summary>Finds a policy by name, whatever the case; a hyphen does not matter (<c>S3-FIFO</c>).</summary>
    public static PolicyEntry? Find(string name)
    {
        string plain = name.Replace("-", "", StringComparison.Ordinal);
        foreach (PolicyEntry entry in All)
            if (string.Equals(entry.Name, plain, StringComparison.OrdinalIgnoreCase)) return entry;
        return null;
    }

    private static PolicyEntry Online<TPolicy>(string name, string summary) where TPolicy : struct, IOnlinePolicy<TPolicy> =>
        new(name, summary, static frameCount =>
            new PolicySimulator<TPolicy>(frameCount, TPolicy.Create(frameCount, SimulatorSizes.ReservedFor(frameCount))));
}
