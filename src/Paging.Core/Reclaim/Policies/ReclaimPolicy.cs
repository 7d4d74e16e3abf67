namespace Paging.Core.Reclaim;

/// <summary>How a plugged policy learns of accesses.</summary>
public enum AccessInformation
{
    /// <summary>As on hardware: accessed bits of page-table entries, asked for when a victim is looked for.</summary>
    AccessedBits,
    /// <summary>Every access through <c>AddressSpace.Touch</c> is reported at once, as to a simulator; the bits are always clear.</summary>
    EveryAccess,
}

/// <summary>A policy that can be plugged into an engine or a group instead of Linux's lists.</summary>
/// <remarks>Made by <see cref="Of{TPolicy}"/>: the policy is a type argument from there on, and nothing on its way is virtual but its two ends.</remarks>
public abstract class ReclaimPolicy
{
    private protected ReclaimPolicy(AccessInformation information) => Information = information;

    /// <summary>How it learns of accesses.</summary>
    public AccessInformation Information { get; }

    /// <summary>A policy of a type.</summary>
    /// <param name="create">Makes the policy for so many frames: the limit of its group, or RAM.</param>
    /// <param name="information">How it learns of accesses.</param>
    public static ReclaimPolicy Of<TPolicy>(Func<int, TPolicy> create, AccessInformation information = AccessInformation.AccessedBits)
        where TPolicy : struct, IReclaimPolicy
    {
        ArgumentNullException.ThrowIfNull(create);
        return new Choice<TPolicy>(create, information);
    }

    internal abstract PluggedPolicy Plug(ReclaimContext context, int group, int frameCount);

    private sealed class Choice<TPolicy>(Func<int, TPolicy> create, AccessInformation information) : ReclaimPolicy(information)
        where TPolicy : struct, IReclaimPolicy
    {
        internal override PluggedPolicy Plug(ReclaimContext context, int group, int frameCount) =>
            new PluggedPolicy<TPolicy>(context, group, frameCount, create(frameCount), Information);
    }
}
