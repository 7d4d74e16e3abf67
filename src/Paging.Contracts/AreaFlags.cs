namespace Paging.Core;

/// <summary>What has been agreed for a memory area, beyond where it lies. Two neighbours can only be joined if all of it is equal.</summary>
/// <remarks>Linux: VM_* in include/linux/mm.h. The rights and their MAY twins are four bits apart, as there, so that one shift compares them.</remarks>
[Flags]
public enum AreaFlags : uint
{
    /// <summary>No right, nothing special.</summary>
    None = 0,
    /// <summary>VM_READ: the page may be read.</summary>
    Read = 1 << 0,
    /// <summary>VM_WRITE: the page may be written.</summary>
    Write = 1 << 1,
    /// <summary>VM_EXEC: the page may be executed. The classic tables have no NX bit: only reports tell.</summary>
    Execute = 1 << 2,
    /// <summary>VM_SHARED: writes go to the object itself.</summary>
    Shared = 1 << 3,
    /// <summary>VM_MAYREAD: mprotect may give the right to read.</summary>
    MayRead = 1 << 4,
    /// <summary>VM_MAYWRITE: mprotect may give the right to write.</summary>
    MayWrite = 1 << 5,
    /// <summary>VM_MAYEXEC: mprotect may give the right to execute.</summary>
    MayExecute = 1 << 6,
    /// <summary>VM_MAYSHARE: mapped with MAP_SHARED, though perhaps of a descriptor that cannot write. This is the <c>s</c> in maps.</summary>
    MayShare = 1 << 7,
    /// <summary>VM_GROWSDOWN: grows down to an access below it.</summary>
    GrowsDown = 1 << 8,
    /// <summary>VM_LOCKED: its pages are filled at once and stay in memory.</summary>
    Locked = 1 << 9,
    /// <summary>VM_LOCKONFAULT: locked, but filled only by touching. Implies <see cref="Locked"/>.</summary>
    LockedOnFault = 1 << 10,
    /// <summary>VM_NORESERVE: does not count in the commitment of memory.</summary>
    NoReserve = 1 << 11,
    /// <summary>VM_ACCOUNT: counts in the commitment of memory.</summary>
    Accounted = 1 << 12,
    /// <summary>VM_DONTCOPY: a child does not get it.</summary>
    DontFork = 1 << 13,
    /// <summary>VM_WIPEONFORK: a child gets it empty.</summary>
    WipeOnFork = 1 << 14,
    /// <summary>VM_DONTDUMP: not part of a core dump.</summary>
    DontDump = 1 << 15,
    /// <summary>VM_SEQ_READ: expected to be read in sequence.</summary>
    SequentialRead = 1 << 16,
    /// <summary>VM_RAND_READ: expected to be read at random.</summary>
    RandomRead = 1 << 17,
    /// <summary>VM_NOHUGEPAGE, which MAP_STACK sets since 6.7.</summary>
    NoHugePage = 1 << 18,
    /// <summary>VM_SYNC of MAP_SYNC.</summary>
    Synchronous = 1 << 19,
    /// <summary>Reserved by the embedder: never listed, counted, merged or changed. Linux: VM_SPECIAL.</summary>
    Foreign = 1 << 20,
    /// <summary>clear_refs has cleared the area's soft-dirty mark: entries tell page by page. Linux: the absence of VM_SOFTDIRTY.</summary>
    /// <remarks>The one flag that neighbours need not share: a joined area is clean only where both were.</remarks>
    SoftClean = 1 << 21,
    /// <summary>The three rights.</summary>
    Rights = Read | Write | Execute,
    /// <summary>Both ways of being locked.</summary>
    LockedMask = Locked | LockedOnFault,
}
