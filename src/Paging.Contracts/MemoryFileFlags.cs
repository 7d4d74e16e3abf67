namespace Paging.Core;

/// <summary>MFD_* of memfd_create(2). The upper bits name a size of huge pages, as those of <see cref="MapFlags"/> do.</summary>
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
}
