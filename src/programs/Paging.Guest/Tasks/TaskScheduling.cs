namespace Paging.Guest.Tasks;

/// <summary>The scheduling state of a thread. Linux: the scheduling part of struct task_struct.</summary>
internal sealed class TaskScheduling
{
    /// <summary>The number of times it has waited. Linux: nvcsw.</summary>
    public long WaitCount { get; set; }

    /// <summary>The number of times another task got its turn while this one could run. Linux: nivcsw.</summary>
    public long PreemptionCount { get; set; }

    /// <summary>True after sched_yield, until others have had a turn.</summary>
    public bool GivesTurnAway { get; set; }
}
