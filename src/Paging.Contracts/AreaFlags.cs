namespace Paging.Core;

/// <summary>The terms of a memory area, apart from its range. Neighbours can be joined only if their flags are equal.</summary>
/// <remarks>
/// As in Linux, the rights to write and to execute and their MAY flags are four bits apart, so that one shift compares them. VM_MAYREAD is
/// not kept: every area has it. Linux: VM_* in include/linux/mm.h.
/// </remarks>
[Flags]
public enum AreaFlags : uint
{
    /// <summary>No rights and no other flag.</summary>
    None = 0,
    /// <summary>VM_READ: the page may be read.</summary>
    Read = 1 << 0,
    /// <summary>VM_WRITE: the page may be written.</summary>
    Write = 1 << 1,
    /// <summary>VM_EXEC: the page may be executed. The classic tables have no NX bit, so only reports show it.</summary>
    Execute = 1 << 2,
    /// <summary>VM_SHARED: writes change the object itself.</summary>
    Shared = 1 << 3,
    /// <summary>VM_SEALED: mseal(2) forbids unmapping, moving or replacing the area, and changing its rights. Never cleared.</summary>
    Sealed = 1 << 4,
    /// <summary>VM_MAYWRITE: mprotect may give the right to write.</summary>
    MayWrite = 1 << 5,
    /// <summary>VM_MAYEXEC: mprotect may give the right to execute.</summary>
    MayExecute = 1 << 6,
    /// <summary>
    /// VM_MAYSHARE: mapped with MAP_SHARED, though the descriptor may not allow writing. Shown as <c>s</c> in maps.
    /// </summary>
    MayShare = 1 << 7,
    /// <summary>VM_GROWSDOWN: the area grows down when the memory below it is accessed.</summary>
    GrowsDown = 1 << 8,
    /// <summary>VM_LOCKED: the pages are filled at once and stay in memory.</summary>
    Locked = 1 << 9,
    /// <summary>VM_LOCKONFAULT: locked, but each page is filled only when it is touched. Implies <see cref="Locked"/>.</summary>
    LockedOnFault = 1 << 10,
    /// <summary>VM_NORESERVE: not charged to the commitment of memory.</summary>
    NoReserve = 1 << 11,
    /// <summary>VM_ACCOUNT: charged to the commitment of memory.</summary>
    Accounted = 1 << 12,
    /// <summary>VM_DONTCOPY: a child does not inherit the area.</summary>
    DontFork = 1 << 13,
    /// <summary>VM_WIPEONFORK: a child inherits the area without its pages.</summary>
    WipeOnFork = 1 << 14,
    /// <summary>VM_DONTDUMP: not part of a core dump.</summary>
    DontDump = 1 << 15,
    /// <summary>VM_SEQ_READ: sequential reading is expected.</summary>
    SequentialRead = 1 << 16,
    /// <summary>VM_RAND_READ: random reading is expected.</summary>
    RandomRead = 1 << 17,
    /// <summary>VM_NOHUGEPAGE, which MADV_NOHUGEPAGE sets, and MAP_STACK since 6.7.</summary>
    NoHugePage = 1 << 18,
    /// <summary>VM_SYNC, set by MAP_SYNC.</summary>
    Synchronous = 1 << 19,
    /// <summary>Reserved by the embedder: never listed, counted, merged or changed. Linux: VM_SPECIAL.</summary>
    Foreign = 1 << 20,
    /// <summary>
    /// clear_refs has cleared the area's soft-dirty mark, so each page's entry shows if it was written. Linux: VM_SOFTDIRTY is not set.
    /// </summary>
    /// <remarks>Neighbours need not share it. A joined area has the flag only if both areas had it.</remarks>
    SoftClean = 1 << 21,
    /// <summary>VM_IO, VM_PFNMAP and VM_DONTEXPAND: memory of a device or of the host, without pages of the engine's own.</summary>
    Device = 1 << 22,
    /// <summary>VM_HUGEPAGE: madvise(MADV_HUGEPAGE) asked for huge pages. Excludes <see cref="NoHugePage"/>.</summary>
    HugePage = 1 << 23,
    /// <summary>VM_MERGEABLE: madvise(MADV_MERGEABLE) allows equal pages to be merged. Nothing merges them here.</summary>
    Mergeable = 1 << 24,
    /// <summary>
    /// VM_MAYBE_GUARD: madvise(MADV_GUARD_INSTALL) has put guards somewhere in the area, so a fork copies its page tables. Never cleared.
    /// </summary>
    /// <remarks>Neighbours need not share it. A joined area has the flag if either area had it. Linux: VM_STICKY.</remarks>
    MayHaveGuards = 1 << 25,
    /// <summary>VM_UFFD_MISSING: a touch of a missing page is reported to a userfaultfd.</summary>
    ReportsMissing = 1 << 26,
    /// <summary>VM_UFFD_WP: a write to a protected page is reported to a userfaultfd.</summary>
    ReportsWrites = 1 << 27,
    /// <summary>VM_UFFD_MINOR: a touch of a page that is in the page cache, but not mapped, is reported to a userfaultfd.</summary>
    ReportsMinor = 1 << 28,
    // The three highest bits are used in areas of the pool of huge pages only.

    /// <summary>The three flags of areas that are registered with a userfaultfd. Linux: __VM_UFFD_FLAGS.</summary>
    Reports = ReportsMissing | ReportsWrites | ReportsMinor,
    /// <summary>The three rights.</summary>
    Rights = Read | Write | Execute,
    /// <summary>Both locking flags.</summary>
    LockedMask = Locked | LockedOnFault,
}
