namespace Paging.Core;

/// <summary>What has been agreed for an area, beyond where it lies. Two areas can only be one when all of it is equal.</summary>
/// <remarks>Linux: VM_* in include/linux/mm.h. The rights and their MAY twins are four bits apart, as there, so that one shift compares them.</remarks>
[Flags]
internal enum AreaFlags : uint
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    Execute = 1 << 2,

    /// <summary>VM_SHARED: writes go to the object itself.</summary>
    Shared = 1 << 3,

    MayRead = 1 << 4,
    MayWrite = 1 << 5,
    MayExecute = 1 << 6,

    /// <summary>VM_MAYSHARE: mapped with MAP_SHARED, though perhaps of a descriptor that cannot write. This is the <c>s</c> in maps.</summary>
    MayShare = 1 << 7,

    GrowsDown = 1 << 8,
    Locked = 1 << 9,

    /// <summary>VM_LOCKONFAULT: locked, but filled only by touching. Implies <see cref="Locked"/>.</summary>
    LockedOnFault = 1 << 10,

    NoReserve = 1 << 11,

    /// <summary>VM_ACCOUNT: counts in the commitment of memory.</summary>
    Accounted = 1 << 12,

    /// <summary>VM_DONTCOPY: a child does not get it.</summary>
    DontFork = 1 << 13,

    /// <summary>VM_WIPEONFORK: a child gets it empty.</summary>
    WipeOnFork = 1 << 14,

    DontDump = 1 << 15,
    SequentialRead = 1 << 16,
    RandomRead = 1 << 17,

    /// <summary>VM_NOHUGEPAGE, which MAP_STACK sets since 6.7.</summary>
    NoHugePage = 1 << 18,

    /// <summary>VM_SYNC of MAP_SYNC.</summary>
    Synchronous = 1 << 19,

    /// <summary>Ground that somebody else holds: never listed, counted, merged or changed. Linux: VM_SPECIAL.</summary>
    Foreign = 1 << 20,

    /// <summary>clear_refs has cleared the area's soft-dirty mark: entries tell page by page. Linux: the absence of VM_SOFTDIRTY.</summary>
    /// <remarks>The one flag that neighbours need not share: what is joined is clean only where both were.</remarks>
    SoftClean = 1 << 21,

    Rights = Read | Write | Execute,
    LockedMask = Locked | LockedOnFault,
}
