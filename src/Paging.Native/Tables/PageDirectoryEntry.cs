using System.Diagnostics;
using System.Diagnostics.Contracts;
using Paging.Native.Primitives;
using Paging.Native.Tables;

namespace Paging.Native;

//  31         22 21  17 16   13 12 11     9   8   7   6   5   4   3   2   1   0
// ┌────────────────────────────────┬─────────┬───┬───┬───┬───┬───┬───┬───┬───┬───┐
// │     frame of the page table    │ software│ - │ 0 │ - │ A │PCD│PWT│US │RW │ P │  PS = 0: a table of 1024 entries
// ├─────────────┬──────┬───────┬───┼─────────┼───┼───┼───┼───┼───┼───┼───┼───┼───┤
// │ bits 22-31  │ zero │ 32-35 │PAT│ software│ G │ 1 │ D │ A │PCD│PWT│US │RW │ P │  PS = 1: 4 MB in one piece, below 64 GiB (PSE-36)
// └─────────────┴──────┴───────┴───┴─────────┴───┴───┴───┴───┴───┴───┴───┴───┴───┘
/// <summary>One x86-32 page-directory entry: a page table, or 4 MB mapped in one piece.</summary>
/// <remarks>The flags are those of PAE, too; <see cref="PaeDirectoryEntry"/> draws the rest.</remarks>
/// <param name="Word">The bits as they lie in the directory; the upper 32 are zero in the classic format.</param>
[DebuggerDisplay("{ToString(),nq}")]
public readonly record struct PageDirectoryEntry(ulong Word)
{
    // NX and reserved bits: a table of ours never has them, and the walk would refuse every page below it.
    private const ulong TableMask = EntryBits.Present | EntryBits.Large | EntryBits.NoExecute | PaeDirectoryEntry.BeyondMask;

    /// <summary>P: the entry leads somewhere.</summary>
    public bool IsPresent => (Word & EntryBits.Present) != 0;

    /// <summary>RW: writing is allowed, if the table's entry allows it too.</summary>
    public bool IsWritable => (Word & EntryBits.Writable) != 0;

    /// <summary>US: user mode is allowed, if the table's entry allows it too.</summary>
    public bool IsUser => (Word & EntryBits.User) != 0;

    /// <summary>A: the processor has used the entry since A was last cleared.</summary>
    internal bool IsAccessed => (Word & EntryBits.Accessed) != 0;

    /// <summary>D: the processor has written through the entry. Has a meaning in a 4 MB entry only.</summary>
    internal bool IsDirty => (Word & EntryBits.Dirty) != 0;

    /// <summary>PS: 4 MB in one piece, where the processor has page size extensions (CR4.PSE).</summary>
    public bool IsLarge => (Word & EntryBits.Large) != 0;

    /// <summary>The frame of the page table, if the entry is present and not large.</summary>
    public FrameNumber Table => new((uint)((Word & EntryBits.FrameMask) >> VirtualAddress.PageShift));

    /// <summary>Bits 17 to 21 of a 4 MB entry, which are reserved on a processor with 36 address bits.</summary>
    internal bool HasReservedBits => (Word & EntryBits.LargeReservedMask) != 0;

    /// <summary>The physical address of the 4 MB, 36 bits: the upper four stand in bits 13 to 16. Intel SDM 3A, 4.3, PSE-36.</summary>
    private ulong LargeAddress =>
        (Word & EntryBits.LargeFrameMask) | ((Word & EntryBits.LargeHighMask) << EntryBits.LargeHighShift);

    /// <summary>The bits of a classic entry for such an address.</summary>
    private static ulong LargeBits(ulong address) =>
        (address & EntryBits.LargeFrameMask) | ((address >> EntryBits.LargeHighShift) & EntryBits.LargeHighMask);

    /// <summary>The entry leads to a page table in a RAM of that size: present, not large, and not beyond the end.</summary>
    internal bool IsTableIn(FrameCount ram) =>
        (Word & TableMask) == EntryBits.Present && Table.Value < ram.Value;

    /// <summary>A page table of the user half: the table's entries alone decide about user mode and writing.</summary>
    [Pure] internal static PageDirectoryEntry ForTable(FrameNumber table) => ForTable(table, PageAccess.User | PageAccess.Write);

    /// <summary>A page table with an upper bound for the rights of its entries.</summary>
    [Pure]
    internal static PageDirectoryEntry ForTable(FrameNumber table, PageAccess access) =>
        new(((ulong)table.Value << VirtualAddress.PageShift) | (ulong)access | EntryBits.Present);

    /// <summary>4 MB in one piece, or 2 MB under PAE.</summary>
    /// <param name="format">The layout of the directory.</param>
    /// <param name="first">The first frame: a multiple of the number of frames, below 64 GiB.</param>
    /// <param name="access">The rights and the caching.</param>
    [Pure]
    public static PageDirectoryEntry ForLargePage(TableFormat format, FrameNumber first, PageAccess access) =>
        ForPiece(format, PageTableEntry.Map(first, access));

    /// <summary>The first frame of a present, large entry: of 1024, or of 512 under PAE.</summary>
    [Pure]
    public FrameNumber LargeFrameIn(TableFormat format) => PieceIn(format, 0).Frame;

    /// <summary>The entry that a page table would hold for one of the 1024 pages of a 4 MB entry: same flags, PAT back in bit 7.</summary>
    [Pure]
    internal PageTableEntry PieceAt(int tableIndex)
    {
        ulong flags = Word & ~(EntryBits.FrameMask | EntryBits.Large);
        if ((Word & EntryBits.LargeAttribute) != 0) flags |= EntryBits.Attribute;
        return new(LargeAddress | ((ulong)(uint)tableIndex << VirtualAddress.PageShift) | flags);
    }

    /// <summary>The entry that a page table would hold for one page of a large entry: of 1024, or of 512 under PAE.</summary>
    [Pure]
    public PageTableEntry PieceIn(TableFormat format, int tableIndex) =>
        format == TableFormat.Classic ? PieceAt(tableIndex) : new PaeDirectoryEntry(Word).PieceAt(tableIndex);

    /// <summary>True if the entry, a present and large one, has a bit set that is reserved in the format.</summary>
    [Pure]
    internal bool HasReservedBitsIn(TableFormat format) =>
        format == TableFormat.Classic ? HasReservedBits : new PaeDirectoryEntry(Word).HasReservedBits;

    /// <summary>The huge entry whose first piece is the given entry: the other way round.</summary>
    [Pure]
    internal static PageDirectoryEntry ForPiece(TableFormat format, PageTableEntry piece)
    {
        ulong word = (piece.Word & ~EntryBits.Attribute) | EntryBits.Large;
        if (format == TableFormat.Classic) word = (word & ~EntryBits.FrameMask) | LargeBits(word & EntryBits.FrameMask);
        return new(piece.IsAttribute ? word | EntryBits.LargeAttribute : word);
    }

    /// <summary>Sets P.</summary>
    [Pure] internal PageDirectoryEntry WithPresent() => new(Word | EntryBits.Present);

    /// <summary>Clears P, and keeps all other bits, which no walk reads then.</summary>
    [Pure] internal PageDirectoryEntry WithoutPresent() => new(Word & ~EntryBits.Present);

    /// <summary>Sets RW.</summary>
    [Pure] internal PageDirectoryEntry WithWritable() => new(Word | EntryBits.Writable);

    /// <summary>Clears RW.</summary>
    [Pure] internal PageDirectoryEntry WithoutWritable() => new(Word & ~EntryBits.Writable);

    /// <summary>Clears US.</summary>
    [Pure] internal PageDirectoryEntry WithoutUser() => new(Word & ~EntryBits.User);

    /// <summary>Sets A.</summary>
    [Pure] public PageDirectoryEntry WithAccessed() => new(Word | EntryBits.Accessed);

    /// <summary>Sets D.</summary>
    [Pure] public PageDirectoryEntry WithDirty() => new(Word | EntryBits.Dirty);

    /// <summary>The word and its flags as the picture orders them: <c>0001a067 D A US RW P</c>.</summary>
    public override string ToString() => IsPresent ? EntryText.Format(Word, "PS") : HexText.Format(Word, null);
}
