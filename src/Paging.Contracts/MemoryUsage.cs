using Paging.Native;

namespace Paging.Core;

/// <summary>How much memory a process has asked for and how much of it is there, in pages, and what its faults were.</summary>
/// <param name="Total">All areas (VmSize).</param>
/// <param name="PeakTotal">The most there ever was of it (VmPeak).</param>
/// <param name="Locked">Locked areas (VmLck).</param>
/// <param name="PeakResident">The most that was ever resident (VmHWM).</param>
/// <param name="ResidentAnonymous">The program's own pages (RssAnon).</param>
/// <param name="ResidentFile">Pages of files (RssFile).</param>
/// <param name="ResidentShared">Pages of shared memory and memory files (RssShmem).</param>
/// <param name="Data">Private, writable, not growing (VmData).</param>
/// <param name="Stack">Growing areas (VmStk).</param>
/// <param name="Code">Executable, not writable.</param>
/// <param name="PageTables">Page tables of the user half (VmPTE).</param>
/// <param name="Faults">What its faults were.</param>
public readonly record struct MemoryUsage(
    PageCount Total, PageCount PeakTotal, PageCount Locked, PageCount PeakResident,
    PageCount ResidentAnonymous, PageCount ResidentFile, PageCount ResidentShared,
    PageCount Data, PageCount Stack, PageCount Code, PageCount PageTables, FaultCounters Faults)
{
    /// <summary>The program's own pages that are on a swap device (VmSwap).</summary>
    public PageCount Swapped { get; init; }

    /// <summary>All resident pages (VmRSS).</summary>
    public PageCount Resident => ResidentAnonymous + ResidentFile + ResidentShared;
}
