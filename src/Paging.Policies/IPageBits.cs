namespace Paging.Policies;

/// <summary>The bits of the page in a slot. A policy reads them where its algorithm examines the page anyway.</summary>
/// <remarks>
/// The processor sets the accessed bit of a page table entry at an access and reports nothing. An engine gathers the bits of all entries
/// that map the frame (reverse map) and clears them; a simulator reports accesses through <see cref="IReplacementPolicy.Hit"/> instead.
/// </remarks>
public interface IPageBits
{
    /// <summary>Returns true if the page was accessed since the last call, by any entry that maps it. Clears the mark.</summary>
    bool TakeAccessed(int slot);

    /// <summary>Returns true if the page is newer than its copy on a device, so that evicting it costs a write. Changes nothing.</summary>
    bool IsDirty(int slot);
}
