using System.Runtime.InteropServices;
using Paging.Native.Frames;

namespace Paging.Native;

//   0               4               8               12              16
//  ┌───────────────┬───────────────┬───────────────┬───────────────┐
//  │  FrameHeader  │     Owner     │ReferenceCount │   MapCount    │
//  └───────────────┴───────────────┴───────────────┴───────────────┘
//                                  │◄─────────── Counts ──────────►│
//   16              20              24              28              32
//  ┌───────────────┬───────────────┬───────────────┬───────────────┐
//  │     Index     │     Next      │   Previous    │    Private    │
//  └───────────────┴───────────────┴───────────────┴───────────────┘
/// <summary>The descriptor of one frame: 32 bytes, half a cache line, in the <see cref="FrameTable"/>.</summary>
/// <remarks>Links are frame numbers; 0 means none, because frame 0 is always reserved.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 32)]
public struct FrameDescriptor
{
    // The use of the frame.

    /// <summary>State, flags, group or order, and kind. The state is written by FrameTable and BuddyAllocator only (F1, F2).</summary>
    [FieldOffset(0)] internal FrameHeader Header;

    // The header's bytes by themselves: changing one of them is one store.

    /// <inheritdoc cref="FrameHeader.State"/>
    [FieldOffset(0)] public FrameState State;

    /// <inheritdoc cref="FrameHeader.Flags"/>
    [FieldOffset(1)] internal FrameFlags Flags;

    /// <inheritdoc cref="FrameHeader.Order"/>
    [FieldOffset(2)] internal byte Order;

    /// <inheritdoc cref="FrameHeader.Group"/>
    [FieldOffset(2)] internal byte Group;

    /// <inheritdoc cref="FrameHeader.Kind"/>
    [FieldOffset(3)] internal byte Kind;

    // The owner of the frame, which writes these fields.

    /// <summary>The anonymous root or file object it belongs to.</summary>
    [FieldOffset(4)] public uint Owner;

    /// <summary>The page within the owner.</summary>
    [FieldOffset(16)] public uint Index;

    // The users of the frame. Adjacent and aligned to 8, so that a fork adds to both with one 64-bit add.

    /// <summary>Users of the frame, mappings included; F5: at least <see cref="MapCount"/>.</summary>
    [FieldOffset(8)] public uint ReferenceCount;

    /// <summary>Page-table entries that lead to the frame.</summary>
    [FieldOffset(12)] public uint MapCount;

    /// <summary>Both counts as one word: references in the low half.</summary>
    [FieldOffset(8)] internal ulong Counts;

    // The list the frame is in: one of the allocator's while it is free, one of its owner's otherwise; never both.

    /// <summary>The next frame of the list.</summary>
    [FieldOffset(20)] internal uint Next;

    /// <summary>The previous frame of the list.</summary>
    [FieldOffset(24)] internal uint Previous;

    /// <summary>
    /// For the owner's use. In a page table, the number of entries in use. In a free frame, the mark of a poisoned (B6) or zeroed (B9) one.
    /// </summary>
    [FieldOffset(28)] internal uint Private;
}
