using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>
/// Core's view of an address space of another system, which has agreements and entry words of its own instead of areas.
/// </summary>
/// <remarks>
/// A Linux space has none. Reclaim, truncation, swapoff, reports and the audit call it for such a space; the fault path of Linux never
/// does. Frames of its private pages name the space as their owner (<see cref="SpaceOwner"/>); pages of files are found through area
/// records that are in the list of their object and in no tree. Decision 0023 has the reasons.
/// </remarks>
internal interface IForeignSpace
{
    /// <summary>The most slots of a swap device that an entry word can name.</summary>
    uint SlotCountMax { get; }

    /// <summary>The area records through which the reverse map finds its entries for pages of files. For the audit.</summary>
    IEnumerable<AreaIndex> Views { get; }

    /// <summary>The swap slot that a word without the present bit names; the empty entry if it names none.</summary>
    SwapEntry SlotOf(PageTableEntry word);

    /// <summary>The frame that a word without the present bit still holds a reference to; frame 0 for most words.</summary>
    FrameNumber FrameOf(PageTableEntry word);

    /// <summary>The word of a page that loses its frame: it names the slot that holds the page, or nothing if the slot is empty.</summary>
    PageTableEntry WithoutFrame(PageTableEntry entry, SwapEntry slot);

    /// <summary>The flags of a private page that reclaim needs: locked and executable.</summary>
    AreaFlags FlagsOf(PageNumber page, PageTableEntry entry);

    /// <summary>The rights that the program has to a page now; none for one that is not in use, or whose next access is reported.</summary>
    MemoryProtection RightsAt(PageNumber page);

    /// <summary>True if the page is in use: committed, whatever the rights to it are.</summary>
    bool IsInUse(PageNumber page);

    /// <summary>True if the next write to the page gives the process a copy of it.</summary>
    bool CopiesOnWrite(PageNumber page);

    /// <summary>Describes the memory in use as areas, in the order of addresses, for reports and core files. Allocates.</summary>
    IEnumerable<AreaSnapshot> Describe();

    /// <summary>Removes the entries of a range that map pages of files. Private copies stay.</summary>
    void DropCachedPages(PageRange range);

    /// <summary>Makes the next write to a page of a file in the range fault. Private copies stay as they are.</summary>
    void ProtectCachedPages(PageRange range);

    /// <summary>Removes every entry and every agreement when the process ends.</summary>
    void End();

    /// <summary>Checks the rules of its own system, and returns the number of pages that it has committed.</summary>
    long Audit(AuditReport report);
}
