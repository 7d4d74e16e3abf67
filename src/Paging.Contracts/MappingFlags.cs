namespace Paging.Core;

/// <summary>The rights of a mapping: PROT_* of mmap(2) and mprotect(2).</summary>
[Flags]
public enum MemoryProtection : uint
{
    /// <summary>PROT_NONE.</summary>
    None = 0,
    /// <summary>PROT_READ.</summary>
    Read = 1,
    /// <summary>PROT_WRITE. On this processor it implies reading.</summary>
    Write = 2,
    /// <summary>PROT_EXEC. Kept in the area; entries of the classic tables have no bit for it.</summary>
    Execute = 4,
    /// <summary>PROT_SEM, ignored.</summary>
    Semaphore = 8,
    /// <summary>PROT_GROWSDOWN, for mprotect only: the change begins at the start of the growing area.</summary>
    GrowsDown = 0x0100_0000,
    /// <summary>PROT_GROWSUP, for mprotect only. Always refused, since no area grows up.</summary>
    GrowsUp = 0x0200_0000,
    /// <summary>PROT_READ|PROT_WRITE.</summary>
    ReadWrite = Read | Write,
    /// <summary>All three rights.</summary>
    All = Read | Write | Execute,
}

/// <summary>MAP_* of mmap(2).</summary>
[Flags]
public enum MapFlags : uint
{
    /// <summary>No flag; mmap refuses it.</summary>
    None = 0,
    /// <summary>MAP_SHARED.</summary>
    Shared = 1,
    /// <summary>MAP_PRIVATE.</summary>
    Private = 2,
    /// <summary>MAP_SHARED_VALIDATE.</summary>
    SharedValidate = 3,
    /// <summary>The bits that hold the type of the mapping: shared, private or shared-validate.</summary>
    TypeMask = 0xF,
    /// <summary>MAP_FIXED.</summary>
    Fixed = 0x10,
    /// <summary>MAP_ANONYMOUS.</summary>
    Anonymous = 0x20,
    /// <summary>MAP_GROWSDOWN.</summary>
    GrowsDown = 0x100,
    /// <summary>MAP_DENYWRITE, ignored.</summary>
    DenyWrite = 0x800,
    /// <summary>MAP_EXECUTABLE, ignored.</summary>
    Executable = 0x1000,
    /// <summary>MAP_LOCKED.</summary>
    Locked = 0x2000,
    /// <summary>MAP_NORESERVE.</summary>
    NoReserve = 0x4000,
    /// <summary>MAP_POPULATE.</summary>
    Populate = 0x8000,
    /// <summary>MAP_NONBLOCK; together with <see cref="Populate"/> nothing is filled.</summary>
    NonBlock = 0x1_0000,
    /// <summary>MAP_STACK.</summary>
    Stack = 0x2_0000,
    /// <summary>MAP_HUGETLB: pages of the pool of huge pages. The bits from 26 on name their size (MAP_HUGE_*), as those of
    /// <see cref="MemoryFileFlags.HugeSizeMask"/> do.</summary>
    HugeTlb = 0x4_0000,
    /// <summary>MAP_SYNC.</summary>
    Sync = 0x8_0000,
    /// <summary>MAP_FIXED_NOREPLACE.</summary>
    FixedNoReplace = 0x10_0000,
}

/// <summary>MREMAP_* of mremap(2).</summary>
[Flags]
public enum RemapFlags : uint
{
    /// <summary>Grows or shrinks in place only.</summary>
    None = 0,
    /// <summary>MREMAP_MAYMOVE.</summary>
    MayMove = 1,
    /// <summary>MREMAP_FIXED.</summary>
    Fixed = 2,
    /// <summary>MREMAP_DONTUNMAP.</summary>
    DontUnmap = 4,
}

