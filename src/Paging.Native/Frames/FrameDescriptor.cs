using System.Runtime.InteropServices;

namespace Paging.Native;

//   0       1       2       3       4               8               12              16
//  ┌───────┬───────┬───────┬───────┬───────────────┬───────────────┬───────────────┐
//  │ State │ Flags │ O / G │ Kind  │     Owner     │ReferenceCount │   MapCount    │
//  └───────┴───────┴───────┴───────┴───────────────┴───────────────┴───────────────┘
//  │◄────────── Header ───────────►│               │◄─────────── Counts ──────────►│
//   16              20              24              28              32
//  ┌───────────────┬───────────────┬───────────────┬───────────────┐
//  │     Index     │     Next      │   Previous    │    Private    │
//  └───────────────┴───────────────┴───────────────┴───────────────┘
/// <summary>What is known about one frame: 32 bytes, half a cache line, in the <see cref="FrameTable"/>.</summary>
/// <remarks>Links are frame numbers; 0 is none, for frame 0 is always reserved.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public struct FrameDescriptor
{
    // What it is. State is written by FrameTable and BuddyAllocator only (F1, F2).

    /// <summary>What the frame is for.</summary>
    [FieldOffset(0)] public FrameState State;

    /// <summary>F6: BuddyHead is the only flag of a free frame, and of free frames only.</summary>
    [FieldOffset(1)] public FrameFlags Flags;

    /// <summary>In the first frame of a free block, the block's order.</summary>
    [FieldOffset(2)] public byte Order;

    /// <summary>In a frame on a reclaim list, the group of processes that is charged for it; otherwise 0.</summary>
    [FieldOffset(2)] public byte Group;

    /// <summary>The owner's own: which of a process's counts a mapping of the frame goes into.</summary>
    [FieldOffset(3)] public byte Kind;

    /// <summary>The first four fields as one word, so that the allocator tests and writes them at once.</summary>
    [FieldOffset(0)] internal uint Header;

    /// <summary>The header and the owner as one word: the header in the low half.</summary>
    [FieldOffset(0)] internal ulong HeaderAndOwner;

    // Whose it is. Written by the owner.

    /// <summary>The anonymous root or file object it belongs to.</summary>
    [FieldOffset(4)] public uint Owner;

    /// <summary>The page within the owner.</summary>
    [FieldOffset(16)] public uint Index;

    // Who uses it. Adjacent and aligned to 8, so that a fork adds to both with one 64-bit add.

    /// <summary>Users of the frame, mappings included; F5: at least <see cref="MapCount"/>.</summary>
    [FieldOffset(8)] public uint ReferenceCount;

    /// <summary>Page-table entries that lead to the frame.</summary>
    [FieldOffset(12)] public uint MapCount;

    /// <summary>Both counts as one word: references in the low half.</summary>
    [FieldOffset(8)] internal ulong Counts;

    // Where it hangs: in the allocator while free, in a list of the reclaim policy otherwise; never both.

    /// <summary>The next frame of the list.</summary>
    [FieldOffset(20)] public uint Next;

    /// <summary>The previous frame of the list.</summary>
    [FieldOffset(24)] public uint Previous;

    /// <summary>The owner's; in a page table, how many entries are in use; in a free frame, whether it is poisoned (B6).</summary>
    [FieldOffset(28)] public uint Private;
}
