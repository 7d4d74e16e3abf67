namespace Paging.Core;

/// <summary>The options of the daemon that makes transparent huge pages of small ones. Linux: khugepaged.</summary>
/// <remarks>
/// It runs in <c>PagingEngine.RunBackground</c>, over areas with MADV_HUGEPAGE. The limits hold for each line, the range that one
/// huge page covers. Linux: /sys/kernel/mm/transparent_hugepage/khugepaged.
/// </remarks>
public sealed record CollapseDaemonOptions
{
    /// <summary>The number of pages that a turn scans. Linux: pages_to_scan, 4096.</summary>
    public int PagesToScan { get; init; } = 4096;

    /// <summary>The most pages of a line that were never touched; null: all but one. Linux: max_ptes_none.</summary>
    public int? UntouchedMax { get; init; }

    /// <summary>True if every number is in its range.</summary>
    internal bool IsValid => PagesToScan > 0 && UntouchedMax is null or >= 0;
}
