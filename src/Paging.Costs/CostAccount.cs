using System.Globalization;
using Paging.Costs.Devices;

namespace Paging.Costs;

/// <summary>The time of one process, by cause.</summary>
public sealed class CostAccount
{
    /// <summary>The number of causes.</summary>
    public const int CauseCount = (int)CostCause.WaitForFlush + 1;

    private readonly VirtualTime[] _times = new VirtualTime[CauseCount];

    internal CostAccount(int processId, string name) => (ProcessId, Name) = (processId, name);

    /// <summary>The process; 0 for work of the kernel for no process.</summary>
    public int ProcessId { get; }

    /// <summary>Its name when the account was opened.</summary>
    public string Name { get; }

    /// <summary>Its name in tables: <c>sort 2</c>, or <c>kernel</c>.</summary>
    public string Label => ProcessId == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name} {ProcessId}");

    /// <summary>The time of a cause.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such cause.</exception>
    public VirtualTime this[CostCause cause] => _times[CostCauses.Checked(cause)];

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

    /// <summary>Its time, and by cause: <c>sort 2: 170 ms: user 145 ms, wait: swap 25.1 ms</c>.</summary>
    public override string ToString() => $"{Label}: {Total}: " + string.Join(", ", Enum.GetValues<CostCause>()
        .Where(cause => this[cause] != VirtualTime.Zero).Select(cause => $"{CostCauses.NameOf(cause)} {this[cause]}"));

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