/// <summary>MADV_* of madvise(2).</summary>
public enum MemoryAdvice
{
    /// <summary>MADV_NORMAL.</summary>
    Normal = 0,
    /// <summary>MADV_RANDOM.</summary>
    Random = 1,
    /// <summary>MADV_SEQUENTIAL.</summary>
    Sequential = 2,
    /// <summary>MADV_WILLNEED.</summary>
    WillNeed = 3,
    /// <summary>MADV_DONTNEED.</summary>
    DontNeed = 4,
    /// <summary>MADV_FREE.</summary>
    Free = 8,
    /// <summary>MADV_REMOVE.</summary>
    Remove = 9,
    /// <summary>MADV_DONTFORK.</summary>
    DontFork = 10,
    /// <summary>MADV_DOFORK.</summary>
    DoFork = 11,
    /// <summary>MADV_MERGEABLE.</summary>
    Mergeable = 12,
    /// <summary>MADV_UNMERGEABLE.</summary>
    Unmergeable = 13,
    /// <summary>MADV_HUGEPAGE.</summary>
    HugePage = 14,
    /// <summary>MADV_NOHUGEPAGE.</summary>
    NoHugePage = 15,
    /// <summary>MADV_DONTDUMP.</summary>
    DontDump = 16,
    /// <summary>MADV_DODUMP.</summary>
    DoDump = 17,
    /// <summary>MADV_WIPEONFORK.</summary>
    WipeOnFork = 18,
    /// <summary>MADV_KEEPONFORK.</summary>
    KeepOnFork = 19,
    /// <summary>MADV_COLD.</summary>
    Cold = 20,
    /// <summary>MADV_PAGEOUT.</summary>
    PageOut = 21,
    /// <summary>MADV_POPULATE_READ.</summary>
    PopulateRead = 22,
    /// <summary>MADV_POPULATE_WRITE.</summary>
    PopulateWrite = 23,
    /// <summary>MADV_DONTNEED_LOCKED.</summary>
    DontNeedLocked = 24,
    /// <summary>MADV_COLLAPSE: collapses the pages of the range into transparent huge pages.</summary>
    Collapse = 25,
    /// <summary>MADV_GUARD_INSTALL: discards the pages; an access is SIGSEGV until MADV_GUARD_REMOVE.</summary>
    GuardInstall = 102,
    /// <summary>MADV_GUARD_REMOVE.</summary>
    GuardRemove = 103,
}

/// <summary>MS_* of msync(2).</summary>
[Flags]
public enum SyncFlags : uint
{
    /// <summary>Accepted without effect.</summary>
    None = 0,
    /// <summary>MS_ASYNC.</summary>
    Async = 1,
    /// <summary>MS_INVALIDATE.</summary>
    Invalidate = 2,
    /// <summary>MS_SYNC.</summary>
    Sync = 4,
}

/// <summary>MLOCK_* of mlock2(2).</summary>
[Flags]
public enum LockFlags : uint
{
    /// <summary>Locks the pages and fills them.</summary>
    None = 0,
    /// <summary>MLOCK_ONFAULT: locks the pages, and fills each one when it is touched.</summary>
    OnFault = 1,
}

/// <summary>MCL_* of mlockall(2).</summary>
[Flags]
public enum LockAllFlags : uint
{
    /// <summary>No flag; mlockall refuses it.</summary>
    None = 0,
    /// <summary>MCL_CURRENT.</summary>
    Current = 1,
    /// <summary>MCL_FUTURE.</summary>
    Future = 2,
    /// <summary>MCL_ONFAULT.</summary>
    OnFault = 4,
}

/// <summary>The limits of setrlimit(2) that memory calls obey.</summary>
public enum ResourceLimit
{
    /// <summary>RLIMIT_DATA: private writable memory and the break.</summary>
    Data,
    /// <summary>RLIMIT_STACK: the size to which a growing area may grow.</summary>
    Stack,
    /// <summary>RLIMIT_MEMLOCK: locked memory.</summary>
    LockedMemory,
    /// <summary>RLIMIT_AS: all memory.</summary>
    AddressSpace,
}
