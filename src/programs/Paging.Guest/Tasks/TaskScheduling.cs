namespace Paging.Guest.Tasks;

/// <summary>The scheduling state of a thread. Linux: the scheduling part of struct task_struct.</summary>
internal sealed class TaskScheduling
{
    /// <summary>SCHED_*.</summary>
    public int Policy => Class.Policy;

    /// <summary>The priority of a real-time policy.</summary>
    public int Priority => Class.Priority;

    /// <summary>SCHED_*, and the priority of the real-time ones. Both are kept and reported; all tasks get equal slices.</summary>
    public (int Policy, int Priority) Class { get; set; }

    /// <summary>The times of SCHED_DEADLINE.</summary>
    public DeadlineTimes DeadlineTimes { get; set; }

    /// <summary>True if new threads and processes do not inherit its privileges (SCHED_RESET_ON_FORK).</summary>
    public bool ResetsOnFork { get; set; }

    /// <summary>The nice value, from -20, the best, to 19. It is kept and reported.</summary>
    public int Nice { get; set; }

    /// <summary>The number of times it has waited. Linux: nvcsw.</summary>
    public long WaitCount { get; set; }

    /// <summary>The number of times another task got its slice while this one could run. Linux: nivcsw.</summary>
    public long PreemptionCount { get; set; }

    /// <summary>True after sched_yield, until others have had a slice.</summary>
    public bool YieldsSlice { get; set; }

    /// <summary>Copies the policy and the nice value of the thread that makes this one. Linux: sched_fork.</summary>
    public void InheritFrom(TaskScheduling maker)
    {
        bool resets = maker.ResetsOnFork && (SchedulingRules.IsRealTime(maker.Policy) || maker.Policy == SchedulingRules.Deadline);
        Class = resets ? (SchedulingRules.Normal, 0) : maker.Class;
        Nice = resets ? 0 : maker.ResetsOnFork ? Math.Max(maker.Nice, 0) : maker.Nice;
    }
}
