using Paging.Core;

namespace Paging.Cli.Reports;

/// <summary>Counts page faults, and adds them to the faults of a report: the first 2^18.</summary>
/// <param name="faults">Time and page of each.</param>
/// <param name="time">The time of those that are drained now.</param>
/// <param name="process">The only process whose faults are added, or null.</param>
internal struct FaultSink(List<(long Time, uint Page)> faults, long time, int? process = null) : IEngineEventSink
{
    private const int FaultCountMax = 1 << 18;

    /// <summary>The faults, of all processes.</summary>
    public long Count { get; private set; }

    public void Take(in EngineEvent happened)
    {
        if (!happened.IsFault) return;
        Count++;
        if (faults.Count < FaultCountMax && (process ?? happened.ProcessId) == happened.ProcessId)
            faults.Add((time, happened.Pages.First.Value));
    }
}
