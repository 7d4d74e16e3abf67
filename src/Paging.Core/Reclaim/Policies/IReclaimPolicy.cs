namespace Paging.Core.Reclaim;

/// <summary>The accessed bits of the hardware, by slot. A policy asks where its algorithm would look at a page anyway.</summary>
public interface IAccessedBits
{
    /// <summary>Was the page in the slot accessed since the last question, by any entry that maps it? Clears the answer.</summary>
    bool TakeAccessed(int slot);

    /// <summary>Is the page in the slot newer than its copy on a device? Evicting it costs a write then.</summary>
    bool IsDirty(int slot);
}

/// <summary>Decides which page leaves when a frame is needed, on the live engine.</summary>
/// <remarks><code>
///   fault, page absent   Missed(page) ─► while the group is full: FindVictim ─► Evicted(slot, page) ─► Loaded(slot, page)
///   access               nothing: the processor sets a bit, FindVictim asks for it; or Hit(slot), where accesses are reported
///   page gone            Removed(slot): unmapped, truncated, freed with its process; not a decision of the policy
/// </code>
/// Slots are small numbers from 0 on, dense, reused last in, first out; the engine keeps which frame lies in which slot. A page is a
/// 64-bit name that stays the same while the page is out: of an object and a place in it. The members are those of the policies that
/// <c>paging replay</c> simulates, so that an adapter is one line each.
/// Implementations are mutable structs and travel as type arguments: no virtual call, no boxing. They allocate when made, not later.
/// </remarks>
public interface IReclaimPolicy
{
    /// <summary>What <see cref="FindVictim"/> says when there is none.</summary>
    const int None = -1;

    /// <summary>A page that is not there is about to be brought in: look it up in the history. Before a victim is looked for.</summary>
    void Missed(PageIdentity page);

    /// <summary>The page lies in the slot now. The access that caused it is part of this call.</summary>
    void Loaded(int slot, PageIdentity page);

    /// <summary>The page in the slot was accessed again. Called only where accesses are reported, by <see cref="AddressSpace.Touch"/>.</summary>
    void Hit(int slot);

    /// <summary>Which slot should be freed; <see cref="None"/> where there is none. It stays loaded until <see cref="Evicted"/>.</summary>
    int FindVictim<TBits>(ref TBits bits) where TBits : struct, IAccessedBits;

    /// <summary>The victim is gone: forget the slot, perhaps remember the page.</summary>
    void Evicted(int slot, PageIdentity page);

    /// <summary>The page in the slot is gone for a reason of its own: forget the slot.</summary>
    void Removed(int slot);
}
