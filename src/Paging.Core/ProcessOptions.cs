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

    /// <summary>
    /// The lowest address that can be mapped, a multiple of 4096, for machines other than a PC with Linux; null: Linux's.
    /// 0 allows page 0.
    /// </summary>
    /// <remarks>
    /// Linux's: 4096 with <see cref="MapFlags.Fixed"/>, 65536 for a mapping whose place the engine chooses (vm.mmap_min_addr).
    /// </remarks>
    public VirtualAddress? LowestAddress { get; init; }

    /// <summary>
    /// The highest address that can be mapped, the last byte of a page; null: 0xBFFFFFFF, the end of Linux's user half.
    /// </summary>
    /// <remarks>
    /// Above 0xBFFFFFFF, up to 0xFFFFFFFF, the page tables have no kernel half: all 4 GiB are the process's. The processors of
    /// <c>Paging.Processors</c> refuse such a process: they have their own memory there. Places are then chosen from the highest address
    /// downwards.
    /// </remarks>
    public VirtualAddress? HighestAddress { get; init; }

    /// <summary>True if RLIMIT_MEMLOCK does not apply. Linux: CAP_IPC_LOCK.</summary>
    public bool IsPrivileged { get; init; }

    /// <summary>The group that its memory is charged to; null: the one without a limit.</summary>
    public MemoryGroup? Group { get; init; }

    /// <summary>The rule that the options break; null if they keep all. The group must be one of the engine's.</summary>
    internal string? FindBrokenRule(MemoryGroups groups)
    {
        if (LowestAddress is { IsPageAligned: false }) return "LowestAddress must be a multiple of 4096.";
        if (HighestAddress is { } highest && (highest + 1).OffsetInPage != 0) return "HighestAddress must be the last byte of a page.";
        if (Bounds.LowestFixed >= Bounds.End) return "LowestAddress must lie below HighestAddress.";
        if (MmapBase is { } mmapBase && mmapBase.Page > Bounds.End) return "MmapBase must lie in the user half.";
        if (!StartBreak.IsPageAligned || (StartBreak.IsKernel && Bounds.HasKernelHalf))
            return "StartBreak must be page-aligned and in the user half.";
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

    internal SpaceBounds Bounds => SpaceBounds.Of(LowestAddress?.Page, HighestAddress?.Page);

    /// <summary>Returns the options with the bounds of a saved process, whose other values are set later.</summary>
    internal ProcessOptions Within(in SpaceBounds bounds) => bounds == Bounds ? this : this with
    {
        LowestAddress = bounds == SpaceBounds.Linux with { End = bounds.End } ? null : bounds.LowestFixed.Address,
        HighestAddress = bounds.End == SpaceBounds.Linux.End ? null : (bounds.End - PageCount.One).Address + VirtualAddress.OffsetMask,
        MmapBase = null,
    };

    internal MemoryLayout ToLayout() => new()
    {
        IsTopDown = IsTopDown,
        MmapBase = MmapBase?.Page ?? (IsTopDown ? TopDownStart : BottomUpStart),
        StartBreak = StartBreak.Page <= Bounds.End ? StartBreak : Bounds.End.Address,    // no room for a heap
    };

    private PageNumber TopDownStart => HighestAddress is null ? MemoryLayout.FlexibleBase(StackLimit) : Bounds.End;

    private PageNumber BottomUpStart => HighestAddress is null ? MemoryLayout.LegacyBase : Bounds.Lowest;
}
