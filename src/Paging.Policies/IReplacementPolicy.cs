namespace Paging.Policies;

/// <summary>Decides which page leaves when a frame is needed: on a trace, and on the live engine.</summary>
/// <remarks><code>
///   miss   Missed(page) ─► while no frame is free: FindVictim ─► Evicted(slot, page) ─► Loaded(slot, page)
///   hit    Hit(slot), where accesses are reported; on hardware the processor sets a bit, and FindVictim reads it
///   gone   Removed(slot): unmapped, truncated or freed with its process; no decision of the policy, and not remembered as one
/// </code>
/// A slot is a small number from 0 on, dense, reused last in, first out; the caller keeps the frame of each slot. A page is a 64-bit name
/// that stays the same while the page is out. Background reclaim evicts without a Missed before it.
/// Implementations are mutable structs and travel as type arguments or by reference: no virtual call, no boxing.
/// Their arrays grow when a slot is first loaded and never afterwards. An engine reserves them at creation, so that nothing allocates
/// later.
/// </remarks>
public interface IReplacementPolicy
{
    /// <summary>Returned by <see cref="FindVictim"/> when nothing is resident.</summary>
    const int None = -1;

    /// <summary>Looks a page up in the history: it is not resident and about to be loaded. Called before a victim is looked for.</summary>
    /// <param name="page">The name of the page; anything but <see cref="ulong.MaxValue"/>.</param>
    void Missed(ulong page);

    /// <summary>The page now lies in the slot, which was free. The access that caused it is part of this call.</summary>
    /// <param name="slot">The slot, below the number of frames.</param>
    /// <param name="page">As in <see cref="Missed"/>, which came before.</param>
    void Loaded(int slot, ulong page);

    /// <summary>The page in the slot was accessed again. Called only where accesses are reported.</summary>
    void Hit(int slot);

    /// <summary>Chooses the slot to free. May turn hands and rotate lists; the slot stays loaded until <see cref="Evicted"/>.</summary>
    /// <param name="bits">Accesses that were not reported through <see cref="Hit"/>.</param>
    /// <returns>A resident slot, or <see cref="None"/>.</returns>
    int FindVictim<TBits>(ref TBits bits) where TBits : struct, IPageBits;

    /// <summary>The victim is gone: drops the slot's state, and may remember the page.</summary>
    /// <param name="slot">The slot that <see cref="FindVictim"/> returned last.</param>
    /// <param name="page">The page that was in it.</param>
    void Evicted(int slot, ulong page);

    /// <summary>The page in the slot is gone for another reason: drops the slot's state.</summary>
    void Removed(int slot);
}

/// <summary>A policy that needs no knowledge of the future, so that it can be made from a number of frames.</summary>
/// <typeparam name="TSelf">The policy.</typeparam>
public interface IOnlinePolicy<TSelf> : IReplacementPolicy
    where TSelf : struct, IOnlinePolicy<TSelf>
{
    /// <summary>Makes the policy for a number of frames, none of them in use.</summary>
    /// <param name="frameCount">At least 1. Targets and shares follow from it.</param>
    /// <param name="reservedFrameCount">The number of frames to make arrays for now; an engine passes all of them.</param>
    static abstract TSelf Create(int frameCount, int reservedFrameCount);
}
