using Paging.Native;

namespace Paging.Core;

/// <summary>The memory that a process has mapped and the part that is resident, in pages, and the counts of its faults.</summary>
/// <remarks>All of it is state of the process, and a snapshot restores it.</remarks>
/// <param name="Total">All areas (VmSize).</param>
/// <param name="PeakTotal">The highest total so far (VmPeak).</param>
/// <param name="Locked">Locked areas (VmLck).</param>
/// <param name="PeakResident">The highest resident set so far (VmHWM).</param>
/// <param name="ResidentAnonymous">Resident private pages (RssAnon).</param>
/// <param name="ResidentFile">Resident pages of files (RssFile).</param>
/// <param name="ResidentShared">Resident pages of shared memory and memory files (RssShmem).</param>
/// <param name="Data">Private writable areas that do not grow (VmData).</param>
/// <param name="Stack">Growing areas (VmStk).</param>
/// <param name="Code">Executable areas that are not writable.</param>
/// <param name="PageTables">Page tables of the user half (VmPTE).</param>
/// <param name="Faults">The counts of its faults.</param>
public readonly record struct MemoryUsage(
    PageCount Total, PageCount PeakTotal, PageCount Locked, PageCount PeakResident,
    PageCount ResidentAnonymous, PageCount ResidentFile, PageCount ResidentShared,
    PageCount Data, PageCount Stack, PageCount Code, PageCount PageTables, FaultUsage Faults)
{
    /// <summary>Private pages that are on a swap device (VmSwap).</summary>
    public PageCount Swapped { get; init; }

    /// <summary>All resident pages (VmRSS).</summary>
    public PageCount Resident => ResidentAnonymous + ResidentFile + ResidentShared;
}
