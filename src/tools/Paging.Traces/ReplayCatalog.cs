using System.Collections.Immutable;
using Paging.Policies;

namespace Paging.Traces;

/// <summary>All policies that traces can be run under, in the order in which tables show them.</summary>
public static class ReplayCatalog
{
    private const int OptimumPlace = 9;    // before LIRS: what reads the output of `paging replay` knows this order

    /// <summary>The policies of <see cref="PolicyEntry.All"/>, and the optimum among them.</summary>
    public static ImmutableArray<ReplayPolicy> All { get; } =
        PolicyEntry.All.Select(static entry => new ReplayPolicy(entry.Name, entry.Summary, entry)).ToImmutableArray()
            .Insert(OptimumPlace, new("OPT", "Belady's optimum: no policy misses less", online: null));

    /// <summary>Finds a policy by name, without regard to case and hyphens (<c>S3-FIFO</c>).</summary>
    public static ReplayPolicy? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return All.FirstOrDefault(policy => PolicyEntry.IsSameName(policy.Name, name));
    }
}
