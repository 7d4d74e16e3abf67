using Paging.Core.Areas;
using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>Where the segments of a process begin. Linux: arch_pick_mmap_layout, mm->mmap_base, mm->start_brk.</summary>
internal struct MemoryLayout
{
    /// <summary>Places are chosen downwards from <see cref="MmapBase"/> (flexible) or upwards (classic).</summary>
    public bool IsTopDown;

    /// <summary>Where the search for a place starts.</summary>
    public PageNumber MmapBase;

    /// <summary>The lowest possible break.</summary>
    public VirtualAddress StartBreak;

    /// <summary>Where the pieces of the program lie; all zero without one.</summary>
    public ProgramExtents Image;

    /// <summary>Where an upward search starts: TASK_SIZE / 3. Linux: TASK_UNMAPPED_BASE.</summary>
    public static PageNumber LegacyBase => new(0x4_0000);

    /// <summary>What no mapping may go below unless it says so: vm.mmap_min_addr, 64 KiB.</summary>
    public static PageNumber LowestPage => new(0x10);

    /// <summary>The kernel's rule: below the stack's limit and a gap, which together are 128 MiB to 5/6 of the user half.</summary>
    /// <param name="stackLimit">RLIMIT_STACK.</param>
    /// <param name="stackShiftMax">How far down chance may move the stack.</param>
    /// <remarks>Linux: arch/x86/mm/mmap.c mmap_base, stack_maxrandom_size.</remarks>
    public static PageNumber FlexibleBase(ulong stackLimit, PageCount stackShiftMax = default)
    {
        ulong gap = stackLimit >= uint.MaxValue ? uint.MaxValue : stackLimit + (Area.GuardGap + stackShiftMax).Bytes;
        const ulong gapMin = 128UL << 20;
        const ulong gapMax = 0xC000_0000UL / 6 * 5;
        gap = Math.Clamp(gap, gapMin, gapMax);
        return new((uint)((0xC000_0000UL - gap) >> 12));
    }
}
