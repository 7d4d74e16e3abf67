using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

//  63  62  61  60    58  57  56  55  54                                         0
// ┌───┬───┬───┬─────────┬───┬───┬───┬────────────────────────────────────────────┐
// │ P │ S │ F │    0    │UWP│ X │SD │ P: frame number    S: device 0–4, slot 5–54 │
// └───┴───┴───┴─────────┴───┴───┴───┴────────────────────────────────────────────┘
/// <summary>One page in /proc/PID/pagemap: 64 bits, as the kernel lays them out.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c pte_to_pagemap_entry; Documentation/admin-guide/mm/pagemap.rst.</remarks>
/// <param name="Word">The bits.</param>
[DebuggerDisplay("{Word,h}")]
public readonly record struct PagemapWord(ulong Word)
{
    private const ulong FrameMask = (1UL << 55) - 1;
    private const ulong SoftDirtyBit = 1UL << 55;
    private const ulong ExclusiveBit = 1UL << 56;
    private const ulong FileBit = 1UL << 61;
    private const ulong SwapBit = 1UL << 62;
    private const ulong PresentBit = 1UL << 63;
    private const int SlotShift = 5;    // MAX_SWAPFILES_SHIFT

    /// <summary>The page is in RAM (P).</summary>
    public bool IsPresent => (Word & PresentBit) != 0;

    /// <summary>The page is on a swap device (S).</summary>
    public bool IsSwapped => (Word & SwapBit) != 0;

    /// <summary>A page of a file or of shared memory (F).</summary>
    public bool IsFile => (Word & FileBit) != 0;

    /// <summary>No other entry of any process leads to the frame (X).</summary>
    public bool IsExclusivelyMapped => (Word & ExclusiveBit) != 0;

    /// <summary>Written, or newly mapped, since clear_refs last cleared it (SD).</summary>
    public bool IsSoftDirty => (Word & SoftDirtyBit) != 0;

    /// <summary>The frame, if the page is present.</summary>
    public FrameNumber Frame => new((uint)(Word & FrameMask));

    /// <summary>What a process sees of one of its pages. Holes are 0.</summary>
    internal static PagemapWord Of(AddressSpace space, PageNumber page)
    {
        AreaIndex index = space.Areas.Tree.Covering(page);
        if (index.IsNone || space.Areas[index].Has(AreaFlags.Foreign)) return default;
        ulong word = space.Areas[index].Has(AreaFlags.SoftClean) ? 0 : SoftDirtyBit;
        PageTableEntry entry = space.Tables.Read(page);
        return new(word | (entry.IsPresent ? OfPresent(space.Engine, entry) : OfAbsent(entry)));
    }

    // The zero page belongs to nobody: neither a file's nor exclusive.
    private static ulong OfPresent(PagingEngine engine, PageTableEntry entry)
    {
        ulong word = PresentBit | entry.Frame.Value;
        if (EntryWords.IsSoftDirty(entry)) word |= SoftDirtyBit;
        if (EntryWords.IsZeroPage(entry)) return word;
        ref FrameDescriptor frame = ref engine.Frames[entry.Frame];
        if (frame.State == FrameState.PageCache) word |= FileBit;
        if (frame.MapCount == 1) word |= ExclusiveBit;
        return word;
    }

    // A swap entry has no bit to remember clear_refs: it counts as written since. An observer may see too much, and misses nothing.
    private static ulong OfAbsent(PageTableEntry entry)
    {
        SwapEntry swapped = SwapEntry.From(entry);
        return swapped.IsSwap ? SwapBit | SoftDirtyBit | (uint)swapped.Device | ((ulong)swapped.Slot << SlotShift) : 0;
    }
}
