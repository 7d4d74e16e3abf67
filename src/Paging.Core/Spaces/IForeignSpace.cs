using Paging.Core.Areas;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Spaces;

/// <summary>
/// What an address space of another system knows about itself: it has agreements and entry words of its own instead of areas.
/// </summary>
/// <remarks>
/// A space of Linux has none. Reclaim, truncation, swapoff and the audit ask it where they meet such a space; the fault path of
/// Linux does not. Frames of its private pages name the space as their owner (<see cref="SpaceOwner"/>); pages of files are found
/// through area records that are in the list of their object and in no tree. Decision 0023 says why.
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

    /// <summary>The word of a page whose frame goes: it names the slot that holds the page, or nothing if the slot is empty.</summary>
    PageTableEntry WithoutFrame(PageTableEntry entry, SwapEntry slot);

    /// <summary>What reclaim must know of a private page: whether it is locked, and whether it is executable.</summary>
    AreaFlags FlagsOf(PageNumber page, PageTableEntry entry);

    /// <summary>Takes away the entries of a range that map pages of files. Private copies stay.</summary>
    void DropCachedPages(PageRange range);

    /// <summary>Makes the next write to a page of a file in the range fault. Private copies stay as they are.</summary>
    void ProtectCachedPages(PageRange range);

    /// <summary>The process ends: takes away every entry and every agreement.</summary>
    void End();

    /// <summary>Checks its own rules, and returns how many pages it has committed.</summary>
    long Audit(AuditReport report);
}
