namespace Paging.ReferenceModel.State;

/// <summary>The state of an area that a neighbour must share to be one with it (DIALECT section 6, rules 1 and 5).</summary>
/// <remarks>Linux: vm_flags of include/linux/mm.h, those that the dialect can set.</remarks>
[Flags]
internal enum AreaFlags
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    Execute = 1 << 2,
    /// <summary>The flags that mprotect changes.</summary>
    Rights = Read | Write | Execute,
    /// <summary>VM_SHARED: stores reach the file or object.</summary>
    Shared = 1 << 3,
    /// <summary>VM_MAYSHARE: made with MAP_SHARED, shows as <c>s</c>; alone when the descriptor is not open for writing.</summary>
    MadeShared = 1 << 4,
    /// <summary>VM_MAYWRITE: mprotect may give PROT_WRITE.</summary>
    MayWrite = 1 << 5,
    GrowsDown = 1 << 6,
    Locked = 1 << 7,
    LockedOnFault = 1 << 8,
    /// <summary>Both kinds of lock; <see cref="LockedOnFault"/> never stands without <see cref="Locked"/>.</summary>
    AnyLock = Locked | LockedOnFault,
    NoReserve = 1 << 9,
    DontFork = 1 << 10,
    WipeOnFork = 1 << 11,
    DontDump = 1 << 12,
    Sequential = 1 << 13,
    Random = 1 << 14,
    /// <summary>VM_NOHUGEPAGE: MADV_NOHUGEPAGE, and MAP_STACK since 6.7.</summary>
    NoHugePage = 1 << 15,
    Sync = 1 << 16,
    /// <summary>VM_ACCOUNT: private memory that is or was writable.</summary>
    Accounted = 1 << 17,
    /// <summary>VM_HUGEPAGE: MADV_HUGEPAGE.</summary>
    HugePage = 1 << 18,
    /// <summary>VM_MERGEABLE: MADV_MERGEABLE.</summary>
    Mergeable = 1 << 19,
    /// <summary>VM_MAYBE_GUARD: there was a MADV_GUARD_INSTALL. Neighbours need not share it; the joined area has it.</summary>
    MayHaveGuards = 1 << 20,
}
