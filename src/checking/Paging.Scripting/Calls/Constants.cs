using Paging.Core;

namespace Paging.Scripting.Calls;

/// <summary>The named constants of docs/DIALECT.md, one table a kind; values are the kernel's, by way of Core's contracts.</summary>
/// <remarks>The order is that of the recordings: sharing first, then the kind of memory, then the place, then the rest.</remarks>
internal static class Constants
{
    /// <summary>The name for "no limit", in <c>rlimit</c> and in the header.</summary>
    public const string NoLimit = "RLIM_INFINITY";

    private const int SetThpDisable = 41, GetThpDisable = 42;    // include/uapi/linux/prctl.h

    public static readonly ConstantTable Protection = new(areBits: true,
        ("PROT_NONE", (long)MemoryProtection.None),
        ("PROT_READ", (long)MemoryProtection.Read),
        ("PROT_WRITE", (long)MemoryProtection.Write),
        ("PROT_EXEC", (long)MemoryProtection.Execute),
        ("PROT_SEM", (long)MemoryProtection.Semaphore),
        ("PROT_GROWSDOWN", (long)MemoryProtection.GrowsDown),
        ("PROT_GROWSUP", (long)MemoryProtection.GrowsUp));

    public static readonly ConstantTable MapFlags = new(areBits: true,
    [
        ("MAP_SHARED_VALIDATE", (long)Core.MapFlags.SharedValidate),
        ("MAP_SHARED", (long)Core.MapFlags.Shared),
        ("MAP_PRIVATE", (long)Core.MapFlags.Private),
        ("MAP_ANONYMOUS", (long)Core.MapFlags.Anonymous),
        ("MAP_FIXED_NOREPLACE", (long)Core.MapFlags.FixedNoReplace),
        ("MAP_FIXED", (long)Core.MapFlags.Fixed),
        ("MAP_HUGETLB", (long)Core.MapFlags.HugeTlb),
        .. HugeSizes("MAP_HUGE_"),
        ("MAP_GROWSDOWN", (long)Core.MapFlags.GrowsDown),
        ("MAP_DENYWRITE", (long)Core.MapFlags.DenyWrite),
        ("MAP_EXECUTABLE", (long)Core.MapFlags.Executable),
        ("MAP_LOCKED", (long)Core.MapFlags.Locked),
        ("MAP_NORESERVE", (long)Core.MapFlags.NoReserve),
        ("MAP_POPULATE", (long)Core.MapFlags.Populate),
        ("MAP_NONBLOCK", (long)Core.MapFlags.NonBlock),
        ("MAP_STACK", (long)Core.MapFlags.Stack),
        ("MAP_SYNC", (long)Core.MapFlags.Sync),
    ]);

    public static readonly ConstantTable RemapFlags = new(areBits: true,
        ("MREMAP_MAYMOVE", (long)Core.RemapFlags.MayMove),
        ("MREMAP_FIXED", (long)Core.RemapFlags.Fixed),
        ("MREMAP_DONTUNMAP", (long)Core.RemapFlags.DontUnmap));

    public static readonly ConstantTable Advice = new(areBits: false,
        ("MADV_NORMAL", (long)MemoryAdvice.Normal),
        ("MADV_RANDOM", (long)MemoryAdvice.Random),
        ("MADV_SEQUENTIAL", (long)MemoryAdvice.Sequential),
        ("MADV_WILLNEED", (long)MemoryAdvice.WillNeed),
        ("MADV_DONTNEED", (long)MemoryAdvice.DontNeed),
        ("MADV_FREE", (long)MemoryAdvice.Free),
        ("MADV_REMOVE", (long)MemoryAdvice.Remove),
        ("MADV_DONTFORK", (long)MemoryAdvice.DontFork),
        ("MADV_DOFORK", (long)MemoryAdvice.DoFork),
        ("MADV_MERGEABLE", (long)MemoryAdvice.Mergeable),
        ("MADV_UNMERGEABLE", (long)MemoryAdvice.Unmergeable),
        ("MADV_HUGEPAGE", (long)MemoryAdvice.HugePage),
        ("MADV_NOHUGEPAGE", (long)MemoryAdvice.NoHugePage),
        ("MADV_DONTDUMP", (long)MemoryAdvice.DontDump),
        ("MADV_DODUMP", (long)MemoryAdvice.DoDump),
        ("MADV_WIPEONFORK", (long)MemoryAdvice.WipeOnFork),
        ("MADV_KEEPONFORK", (long)MemoryAdvice.KeepOnFork),
        ("MADV_COLD", (long)MemoryAdvice.Cold),
        ("MADV_PAGEOUT", (long)MemoryAdvice.PageOut),
        ("MADV_POPULATE_READ", (long)MemoryAdvice.PopulateRead),
        ("MADV_POPULATE_WRITE", (long)MemoryAdvice.PopulateWrite),
        ("MADV_DONTNEED_LOCKED", (long)MemoryAdvice.DontNeedLocked),
        ("MADV_COLLAPSE", (long)MemoryAdvice.Collapse),
        ("MADV_GUARD_INSTALL", (long)MemoryAdvice.GuardInstall),
        ("MADV_GUARD_REMOVE", (long)MemoryAdvice.GuardRemove));

