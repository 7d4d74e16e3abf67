namespace Paging.Native;

/// <summary>The bits of x86-32 paging entries, named once. Both levels share them, except for bit 7 (Intel SDM 3A, 4.3).</summary>
internal static class EntryBits
{
    /// <summary>The bits of a page number that choose one of the entries of a table, and those that choose one of the directory.</summary>
    public const int EntryShift = 10;

    /// <summary>How many entries a page table or a directory has.</summary>
    public const int EntryCount = 1 << EntryShift;

    public const uint Present = 1u << 0;
    public const uint Writable = 1u << 1;
    public const uint User = 1u << 2;
    public const uint WriteThrough = 1u << 3;
    public const uint CacheDisabled = 1u << 4;
    public const uint Accessed = 1u << 5;
    public const uint Dirty = 1u << 6;
    public const uint Attribute = 1u << 7;      // PAT, in a page-table entry
    public const uint Large = 1u << 7;          // PS, in a page-directory entry
    public const uint Global = 1u << 8;
    public const uint Software1 = 1u << 9;
    public const uint Software2 = 1u << 10;
    public const uint Software3 = 1u << 11;
    public const uint FrameMask = 0xFFFF_F000;

    // An entry of the directory that maps 4 MB itself. PSE-36 would put address bits 32-39 into 13-20; this processor has no
    // such lines on its bus, so 13-21 must all be zero.
    public const uint LargeAttribute = 1u << 12;
    public const uint LargeReservedMask = 0x003F_E000;
    public const uint LargeFrameMask = 0xFFC0_0000;
}
