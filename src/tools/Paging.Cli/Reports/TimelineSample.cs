using Paging.Core;

namespace Paging.Cli.Reports;

/// <summary>The figures of an engine after a call.</summary>
/// <param name="Call">The number of calls executed until then.</param>
/// <param name="Faults">The fault counters of all processes.</param>
/// <param name="Resident">The resident pages of all processes, shared ones counted for each.</param>
/// <param name="Cached">The pages of files in RAM.</param>
/// <param name="Swapped">The pages on swap devices.</param>
internal readonly record struct TimelineSample(long Call, FaultCounters Faults, long Resident, long Cached, long Swapped);
