using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The starts of the parts of a process's memory. Linux: arch_pick_mmap_layout, mm->mmap_base, mm->start_brk.</summary>
internal struct MemoryLayout
{
    /// <summary>
    /// True if places are searched downwards from <see cref="MmapBase"/> (flexible layout), false if upwards (classic layout).
    /// </summary>
    public bool IsTopDown;

    /// <summary>The page at which the search for a place starts.</summary>
    public PageNumber MmapBase;

    /// <summary>The lowest possible break.</summary>
    public VirtualAddress StartBreak;

    /// <summary>The addresses of the parts of the program. All zero without a program.</summary>
    public ProgramExtents Image;

    /// <summary>The page at which an upward search starts: TASK_SIZE / 3. Linux: TASK_UNMAPPED_BASE.</summary>
    public static PageNumber LegacyBase => new(0x4_0000);

    /// <summary>
    /// The page where downward searches start: below the stack's limit and a gap, which together are 128 MiB to 5/6 of the user half.
    /// </summary>
    /// <param name="stackLimit">RLIMIT_STACK, in bytes.</param>
    /// <param name="stackShiftMax">The most pages by which randomization may move the stack down.</param>
    /// <remarks>Linux: arch/x86/mm/mmap.c mmap_base, stack_maxrandom_size.</remarks>
    public static PageNumber FlexibleBase(ulong stackLimit, PageCount stackShiftMax = default)
    {
        // No limit: the clamp decides.
        ulong gap = stackLimit >= uint.MaxValue ? uint.MaxValue : stackLimit + (Area.GuardGap + stackShiftMax).Bytes;
        const ulong gapMin = 128UL << 20;    // SIZE_128M: room for the stack, even with a low limit
        ulong userBytes = PageCount.UserHalf.Bytes;
        ulong gapMax = userBytes / 6 * 5;    // leaves a sixth to mappings, even with a high limit
        gap = Math.Clamp(gap, gapMin, gapMax);
        return new(PageCount.Covering((uint)(userBytes - gap)).Value);    // PAGE_ALIGN rounds up
    }
}
