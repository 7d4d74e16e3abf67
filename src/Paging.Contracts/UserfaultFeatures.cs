namespace Paging.Core;

/// <summary>The features of a userfaultfd beyond reports of missing pages. Values as in userfaultfd(2), UFFD_FEATURE_*.</summary>
[Flags]
public enum UserfaultFeatures
{
    /// <summary>Missing pages of anonymous memory only.</summary>
    None = 0,
    /// <summary>UFFD_FEATURE_PAGEFAULT_FLAG_WP: protects pages from writing.</summary>
    WriteProtection = 1 << 0,
    /// <summary>UFFD_FEATURE_EVENT_FORK: reports forks, and gives the child a userfaultfd of its own.</summary>
    Fork = 1 << 1,
    /// <summary>UFFD_FEATURE_EVENT_REMAP: reports moves of areas by mremap, which then stay registered.</summary>
    Remap = 1 << 2,
    /// <summary>UFFD_FEATURE_EVENT_REMOVE: reports MADV_DONTNEED, MADV_FREE and MADV_REMOVE.</summary>
    Remove = 1 << 3,
    /// <summary>UFFD_FEATURE_MISSING_HUGETLBFS. Without effect: there are no such pages.</summary>
    MissingHugeTlb = 1 << 4,
    /// <summary>UFFD_FEATURE_MISSING_SHMEM: missing pages of shared memory.</summary>
    MissingShared = 1 << 5,
    /// <summary>UFFD_FEATURE_EVENT_UNMAP: reports unmapping.</summary>
    Unmap = 1 << 6,
    /// <summary>UFFD_FEATURE_SIGBUS: a fault is a SIGBUS instead of a report.</summary>
    Signal = 1 << 7,
    /// <summary>UFFD_FEATURE_THREAD_ID: reports name the waiting thread.</summary>
    ThreadId = 1 << 8,
    /// <summary>UFFD_FEATURE_MINOR_HUGETLBFS. Without effect.</summary>
    MinorHugeTlb = 1 << 9,
    /// <summary>UFFD_FEATURE_MINOR_SHMEM: pages of shared memory that are cached but not mapped.</summary>
    MinorShared = 1 << 10,
    /// <summary>UFFD_FEATURE_EXACT_ADDRESS: reports contain the address itself, not only its page.</summary>
    ExactAddress = 1 << 11,
    /// <summary>UFFD_FEATURE_WP_HUGETLBFS_SHMEM: protects pages of shared memory from writing.</summary>
    ProtectShared = 1 << 12,
    /// <summary>UFFD_FEATURE_WP_UNPOPULATED: pages of anonymous memory can be protected before they exist.</summary>
    ProtectUnpopulated = 1 << 13,
    /// <summary>UFFD_FEATURE_POISON: pages can be marked as lost.</summary>
    Poison = 1 << 14,
    /// <summary>UFFD_FEATURE_WP_ASYNC: a write to a protected page is not reported, but removes the protection.</summary>
    ProtectSilently = 1 << 15,
    /// <summary>UFFD_FEATURE_MOVE: pages can be moved into place.</summary>
    Move = 1 << 16,
    /// <summary>All of them.</summary>
    All = (1 << 17) - 1,
}

/// <summary>The accesses to a range that are reported. The values are those of UFFDIO_REGISTER_MODE_*.</summary>
[Flags]
public enum UserfaultModes
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Touches of missing pages.</summary>
    Missing = 1 << 0,
    /// <summary>Writes to pages that are protected.</summary>
    WriteProtect = 1 << 1,
    /// <summary>Touches of pages that are in the page cache but not mapped.</summary>
    Minor = 1 << 2,
}

/// <summary>The options for filling pages. The values are those of UFFDIO_COPY_MODE_* and similar constants.</summary>
[Flags]
public enum UserfaultFillFlags
{
    /// <summary>Threads that wait for the pages go on.</summary>
    None = 0,
    /// <summary>Threads keep waiting until they are woken.</summary>
    DontWake = 1 << 0,
    /// <summary>The pages are protected from writing.</summary>
    WriteProtect = 1 << 1,
}

/// <summary>The kinds of messages of a userfaultfd. The values are those of UFFD_EVENT_*.</summary>
public enum UserfaultMessageKind
{
    /// <summary>An access waits for its page.</summary>
    PageFault = 0x12,
    /// <summary>The process has forked.</summary>
    Fork = 0x13,
    /// <summary>A registered area has moved.</summary>
    Remap = 0x14,
    /// <summary>Pages were discarded by madvise.</summary>
    Remove = 0x15,
    /// <summary>A registered area, or a part of it, was unmapped.</summary>
    Unmap = 0x16,
}
