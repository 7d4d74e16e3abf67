using System.Diagnostics.CodeAnalysis;
using Paging.Core.Reclaim;
using Paging.Policies;

namespace Paging.Cli;

/// <summary>A policy of the simulator at work in the engine: the same struct, asked through the engine's interface.</summary>
/// <typeparam name="TPolicy">The policy.</typeparam>
internal struct EnginePolicy<TPolicy>(TPolicy policy) : IReclaimPolicy
    where TPolicy : struct, IReplacementPolicy
{
    private TPolicy _policy = policy;

    [UnscopedRef] private ref TPolicy Policy => ref _policy;    // by reference: a call on a copy would change the copy

    /// <inheritdoc/>
    public void Missed(PageIdentity page) => Policy.Missed(page.Word);

    /// <inheritdoc/>
    public void Loaded(int slot, PageIdentity page) => Policy.Loaded(slot, page.Word);

    /// <inheritdoc/>
    public void Hit(int slot) => Policy.Hit(slot);

    /// <inheritdoc/>
    public int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits
    {
        ReferenceBits<TBits> adapter = new(bits);
        return Policy.FindVictim(ref adapter);
    }

    /// <inheritdoc/>
    public void Evicted(int slot, PageIdentity page) => Policy.Evicted(slot, page.Word);

    /// <inheritdoc/>
    public void Removed(int slot) => Policy.Removed(slot);

    private struct ReferenceBits<TBits>(TBits bits) : IReferenceBits where TBits : struct, IAccessedBits
    {
        private TBits _bits = bits;

        [UnscopedRef] private ref TBits Bits => ref _bits;

        public bool TakeReferenced(int slot) => Bits.TakeAccessed(slot);
    }
}

/// <summary>Makes the engine's form of a policy from its type.</summary>
/// <param name="frameCount">What targets and shares follow from: the frames that were asked for, though the trace may need fewer.</param>
/// <param name="future">What the optimum must be told; null when it is not asked for.</param>
internal sealed class EnginePolicyMaker(int frameCount, FutureUses? future) : IPolicyUser<ReclaimPolicy>
{
    /// <inheritdoc/>
    public ReclaimPolicy Use<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy> =>
        ReclaimPolicy.Of(capacity => new EnginePolicy<TPolicy>(TPolicy.Create(frameCount, Math.Min(frameCount, capacity))), AccessInformation.EveryAccess);

    /// <inheritdoc/>
    public ReclaimPolicy UseOptimum()
    {
        FutureUses known = future ?? throw new InvalidOperationException("The optimum needs the trace's future.");
        return ReclaimPolicy.Of(capacity => new EnginePolicy<OptPolicy>(new OptPolicy(known, Math.Min(frameCount, capacity))), AccessInformation.EveryAccess);
    }
}
