using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Inspection;

/// <summary>Composes the words of /proc/PID/pagemap. Linux: fs/proc/task_mmu.c pte_to_pagemap_entry.</summary>
internal sealed class PagemapLook(FrameTable frames)
{
    /// <summary>Returns the pagemap word of a page; 0 for holes.</summary>
    public PagemapWord Of(Space space, PageNumber page)
    {
        if (space.Foreign is { } foreign) return new(OfForeign(foreign, space.Tables.Read(page)));
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas[index].HasAny(AreaFlags.Foreign | AreaFlags.Device)) return default;
        ulong word = space.Areas[index].Has(AreaFlags.SoftClean) ? 0 : PagemapWord.SoftDirtyBit;    // as VM_SOFTDIRTY
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent) return new(word | OfAbsent(entry));
        if (space.Tables.Huge.TryRead(page, out PageTableEntry leaf) && IsOfNoProcess(leaf)) word |= PagemapWord.FileBit;
        return new(word | OfPresent(entry));
    }

    // The huge page of zeros counts as a file's, and a page of the pool does that is in a file object. Linux: folio_test_anon.
    private bool IsOfNoProcess(PageTableEntry leaf)
    {
        if (EntryWords.IsSpecial(leaf)) return true;
        ref FrameDescriptor first = ref frames.Named(leaf.Frame);
        return first.State == FrameState.Kernel && (first.Private & HugePool.InObject) != 0;
    }

    // A word that holds a frame without P counts as swapped: the page has content and is not mapped.
    private ulong OfForeign(IForeignSpace foreign, PageTableEntry entry)
    {
        if (entry.IsPresent) return OfFrame(entry.Frame);    // its software bits are not Linux'
        SwapEntry slot = foreign.SlotOf(entry);
        if (slot.IsSwap) return PagemapWord.SwapBit | (uint)slot.Device | ((ulong)slot.Slot << PagemapWord.SlotShift);
        return foreign.FrameOf(entry).Value != 0 ? PagemapWord.SwapBit : 0;
    }

    // The zero page is neither a file's nor exclusive: its frame is reserved, and its mappings are not counted.
    private ulong OfPresent(PageTableEntry entry)
    {
        ulong word = OfFrame(entry.Frame);
        if (EntryWords.IsSoftDirty(entry)) word |= PagemapWord.SoftDirtyBit;
        return EntryWords.IsProtected(entry) ? word | PagemapWord.ProtectedBit : word;
    }

    private ulong OfFrame(FrameNumber number)
    {
        ulong word = PagemapWord.PresentBit | number.Value;
        ref FrameDescriptor frame = ref frames.Named(number);
        if (frame.State == FrameState.PageCache) word |= PagemapWord.FileBit;
        if (frame.MapCount == 1) word |= PagemapWord.ExclusiveBit;    // mappings, not the exclusive bit of the entry
        return word;
    }

    // A swap entry has no bit for clear_refs, so it counts as written since. An observer may see too many writes but misses none.
    private static ulong OfAbsent(PageTableEntry entry)
    {
        SwapEntry swapped = SwapEntry.From(entry);
        if (swapped.Marker == PageMarker.Guard) return PagemapWord.SwapBit | PagemapWord.GuardBit;
        ulong word = swapped.IsProtected ? PagemapWord.ProtectedBit : 0;
        if (!swapped.IsSwap) return swapped.Marker == PageMarker.None ? word : word | PagemapWord.SwapBit;    // a swap entry to Linux
        ulong slot = (ulong)swapped.Slot << PagemapWord.SlotShift;
        return word | PagemapWord.SwapBit | PagemapWord.SoftDirtyBit | (uint)swapped.Device | slot;
    }
}
