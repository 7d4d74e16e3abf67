namespace Paging.Windows.Spaces;

/// <summary>The number of pages that a process should have in its working set.</summary>
/// <param name="Minimum">In pages. Trimming for want of memory stops here.</param>
/// <param name="Maximum">In pages. The balance set manager trims pages above it.</param>
/// <param name="PagePriority">The standby list that its pages go to, 0 to 7.</param>
/// <remarks>Soft limits, as Windows' are by default. Windows: MMSUPPORT. Linux: limits of memory groups, over many processes.</remarks>
public readonly record struct WorkingSetLimits(uint Minimum, uint Maximum, int PagePriority)
{
    /// <summary>The priority of pages for which no other one is set.</summary>
    public const int NormalPriority = 5;    // MEMORY_PRIORITY_NORMAL

    /// <summary>The limits of a new process: 50 and 345 pages, at normal priority.</summary>
    public static WorkingSetLimits Default => new(50, 345, NormalPriority);
}
