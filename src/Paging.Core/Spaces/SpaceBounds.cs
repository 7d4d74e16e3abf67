using Paging.Native;

namespace Paging.Core.Spaces;

/// <summary>The pages that a process may map.</summary>
/// <param name="LowestFixed">The lowest page that MAP_FIXED accepts. Linux: vm.mmap_min_addr (cap_mmap_addr).</param>
/// <param name="Lowest">The lowest page of a mapping whose place the engine chooses. Linux: CONFIG_LSM_MMAP_MIN_ADDR.</param>
/// <param name="End">The page after the last one. Linux: TASK_SIZE.</param>
internal readonly record struct SpaceBounds(PageNumber LowestFixed, PageNumber Lowest, PageNumber End)
{
    /// <summary>Those of Linux on i386: from 4 KiB, or 64 KiB, to 3 GiB.</summary>
    public static SpaceBounds Linux => new(new(1), new(0x10), PageNumber.FirstKernel);

    /// <summary>The number of pages below the end.</summary>
    public PageCount Count => new(End.Value);

    /// <summary>True if the kernel half has its addresses; false if the user's pages reach into them, so that there is none.</summary>
    public bool HasKernelHalf => End <= PageNumber.FirstKernel;

    /// <summary>True if options can have these bounds: those of a saved process may be damaged.</summary>
    public bool IsSound => LowestFixed < End && End.Value <= PageCount.AddressSpace.Value
        && (Lowest == LowestFixed || this == Linux with { End = End });

    /// <summary>Returns the bounds of a process's options: without a lowest page Linux's, without a highest one the user half's.</summary>
    public static SpaceBounds Of(PageNumber? lowest, PageNumber? highest)
    {
        SpaceBounds bounds = Linux;
        if (lowest is { } first) bounds = bounds with { LowestFixed = first, Lowest = first };
        return highest is { } last ? bounds with { End = last + PageCount.One } : bounds;
    }
}
