namespace Paging.Testing.World;

/// <summary>The calls that scenarios avoid: each line of docs/DIALECT.md with "not used", "avoided" or "undefined".</summary>
/// <remarks>Engine, model and kernel may differ in these without an error. <see cref="DialectLimits"/> recognises them.</remarks>
internal enum DialectLimit
{
    /// <summary>The call may be asked.</summary>
    None,

    /// <summary>§4 exit: "later lines do not name it". Also a process that was never made.</summary>
    DeadProcess,

    /// <summary>§4: "No scenario uses a range whose end passes 2^32." A 64-bit kernel and an i386 one differ there (§8).</summary>
    PassesTheTop,

    /// <summary>§2: "No scenario maps over it, changes it, or accesses it." The recording puppet lives there.</summary>
    ReservedArea,

    /// <summary>
    /// §4 madvise: advices 25, 100 and 101 "are not used": they depend on the kernel's configuration.
    /// </summary>
    UnusedAdvice,

    /// <summary>
    /// §4 madvise: "No scenario reads a page between MADV_FREE and the next store to it": freed at once, later or never. Until all of it is
    /// overwritten, nothing that shows it is asked.
    /// </summary>
    FreedPage,

    /// <summary>
    /// §4 mlockall and §2: MCL_CURRENT is not combined with an RLIMIT_MEMLOCK that all memory just fits in: the kernel counts the reserved
    /// area, too.
    /// </summary>
    LockAllNearLimit,

    /// <summary>§5 brk: shrinking where nothing at all is mapped is refused by recent kernels only.</summary>
    BreakShrinksOverNothing,

    /// <summary>§4 files: "Descriptors 0, 1, 2 are taken (not used by scenarios)".</summary>
    StandardDescriptor,

    /// <summary>§8: "offsets of 16 TiB and more", where something is written or mapped: 64-bit and i386 kernels differ there.</summary>
    HugeOffset,

    /// <summary>
    /// §2: a soft limit is only moved below the hard one, and no process is privileged to raise that: RLIMIT_MEMLOCK stays within 8 MiB.
    /// </summary>
    AboveHardLimit,

    /// <summary>§5 limits: a refused MAP_FIXED leaves cuts; "maps is not used after that".</summary>
    MapsAfterRefusedFixed,

    /// <summary>§4 faults: not after MADV_FREE, see <see cref="FreedPage"/>.</summary>
    UncountableFaults,

    /// <summary>
    /// §4 resident, pagemap: "LO and HI are page-aligned"; maps, areas: LO is not above HI, and neither is above task_size.
    /// </summary>
    InspectionRange,

    /// <summary>
    /// PROT_EXEC alone, where the host's processor has protection keys: the kernel then makes the memory unreadable. No i386 has them.
    /// </summary>
    ExecuteOnly,

    /// <summary>docs/DIALECT-HUGE.md does not define which mappings a hole in a collapsed line of a file removes.</summary>
    HoleInCollapsed,

    /// <summary>§2: "Memory is never short": no call fills, copies or creates so much that it could become so.</summary>
    Shortage,
}
