using Paging.Core.Threads;
using Paging.Policies;

namespace Paging.Core.Reclaim;

/// <summary>The source from which a plugged policy learns of accesses.</summary>
public enum AccessInformation
{
    /// <summary>As on hardware: the policy reads the accessed bits of page table entries when it searches for a victim.</summary>
    AccessedBits,
    /// <summary>Every access of an <see cref="Mmu"/> to a present page is reported at once. The bits are always clear.</summary>
    /// <remarks>
    /// Processes of the group get no translation cache, so each access costs a walk of the page tables. A span, a copy and a fill are one
    /// access for each page. Accesses through spans and pins that the host already holds are not seen. Processors that walk the tables
    /// themselves are refused: <see cref="Mmu.ResolveFault"/> throws.
    /// </remarks>
    EveryAccess,
}

/// <summary>A policy that can be plugged into an engine or a group instead of Linux's lists.</summary>
/// <remarks>
/// The policy is a type argument, so only calls between the engine and the policy as a whole are virtual, not those within the policy.
/// </remarks>
public abstract class ReclaimPolicy
{
    private protected ReclaimPolicy(AccessInformation information) => Information = information;

    /// <summary>The source from which the policy learns of accesses.</summary>
    public AccessInformation Information { get; }

    /// <summary>Plugs in a policy of the catalog: <c>ReclaimPolicy.Of(PolicyEntry.Find("ARC")!)</c>.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="information">The source from which the policy learns of accesses.</param>
    public static ReclaimPolicy Of(PolicyEntry policy, AccessInformation information = AccessInformation.AccessedBits)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Use(new Maker(information));
    }

    /// <summary>Plugs in a policy of the embedder that needs no knowledge of the future.</summary>
    /// <param name="information">The source from which the policy learns of accesses.</param>
    public static ReclaimPolicy Of<TPolicy>(AccessInformation information = AccessInformation.AccessedBits)
        where TPolicy : struct, IOnlinePolicy<TPolicy> =>
        Of(static frameCount => TPolicy.Create(frameCount, frameCount), information);

    /// <summary>Plugs in a policy that the caller creates.</summary>
    /// <param name="create">Creates the policy for a number of frames: the limit of its group, or RAM. Allocates all it will need.</param>
    /// <param name="information">The source from which the policy learns of accesses.</param>
    public static ReclaimPolicy Of<TPolicy>(Func<int, TPolicy> create, AccessInformation information = AccessInformation.AccessedBits)
        where TPolicy : struct, IReplacementPolicy
    {
        ArgumentNullException.ThrowIfNull(create);
        return new Choice<TPolicy>(create, information);
    }

    internal abstract PluggedPolicy Plug(ReclaimContext context, CallerCheck callers, int group, int frameCount);

    private sealed class Maker(AccessInformation information) : IPolicyUser<ReclaimPolicy>
    {
        public ReclaimPolicy Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy> => Of<TPolicy>(information);
    }

    private sealed class Choice<TPolicy>(Func<int, TPolicy> create, AccessInformation information) : ReclaimPolicy(information)
        where TPolicy : struct, IReplacementPolicy
    {
        internal override PluggedPolicy Plug(ReclaimContext context, CallerCheck callers, int group, int frameCount) =>
            new PluggedPolicy<TPolicy>(context, callers, group, frameCount, Create(callers, frameCount), Information);

        private TPolicy Create(CallerCheck callers, int frameCount)
        {
            using HostCall call = callers.Callbacks.Begin();    // the host's code, which may not call the engine
            return create(frameCount);
        }
    }
}
