namespace Paging.Core;

/// <summary>The encoding of a huge page size: its logarithm to base 2, in the upper bits of MAP_* and MFD_* flags.</summary>
/// <remarks>Linux: include/uapi/asm-generic/hugetlb_encode.h.</remarks>
public static class HugePageSizes
{
    /// <summary>The lowest bit of the logarithm: MAP_HUGE_SHIFT, MFD_HUGE_SHIFT.</summary>
    public const int HugeSizeShift = 26;

    /// <summary>The logarithm's bits, shifted down: MAP_HUGE_MASK.</summary>
    public const uint HugeSizeMask = 0x3F;

    /// <summary>The logarithm of 1 GiB, the size of the pool that is always empty.</summary>
    public const int GiantShift = 30;

    /// <summary>Returns the logarithm in the flags; 0 for the default size.</summary>
    public static int ShiftIn(uint flags) => (int)((flags >> HugeSizeShift) & HugeSizeMask);
}
