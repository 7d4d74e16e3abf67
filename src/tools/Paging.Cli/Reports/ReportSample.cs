using Paging.Core;

namespace Paging.Cli.Reports;

/// <summary>The figures of a run at one moment.</summary>
/// <param name="At">The calls executed until then, or the nanoseconds of the guest's time.</param>
/// <param name="Faults">The page faults until then.</param>
/// <param name="Resident">The resident pages; of several processes, shared ones are counted for each.</param>
internal readonly record struct ReportSample(long At, FaultCounters Faults, long Resident)
{
    /// <summary>The pages of files in RAM.</summary>
    public long Cached { get; init; }

    /// <summary>The pages on swap devices.</summary>
    public long Swapped { get; init; }

    /// <summary>The pages of the working set.</summary>
    public long WorkingSet { get; init; }
}
