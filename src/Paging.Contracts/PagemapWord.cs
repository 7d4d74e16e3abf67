using System.Diagnostics;
using Paging.Native;

namespace Paging.Core;

//  63  62  61  60 59  58  57  56  55  54                                         0
// ┌───┬───┬───┬─────┬───┬───┬───┬───┬────────────────────────────────────────────┐
// │ P │ S │ F │  0  │ G │UWP│ X │SD │ P: frame number    S: device 0–4, slot 5–54 │
// └───┴───┴───┴─────┴───┴───┴───┴───┴────────────────────────────────────────────┘
/// <summary>The word of one page in /proc/PID/pagemap: 64 bits in the kernel's layout.</summary>
/// <remarks>Linux: fs/proc/task_mmu.c pte_to_pagemap_entry; Documentation/admin-guide/mm/pagemap.rst.</remarks>
/// <param name="Word">The bits.</param>
[DebuggerDisplay("{Word,h}")]
public readonly record struct PagemapWord(ulong Word)
{
    private const ulong FrameMask = (1UL << 55) - 1;
    internal const ulong SoftDirtyBit = 1UL << 55;
    internal const ulong ExclusiveBit = 1UL << 56;
    internal const ulong ProtectedBit = 1UL << 57;
    internal const ulong GuardBit = 1UL << 58;
    internal const ulong FileBit = 1UL << 61;
    internal const ulong SwapBit = 1UL << 62;
    internal const ulong PresentBit = 1UL << 63;
    internal const int SlotShift = 5;    // MAX_SWAPFILES_SHIFT

    /// <summary>The page is in RAM (P).</summary>
    public bool IsPresent => (Word & PresentBit) != 0;

    /// <summary>The page is on a swap device (S). Also true for a guard and a poisoned page, whose entries have that form.</summary>
    public bool IsSwapped => (Word & SwapBit) != 0;

    /// <summary>A guard of madvise(MADV_GUARD_INSTALL) (G, Linux 6.15).</summary>
    public bool IsGuard => (Word & GuardBit) != 0;

    /// <summary>A page of a file or of shared memory (F).</summary>
    public bool IsFile => (Word & FileBit) != 0;

    /// <summary>Only one page table entry, of any process, leads to the frame (X).</summary>
    public bool IsExclusivelyMapped => (Word & ExclusiveBit) != 0;

    /// <summary>Written or newly mapped since clear_refs last cleared the mark (SD).</summary>
    public bool IsSoftDirty => (Word & SoftDirtyBit) != 0;

    /// <summary>The first write to it is reported to a userfaultfd (UWP).</summary>
    public bool IsWriteProtected => (Word & ProtectedBit) != 0;

    /// <summary>The frame, if the page is present.</summary>
    public FrameNumber Frame => new((uint)(Word & FrameMask));
}
