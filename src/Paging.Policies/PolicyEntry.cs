using System.Collections.Immutable;
using Paging.Policies.Online;

namespace Paging.Policies;

/// <summary>A policy that can be chosen by name.</summary>
/// <param name="Name">The name, in capitals: <c>CLOCK0</c>.</param>
/// <param name="Summary">A description of the policy, in half a line.</param>
public abstract record PolicyEntry(string Name, string Summary)
{
    /// <summary>All policies that need no knowledge of the future, in the order in which tables show them.</summary>
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
        new OnlinePolicyEntry<LirsPolicy>("LIRS", "distance between the last two accesses"),
        new OnlinePolicyEntry<TwoListPolicy>("LINUX", "active and inactive list, refault distance"),
    ];

    /// <summary>Finds a policy by name, without regard to case and hyphens (<c>S3-FIFO</c>).</summary>
    public static PolicyEntry? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (PolicyEntry entry in All)
            if (IsSameName(entry.Name, name)) return entry;
        return null;
    }

    /// <summary>Compares two names of policies, without regard to case and hyphens.</summary>
    public static bool IsSameName(string name, string other)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(other);
        return string.Equals(Plain(name), Plain(other), StringComparison.OrdinalIgnoreCase);

        static string Plain(string name) => name.Replace("-", "", StringComparison.Ordinal);
    }

    /// <summary>Passes the policy's type to a user that makes something else of it.</summary>
    public abstract TResult Use<TResult>(IPolicyUser<TResult> user);
}

/// <summary>Makes something out of a policy's type.</summary>
/// <typeparam name="TResult">The type of the result.</typeparam>
public interface IPolicyUser<out TResult>
{
    /// <summary>Makes the result for a policy.</summary>
    TResult Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy>;
}

internal sealed record OnlinePolicyEntry<TPolicy>(string Name, string Summary) : PolicyEntry(Name, Summary)
    where TPolicy : struct, IOnlinePolicy<TPolicy>
{
    public override TResult Use<TResult>(IPolicyUser<TResult> user) => user.Use<TPolicy>();
}
