using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core;

/// <summary>The layout of a new process's address space, its limits and its group.</summary>
public sealed record ProcessOptions
{
    /// <summary>The flexible layout of an 8 MiB stack.</summary>
    public static ProcessOptions Default { get; } = new();

    /// <summary>True to place mappings from <see cref="MmapBase"/> downwards; false for the classic layout, upwards.</summary>
    public bool IsTopDown { get; init; } = true;

    /// <summary>The address at which the search for a free range starts; null: the kernel's choice for <see cref="StackLimit"/>.</summary>
    public VirtualAddress? MmapBase { get; init; }

    /// <summary>The initial program break, which is also the lowest one. Page-aligned.</summary>
    public VirtualAddress StartBreak { get; init; } = new(0x0804_A000);    // two pages above the old base address of i386 programs

    /// <summary>The initial RLIMIT_STACK in bytes; <c>ulong.MaxValue</c> means no limit.</summary>
    public ulong StackLimit { get; init; } = 8 << 20;    // _STK_LIM

    /// <summary>True if RLIMIT_MEMLOCK does not apply. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>The group that its memory is charged to; null: the one without a limit.</summary>
    public MemoryGroup? Group { get; init; }

    /// <summary>The rule that the options break; null if they keep all. The group must be one of the engine's.</summary>
    internal string? FindBrokenRule(MemoryGroups groups)
    {
        if (MmapBase is { } mmapBase && mmapBase.Page > PageNumber.FirstKernel) return "MmapBase must lie in the user half.";
        if (!StartBreak.IsPageAligned || StartBreak.IsKernel) return "StartBreak must be page-aligned and in the user half.";
        bool isOurs = Group is null || groups.Has(Group);
        return isOurs ? null : "Group was removed, or belongs to another engine.";
    }

    /// <summary>The page at which mmap(2) begins to search upwards: a third of the user half. Linux: TASK_UNMAPPED_BASE.</summary>
    public static PageNumber BottomUpBase => MemoryLayout.LegacyBase;

    /// <summary>The page at which mmap(2) begins to search downwards: below the stack's limit and a gap. Linux: mmap_base.</summary>
    /// <param name="stackLimit">RLIMIT_STACK, in bytes.</param>
    /// <param name="stackShiftMax">The most pages by which randomization may move the stack down.</param>
    public static PageNumber TopDownBase(ulong stackLimit, PageCount stackShiftMax = default) =>
        MemoryLayout.FlexibleBase(stackLimit, stackShiftMax);

    internal MemoryLayout ToLayout() => new()
    {
        IsTopDown = IsTopDown,
        MmapBase = MmapBase?.Page ?? (IsTopDown ? MemoryLayout.FlexibleBase(StackLimit) : MemoryLayout.LegacyBase),
        StartBreak = StartBreak,
    };
}
