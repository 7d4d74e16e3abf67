using System.Diagnostics;
using System.Diagnostics.Contracts;
using Paging.Native.Primitives;

namespace Paging.Native.Tables;

//  63  62         36 35         21 20     13 12 11     9   8   7   6   5   4   3   2   1   0
// ┌───┬─────────────┬─────────────────────────┬─────────┬───┬───┬───┬───┬───┬───┬───┬───┬───┐
// │NX │      0      │ frame of the page table │ software│ - │ 0 │ - │ A │PCD│PWT│US │RW │ P │  PS = 0: a table of 512 entries
// ├───┼─────────────┼─────────────┬───────┬───┼─────────┼───┼───┼───┼───┼───┼───┼───┼───┼───┤
// │NX │      0      │ 2 MB of RAM │   0   │PAT│ software│ G │ 1 │ D │ A │PCD│PWT│US │RW │ P │  PS = 1: 2 MB in one piece
// └───┴─────────────┴─────────────┴───────┴───┴─────────┴───┴───┴───┴───┴───┴───┴───┴───┴───┘
/// <summary>One page-directory entry of the PAE format: a page table, or 2 MB mapped in one piece.</summary>
/// <param name="Word">The 64 bits as they lie in the directory.</param>
/// <remarks>The bits drawn as 0 are reserved: a walk faults if one of them is set in a present entry. Intel SDM 3A, 4.4.2.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
internal readonly record struct PaeDirectoryEntry(ulong Word)
{
    /// <summary>Bits 36 to 62: there are 36 lines of address.</summary>
    public const ulong BeyondMask = ((1UL << 63) - 1) & ~((1UL << 36) - 1);
    private const ulong PieceMask = 0xF_FFE0_0000, LowReserved = 0x1F_E000;

    /// <summary>P: the entry leads somewhere.</summary>
    public bool IsPresent => (Word & EntryBits.Present) != 0;

    /// <summary>RW: writing is allowed, if the table's entry allows it too.</summary>
    public bool IsWritable => (Word & EntryBits.Writable) != 0;

    /// <summary>US: user mode is allowed, if the table's entry allows it too.</summary>
    public bool IsUser => (Word & EntryBits.User) != 0;

    /// <summary>NX: no instruction is fetched below it, even if the table's entry allows it.</summary>
    public bool IsNoExecute => (Word & EntryBits.NoExecute) != 0;

    /// <summary>A: the processor has used the entry since A was last cleared.</summary>
    public bool IsAccessed => (Word & EntryBits.Accessed) != 0;

    /// <summary>PS: 2 MB in one piece.</summary>
    public bool IsLarge => (Word & EntryBits.Large) != 0;

    /// <summary>The frame of the page table, if the entry is present and not large.</summary>
    public FrameNumber Table => new PageTableEntry(Word).Frame;

    /// <summary>A bit is set that must be zero, NX aside.</summary>
    public bool HasReservedBits => (Word & (IsLarge ? BeyondMask | LowReserved : BeyondMask)) != 0;

    /// <summary>The entry that a page table would hold for one of the 512 pages of a 2 MB entry: same flags, PAT back in bit 7.</summary>
    [Pure]
    public PageTableEntry PieceAt(int tableIndex)
    {
        ulong flags = Word & ~(EntryBits.FrameMask | EntryBits.Large);
        if ((Word & EntryBits.LargeAttribute) != 0) flags |= EntryBits.Attribute;
        return new((Word & PieceMask) | ((ulong)(uint)tableIndex << VirtualAddress.PageShift) | flags);
    }

    /// <summary>The word and its flags.</summary>
    public override string ToString() => IsPresent ? EntryText.Format(Word, "PS") : HexText.Format(Word, null);
}
