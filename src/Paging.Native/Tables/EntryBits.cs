namespace Paging.Native.Tables;

/// <summary>The bits of x86-32 paging entries, named once. Both levels and both formats share them, except for bit 7.</summary>
/// <remarks>
/// Intel SDM 3A, 4.3 and 4.4. An entry has 64 bits everywhere but in a table. Classic tables keep the lower 32 of
/// them; the upper ones read as zero.
/// </remarks>
internal static class EntryBits
{
    /// <summary>The bits of a page number that choose one of the entries of a table, and those that choose one of the directory.</summary>
    public const int EntryShift = 10;

    /// <summary>The number of entries in a page table or a directory.</summary>
    public const int EntryCount = 1 << EntryShift;

    public const ulong Present = 1UL << 0;
    public const ulong Writable = 1UL << 1;
    public const ulong User = 1UL << 2;
    public const ulong WriteThrough = 1UL << 3;
    public const ulong CacheDisabled = 1UL << 4;
    public const ulong Accessed = 1UL << 5;
    public const ulong Dirty = 1UL << 6;
    public const ulong Attribute = 1UL << 7;      // PAT, in a page-table entry
    public const ulong Large = 1UL << 7;          // PS, in a page-directory entry
    public const ulong Global = 1UL << 8;
    public const ulong Software1 = 1UL << 9;
    public const ulong Software2 = 1UL << 10;
    public const ulong Software3 = 1UL << 11;
    public const ulong FrameMask = 0xF_FFFF_F000;    // 36 lines of address; the upper four are always 0 in classic tables
    public const ulong NoExecute = 1UL << 63;         // XD, under PAE only: classic tables have no room for it

    // A classic entry of the directory that maps 4 MB itself. PSE-36: address bits 32-35 stand in 13-16. The processor has 36 address
    // lines, so 17-21 must be zero.
    public const ulong LargeAttribute = 1UL << 12;
    public const ulong LargeReservedMask = 0x003E_0000;
    public const ulong LargeFrameMask = 0xFFC0_0000;
    public const ulong LargeHighMask = 0x0001_E000;
    public const int LargeHighShift = 32 - 13;
}
