using Paging.Costs.Devices;

namespace Paging.Costs;

/// <summary>The time of one process, by cause.</summary>
public sealed class CostAccount
{
    /// <summary>The number of causes.</summary>
    public const int CauseCount = (int)CostCause.WaitForFlush + 1;

    private readonly VirtualTime[] _times = new VirtualTime[CauseCount];

    internal CostAccount(int processId, string name) => (ProcessId, Name) = (processId, name);

    /// <summary>The process; 0 for work of the kernel on nobody's behalf.</summary>
    public int ProcessId { get; }

    /// <summary>Its name when the account was opened.</summary>
    public string Name { get; }

    /// <summary>The time of a cause.</summary>
    public VirtualTime this[CostCause cause] => _times[(int)cause];

    /// <summary>The time on a processor.</summary>
    public VirtualTime Computing => Sum(CostCause.User, CostCause.Reclaim);

    /// <summary>The time without one.</summary>
    public VirtualTime Waiting => Sum(CostCause.WaitForFile, CostCause.WaitForFlush);

    /// <summary>Both.</summary>
    public VirtualTime Total => Computing + Waiting;

    /// <summary>The faults without I/O that were charged to it.</summary>
    public long MinorFaults { get; internal set; }

    /// <summary>The faults with I/O.</summary>
    public long MajorFaults { get; internal set; }

    /// <summary>The calls.</summary>
    public long Calls { get; internal set; }

    /// <summary>The process can go on from then.</summary>
    internal VirtualTime ReadyAt { get; set; }

    internal void Add(CostCause cause, VirtualTime time) => _times[(int)cause] += time;

    private VirtualTime Sum(CostCause first, CostCause last)
    {
        VirtualTime sum = default;
        for (CostCause cause = first; cause <= last; cause++) sum += this[cause];
        return sum;
    }
}