    public static readonly ConstantTable SyncFlags = new(areBits: true,
        ("MS_SYNC", (long)Core.SyncFlags.Sync),
        ("MS_ASYNC", (long)Core.SyncFlags.Async),
        ("MS_INVALIDATE", (long)Core.SyncFlags.Invalidate));

    public static readonly ConstantTable LockFlags = new(areBits: true,
        ("MLOCK_ONFAULT", (long)Core.LockFlags.OnFault));

    public static readonly ConstantTable LockAllFlags = new(areBits: true,
        ("MCL_CURRENT", (long)Core.LockAllFlags.Current),
        ("MCL_FUTURE", (long)Core.LockAllFlags.Future),
        ("MCL_ONFAULT", (long)Core.LockAllFlags.OnFault));

    public static readonly ConstantTable Limit = new(areBits: false,
        ("RLIMIT_DATA", (long)ResourceLimit.Data),
        ("RLIMIT_STACK", (long)ResourceLimit.Stack),
        ("RLIMIT_MEMLOCK", (long)ResourceLimit.LockedMemory),
        ("RLIMIT_AS", (long)ResourceLimit.AddressSpace));

    public static readonly ConstantTable MemoryFileFlags = new(areBits: true,
    [
        ("MFD_CLOEXEC", (long)Core.MemoryFileFlags.CloseOnExec),
        ("MFD_ALLOW_SEALING", (long)Core.MemoryFileFlags.AllowSealing),
        ("MFD_HUGETLB", (long)Core.MemoryFileFlags.HugeTlb),
        ("MFD_NOEXEC_SEAL", (long)Core.MemoryFileFlags.NoExecuteSeal),
        ("MFD_EXEC", (long)Core.MemoryFileFlags.Executable),
        .. HugeSizes("MFD_HUGE_"),
    ]);

    public static readonly ConstantTable AllocateMode = new(areBits: true,
        ("FALLOC_FL_KEEP_SIZE", (long)AllocationFlags.KeepSize),
        ("FALLOC_FL_PUNCH_HOLE", (long)AllocationFlags.PunchHole),
        ("FALLOC_FL_COLLAPSE_RANGE", (long)AllocationFlags.CollapseRange),
        ("FALLOC_FL_ZERO_RANGE", (long)AllocationFlags.ZeroRange));

    public static readonly ConstantTable ProcessControl = new(areBits: false,
        ("PR_SET_THP_DISABLE", SetThpDisable),
        ("PR_GET_THP_DISABLE", GetThpDisable));

    public static readonly ConstantTable ControlFlags = new(areBits: false, ("PR_THP_DISABLE_EXCEPT_ADVISED", 2));

    public static readonly ConstantTable LimitValue = new(areBits: false, (NoLimit, -1));

    // log2 of the size in the upper bits; sizes share bits, so the one with the most comes first (hugetlb_encode.h).
    private static (string Name, long Value)[] HugeSizes(string prefix)
    {
        const int shift = 26;    // HUGETLB_FLAG_ENCODE_SHIFT
        (string Name, long Log)[] sizes =
        [
            ("512MB", 29), ("2GB", 31), ("1GB", 30), ("256MB", 28), ("8MB", 23), ("32MB", 25), ("16GB", 34), ("16MB", 24), ("2MB", 21),
            ("1MB", 20), ("512KB", 19), ("64KB", 16), ("16KB", 14),
        ];
        return [.. sizes.Select(size => (prefix + size.Name, size.Log << shift))];
    }
}
