using Paging.Core;

namespace Paging.Reports;

/// <summary>Formats the files of /proc for engines, processes and address spaces, byte for byte as the kernel does.</summary>
/// <remarks>Written from the typed snapshots of <c>Paging.Core</c>, which programs should read instead. All methods allocate.</remarks>
public static class ProcText
{
    /// <summary>Returns the text of /proc/PID/maps.</summary>
    public static string FormatMaps(this AddressSpace space) => MapsReport.Format(Require(space));

    /// <summary>Returns the text of /proc/PID/smaps.</summary>
    public static string FormatSmaps(this AddressSpace space) => SmapsReport.Format(Require(space));

    /// <summary>Returns the text of /proc/PID/smaps_rollup.</summary>
    public static string FormatSmapsRollup(this AddressSpace space) => SmapsReport.FormatRollup(Require(space));

    /// <summary>Returns the memory lines of /proc/PID/status. <see cref="FormatStatus(UserProcess)"/> returns all lines.</summary>
    public static string FormatStatus(this AddressSpace space) => StatusReport.FormatStatus(Require(space));

    /// <summary>Returns the text of /proc/PID/status, with the lines that the engine can answer.</summary>
    public static string FormatStatus(this UserProcess process) => StatusReport.FormatStatus(Require(process));

    /// <summary>Returns the line of /proc/PID/statm.</summary>
    public static string FormatStatm(this AddressSpace space) => StatusReport.FormatStatm(Require(space));

    /// <summary>Returns the text of /proc/meminfo.</summary>
    public static string FormatMeminfo(this PagingEngine engine) => MemoryInfoReport.FormatMeminfo(Require(engine));

    /// <summary>Returns the text of /proc/vmstat, with the lines that the engine can answer.</summary>
    public static string FormatVmstat(this PagingEngine engine) => MemoryInfoReport.FormatVmstat(Require(engine));

    /// <summary>Returns the text of /proc/buddyinfo.</summary>
    public static string FormatBuddyInfo(this PagingEngine engine) => ZoneReport.FormatBuddyInfo(Require(engine));

    /// <summary>Returns the text of /proc/zoneinfo, with the lines that the engine can answer.</summary>
    public static string FormatZoneInfo(this PagingEngine engine) => ZoneReport.FormatZoneInfo(Require(engine));

    /// <summary>Returns the text of /proc/swaps.</summary>
    public static string FormatSwaps(this PagingEngine engine) => SwapsReport.Format(Require(engine));

    private static T Require<T>(T argument) where T : class
    {
        ArgumentNullException.ThrowIfNull(argument);
        return argument;
    }
}
