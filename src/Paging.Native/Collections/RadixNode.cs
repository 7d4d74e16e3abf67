using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Paging.Native.Collections;

//   0           8           16          24                                          280     288
//  ┌───────────┬───────────┬───────────┬───────┬───────┬───────┬─   ─┬───────┬───────┬───────┐
//  │  present  │   dirty   │ writeback │ [0]   │ [1]   │ [2]   │  …  │ [62]  │ [63]  │ spare │
//  └───────────┴───────────┴───────────┴───────┴───────┴───────┴─   ─┴───────┴───────┴───────┘
//    a bit a slot: R1       a bit a slot: R2     a child, or in the lowest level a value
/// <summary>Six bits of the key: 64 slots and three bitmaps over them, so that a search is a count of trailing zeros.</summary>
[StructLayout(LayoutKind.Sequential, Size = 288)]
internal struct RadixNode
{
    /// <summary>The bits of a key that one node decides.</summary>
    public const int SlotShift = 6;

    /// <summary>The index of the bitmap of occupied slots; a tag's bitmap is this one plus 1 plus the tag.</summary>
    public const int Present = 0;

    /// <summary>The number of tags.</summary>
    public const int TagCount = 2;

    /// <summary>The bitmaps.</summary>
    public BitmapArray Bitmaps;

    /// <summary>The slots; 0 where nothing is present.</summary>
    public SlotArray Slots;

    /// <summary>A word for each bitmap.</summary>
    [InlineArray(1 + TagCount)]
    internal struct BitmapArray
    {
        private ulong _first;
    }

    /// <summary>A word for each slot.</summary>
    [InlineArray(1 << SlotShift)]
    internal struct SlotArray
    {
        private uint _first;
    }

    /// <summary>The bitmap of a tag, as a number.</summary>
    public static int BitmapOf(RadixTag tag) => 1 + (int)tag;

    /// <summary>The slot of a key in a node whose keys are shifted by so much.</summary>
    public static int SlotOf(uint key, int shift) => (int)(key >> shift) & ((1 << SlotShift) - 1);
}
