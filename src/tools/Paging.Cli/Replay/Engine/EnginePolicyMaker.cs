using Paging.Core.Reclaim;
using Paging.Policies;
using Paging.Traces;
using Paging.Traces.Offline;

namespace Paging.Cli.Replay.Engine;

/// <summary>Makes a policy for the engine, with every access reported, as to a simulator.</summary>
/// <param name="frameCount">The requested frames. The policy's targets and shares follow from it, even if the trace needs fewer.</param>
/// <param name="future">The future of the trace, for the optimal policy; otherwise null.</param>
internal sealed class EnginePolicyMaker(int frameCount, FutureUses? future) : IPolicyUser<ReclaimPolicy>
{
    /// <summary>Makes the policy.</summary>
    public ReclaimPolicy Make(ReplayPolicy policy)
    {
        if (policy.Online is { } online) return online.Use(this);
        FutureUses known = future ?? throw new InvalidOperationException("The optimum needs the trace's future.");
        return ReclaimPolicy.Of(capacity => new OptPolicy(known, Math.Min(frameCount, capacity)), AccessInformation.EveryAccess);
    }

    public ReclaimPolicy Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy> =>
        ReclaimPolicy.Of(capacity => TPolicy.Create(frameCount, Math.Min(frameCount, capacity)), AccessInformation.EveryAccess);
}
