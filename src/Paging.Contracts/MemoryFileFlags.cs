namespace Paging.Core;

/// <summary>MFD_* of memfd_create(2).</summary>
[Flags]
public enum MemoryFileFlags : uint
{
    /// <summary>A file of small pages.</summary>
    None = 0,
    /// <summary>MFD_CLOEXEC.</summary>
    CloseOnExec = 1,
    /// <summary>MFD_ALLOW_SEALING.</summary>
    AllowSealing = 2,
    /// <summary>MFD_HUGETLB: a file of pages of the pool.</summary>
    HugeTlb = 4,
    /// <summary>MFD_NOEXEC_SEAL.</summary>
    NoExecuteSeal = 8,
    /// <summary>MFD_EXEC.</summary>
    Executable = 0x10,
    /// <summary>
    /// MFD_HUGE_*, with <see cref="HugeTlb"/>: the bits from 26 on hold the logarithm to base 2 of the size of its pages in bytes; 0 for
    /// the default. Linux: include/uapi/asm-generic/hugetlb_encode.h.
    /// </summary>
    HugeSizeMask = 0xFC00_0000,
}
