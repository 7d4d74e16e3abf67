using System.Collections.Immutable;
using Paging.Policies.Offline;
using Paging.Policies.Online;
using Paging.Policies.Simulation;

namespace Paging.Policies;

/// <summary>A policy that can be chosen by name.</summary>
/// <param name="Name">The name, in capitals: <c>CLOCK0</c>.</param>
/// <param name="Summary">A description of the policy, in half a line.</param>
public abstract record PolicyEntry(string Name, string Summary)
{
    /// <summary>Makes a simulator for a number of frames.</summary>
    public abstract TraceSimulator Create(int frameCount);

    /// <summary>Passes the policy's type to a user that makes something else of it.</summary>
    public abstract TResult Use<TResult>(IPolicyUser<TResult> user);
}

/// <summary>Makes something out of a policy's type.</summary>
/// <typeparam name="TResult">The type of the result.</typeparam>
public interface IPolicyUser<out TResult>
{
    /// <summary>A policy that needs no knowledge of the future.</summary>
    TResult Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy>;

    /// <summary>The optimum, <see cref="OptPolicy"/>, which needs the future accesses.</summary>
    TResult UseOptimum();
}

internal sealed record OnlinePolicyEntry<TPolicy>(string Name, string Summary) : PolicyEntry(Name, Summary)
    where TPolicy : struct, IOnlinePolicy<TPolicy>
{
    public override TraceSimulator Create(int frameCount) =>
        new PolicySimulator<TPolicy>(frameCount, TPolicy.Create(frameCount, SimulatorSizes.ReservedFor(frameCount)));

    public override TResult Use<TResult>(IPolicyUser<TResult> user) => user.Use<TPolicy>();
}

internal sealed record OptimumEntry(string Name, string Summary) : PolicyEntry(Name, Summary)
{
    public override TraceSimulator Create(int frameCount) => new OptSimulator(frameCount);

    public override TResult Use<TResult>(IPolicyUser<TResult> user) => user.UseOptimum();
}

/// <summary>All policies, in the order in which tables show them.</summary>
public static class PolicyCatalog
{
    /// <summary>The policies.</summary>
    public static ImmutableArray<PolicyEntry> All { get; } =
    [
        new OnlinePolicyEntry<FifoPolicy>("FIFO", "loaded longest ago"),
        new OnlinePolicyEntry<LruPolicy>("LRU", "accessed longest ago"),
        new OnlinePolicyEntry<ClockPolicy>("CLOCK", "second chance, reference bit set on load"),
        new OnlinePolicyEntry<ClockZeroPolicy>("CLOCK0", "second chance, reference bit clear on load"),
        new OnlinePolicyEntry<TwoQueuePolicy>("2Q", "two queues, full version (1/4, 1/2)"),
        new OnlinePolicyEntry<ArcPolicy>("ARC", "adaptive between recency and frequency"),
        new OnlinePolicyEntry<LfuPolicy>("LFU", "accessed least often since loaded"),
        new OnlinePolicyEntry<SievePolicy>("SIEVE", "one queue, a sifting hand"),
        new OnlinePolicyEntry<S3FifoPolicy>("S3FIFO", "small, main and ghost queue"),
        new OptimumEntry("OPT", "Belady's optimum: no policy misses less"),
        new OnlinePolicyEntry<LirsPolicy>("LIRS", "distance between the last two accesses"),
        new OnlinePolicyEntry<TwoListPolicy>("LINUX", "active and inactive list, refault distance"),
    ];

    /// <summary>Finds a policy by name, without regard to case and hyphens (<c>S3-FIFO</c>).</summary>
    public static PolicyEntry? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string plain = name.Replace("-", "", StringComparison.Ordinal);
        foreach (PolicyEntry entry in All)
            if (string.Equals(entry.Name, plain, StringComparison.OrdinalIgnoreCase)) return entry;
        return null;
    }
}
