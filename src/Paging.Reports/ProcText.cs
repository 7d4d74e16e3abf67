using Paging.Core;

namespace Paging.Reports;

/// <summary>The files of /proc as texts, byte for byte in the kernel's format, for engines, processes and address spaces.</summary>
/// <remarks>Written from the typed snapshots of <c>Paging.Core</c>, which are there for programs. All of these allocate.</remarks>
public static class ProcText
{
    /// <summary>The text of /proc/PID/maps.</summary>
    public static string FormatMaps(this AddressSpace space) => MapsReport.Format(Require(space));

    /// <summary>The text of /proc/PID/smaps.</summary>
    public static string FormatSmaps(this AddressSpace space) => SmapsReport.Format(Require(space));

    /// <summary>The text of /proc/PID/smaps_rollup.</summary>
    public static string FormatSmapsRollup(this AddressSpace space) => SmapsReport.FormatRollup(Require(space));

    /// <summary>The memory lines of /proc/PID/status; <see cref="FormatStatus(Process)"/> has all.</summary>
    public static string FormatStatus(this AddressSpace space) => StatusReport.FormatStatus(Require(space));

    /// <summary>The text of /proc/PID/status, as far as the engine can answer it.</summary>
    public static string FormatStatus(this Process process) => StatusReport.FormatStatus(Require(process));

    /// <summary>The line of /proc/PID/statm.</summary>
    public static string FormatStatm(this AddressSpace space) => StatusReport.FormatStatm(Require(space));

    /// <summary>The text of /proc/meminfo.</summary>
    public static string FormatMeminfo(this PagingEngine engine) => MemoryInfoReport.FormatMeminfo(Require(engine));

    /// <summary>The text of /proc/vmstat, as far as the engine has the figures.</summary>
    public static string FormatVmstat(this PagingEngine engine) => MemoryInfoReport.FormatVmstat(Require(engine));

    /// <summary>The line of /proc/buddyinfo.</summary>
    public static string FormatBuddyInfo(this PagingEngine engine) => BuddyInfoReport.Format(Require(engine).FreeBlocks);

    /// <summary>The text of /proc/swaps.</summary>
    public static string FormatSwaps(this PagingEngine engine) => SwapsReport.Format(Require(engine));

    private static T Require<T>(T argument) where T : class
    {
        ArgumentNullException.ThrowIfNull(argument);
        return argument;
    }
}
