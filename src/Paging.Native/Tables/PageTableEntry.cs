using System.Diagnostics;
using System.Diagnostics.Contracts;
using System.Runtime.CompilerServices;
using Paging.Native.Tables;

namespace Paging.Native;

//  63  62     36 35         32 31              12 11     9   8   7   6   5   4   3   2   1   0
// ┌───┬─────────┬─────────────┬──────────────────┬─────────┬───┬───┬───┬───┬───┬───┬───┬───┬───┐
// │NX │    0    │        frame number            │ software│ G │PAT│ D │ A │PCD│PWT│US │RW │ P │  P = 1
// ├───┴─────────┴─────────────┴──────────────────┴─────────┴───┴───┴───┴───┴───┴───┴───┴───┼───┤
// │                  Core's: all zero = never touched, otherwise a SwapEntry               │ 0 │  P = 0
// └───────────────────────────┴────────────────────────────────────────────────────────────┴───┘
//   PAE: as it lies in the    │ classic: as it lies in the table
//   table                     │
/// <summary>One x86-32 page-table entry, of either format. Only the walks (Walker, UserWalk) set A and D; only Core clears them.</summary>
/// <remarks>
/// A classic table stores the lower 32 bits, and the upper ones read as zero. So it has no NX: a readable page can be executed, even
/// without PROT_EXEC. Bits 36 to 62 are reserved. Intel SDM 3A, 4.3 and 4.4.
/// </remarks>
/// <param name="Word">The bits as they lie in the table.</param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct PageTableEntry(ulong Word)
{
    /// <summary>All bits are zero: nothing has ever been done for this page.</summary>
    public bool IsNeverTouched => Word == 0;

    /// <summary>P: the entry leads to a frame.</summary>
    public bool IsPresent => (Word & EntryBits.Present) != 0;

    /// <summary>RW: writing is allowed, if the directory's entry allows it too.</summary>
    public bool IsWritable => (Word & EntryBits.Writable) != 0;

    /// <summary>US: user mode is allowed, if the directory's entry allows it too.</summary>
    public bool IsUser => (Word & EntryBits.User) != 0;

    /// <summary>A: the processor has used the entry since A was last cleared.</summary>
    public bool IsAccessed => (Word & EntryBits.Accessed) != 0;

    /// <summary>D: the processor has written through the entry since D was last cleared.</summary>
    public bool IsDirty => (Word & EntryBits.Dirty) != 0;

    /// <summary>PAT: the third bit that chooses a memory type.</summary>
    internal bool IsAttribute => (Word & EntryBits.Attribute) != 0;

    /// <summary>Bit 9, which the processor ignores.</summary>
    internal bool Software1 => (Word & EntryBits.Software1) != 0;

    /// <summary>Bit 10, which the processor ignores.</summary>
    internal bool Software2 => (Word & EntryBits.Software2) != 0;

    /// <summary>Bit 11, which the processor ignores.</summary>
    internal bool Software3 => (Word & EntryBits.Software3) != 0;

    /// <summary>NX: no instruction may be fetched. Under PAE only.</summary>
    public bool IsNoExecute => (Word & EntryBits.NoExecute) != 0;

    /// <summary>True if a bit is set that PAE reserves in a present entry.</summary>
    internal bool HasReservedBits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Word & PaeDirectoryEntry.BeyondMask) != 0;
    }

    /// <summary>The frame the entry leads to, if it is present.</summary>
    public FrameNumber Frame
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]    // a call would move the entry to memory, on every path of a miss
        get => new((uint)((Word & EntryBits.FrameMask) >> VirtualAddress.PageShift));
    }

    /// <summary>The physical address of the frame's first byte: one AND, where <see cref="Frame"/> would cost a pair of shifts.</summary>
    internal ulong FrameByteOffset => Word & EntryBits.FrameMask;

    /// <summary>A present entry, neither accessed nor dirty.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static PageTableEntry Map(FrameNumber frame, PageAccess access) =>
        new(((ulong)frame.Value << VirtualAddress.PageShift) | (ulong)access | EntryBits.Present);

    /// <summary>The same flags, another frame.</summary>
    [Pure]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal PageTableEntry WithFrame(FrameNumber frame) =>
        new(((ulong)frame.Value << VirtualAddress.PageShift) | (Word & ~EntryBits.FrameMask));

    /// <summary>Sets RW.</summary>
    [Pure] internal PageTableEntry WithWritable() => new(Word | EntryBits.Writable);

    /// <summary>Clears RW.</summary>
    [Pure] internal PageTableEntry WithoutWritable() => new(Word & ~EntryBits.Writable);

    /// <summary>Sets US.</summary>
    [Pure] internal PageTableEntry WithUser() => new(Word | EntryBits.User);

    /// <summary>Clears US.</summary>
    [Pure] internal PageTableEntry WithoutUser() => new(Word & ~EntryBits.User);

    /// <summary>Sets A.</summary>
    [Pure] internal PageTableEntry WithAccessed() => new(Word | EntryBits.Accessed);

    /// <summary>Clears A.</summary>
    [Pure] internal PageTableEntry WithoutAccessed() => new(Word & ~EntryBits.Accessed);

    /// <summary>Sets D.</summary>
    [Pure] internal PageTableEntry WithDirty() => new(Word | EntryBits.Dirty);

    /// <summary>Clears D.</summary>
    [Pure] internal PageTableEntry WithoutDirty() => new(Word & ~EntryBits.Dirty);

    /// <summary>Sets PAT.</summary>
    [Pure] internal PageTableEntry WithAttribute() => new(Word | EntryBits.Attribute);

    /// <summary>Clears PAT.</summary>
    [Pure] internal PageTableEntry WithoutAttribute() => new(Word & ~EntryBits.Attribute);

    /// <summary>Sets bit 9.</summary>
    [Pure] internal PageTableEntry WithSoftware1() => new(Word | EntryBits.Software1);

    /// <summary>Clears bit 9.</summary>
    [Pure] internal PageTableEntry WithoutSoftware1() => new(Word & ~EntryBits.Software1);

    /// <summary>Sets bit 10.</summary>
    [Pure] internal PageTableEntry WithSoftware2() => new(Word | EntryBits.Software2);

    /// <summary>Clears bit 10.</summary>
    [Pure] internal PageTableEntry WithoutSoftware2() => new(Word & ~EntryBits.Software2);

    /// <summary>Sets bit 11.</summary>
    [Pure] internal PageTableEntry WithSoftware3() => new(Word | EntryBits.Software3);

    /// <summary>Clears NX.</summary>
    [Pure] internal PageTableEntry WithoutNoExecute() => new(Word & ~EntryBits.NoExecute);

    /// <summary>The word and its flags as the picture orders them: <c>0001a067 D A US RW P</c>.</summary>
    public override string ToString() => IsPresent ? EntryText.Format(Word, "PAT") : new SwapEntry(Word).ToString();
}
