namespace Paging.Policies;

/// <summary>Decides which page leaves when a frame is needed. It sees slots, the numbers of frames; it owns no page.</summary>
/// <remarks><code>
///   hit    Hit(slot)
///   miss   Missed(page) ─► while no frame is free: FindVictim ─► Evicted(slot, page) ─► Loaded(slot, page)
///   gone   Removed(slot): unmapped, truncated, pinned; not a decision of the policy, and not remembered as one
///
/// A simulator calls Hit at each access. An engine need not: the processor sets a bit, FindVictim asks for it
/// (see <see cref="IReferenceBits"/>). Background reclaim evicts without a Missed before it.
///
/// Implementations are mutable structs and travel as type arguments or by reference: no virtual call, no boxing.
/// Their arrays grow as slots are first loaded and never afterwards; reserve them at creation to allocate nothing later.
/// </code></remarks>
public interface IReplacementPolicy
{
    /// <summary>What <see cref="FindVictim"/> says when nothing is resident.</summary>
    const int None = -1;

    /// <summary>A page that is not resident is about to be loaded: look it up in the history.</summary>
    /// <param name="page">Its number; anything but <see cref="ulong.MaxValue"/>.</param>
    void Missed(ulong page);

    /// <summary>The page now lies in the slot, which was free. The access that caused it is part of this call.</summary>
    /// <param name="slot">The frame's number, below the number of frames.</param>
    /// <param name="page">As in <see cref="Missed"/>, which came before.</param>
    void Loaded(int slot, ulong page);

    /// <summary>The page in the slot was accessed again.</summary>
    void Hit(int slot);

    /// <summary>Which slot should be freed. May turn hands and rotate lists; the slot itself stays until <see cref="Evicted"/>.</summary>
    /// <param name="bits">Accesses that nobody reported through <see cref="Hit"/>.</param>
    /// <returns>A resident slot, or <see cref="None"/>.</returns>
    int FindVictim<TBits>(ref TBits bits) where TBits : struct, IReferenceBits;

    /// <summary>The victim is gone: forget the slot, perhaps remember the page.</summary>
    /// <param name="slot">What <see cref="FindVictim"/> returned last.</param>
    /// <param name="page">The page that was in it.</param>
    void Evicted(int slot, ulong page);

    /// <summary>The page in the slot is gone for a reason of its own: forget the slot.</summary>
    void Removed(int slot);
}

/// <summary>A policy that needs no knowledge of the future, so that anybody can make one.</summary>
/// <typeparam name="TSelf">The policy.</typeparam>
public interface IOnlinePolicy<TSelf> : IReplacementPolicy
    where TSelf : struct, IOnlinePolicy<TSelf>
{
    /// <summary>Makes the policy for a number of frames, none of them in use.</summary>
    /// <param name="frameCount">At least 1. Targets and shares follow from it.</param>
    /// <param name="reservedFrameCount">For how many frames arrays are made now; an engine says all.</param>
    static abstract TSelf Create(int frameCount, int reservedFrameCount);
}
