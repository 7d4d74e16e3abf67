using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>How a thread has asked to take turns, and how it has taken them. Linux: the scheduling part of struct task_struct.</summary>
internal sealed class TaskScheduling
{
    /// <summary>Linux: init_task's timer_slack_ns.</summary>
    private const uint FirstTimerSlack = 50_000;

    /// <summary>SCHED_*.</summary>
    public int Policy => Class.Policy;

    /// <summary>The priority of a real-time policy.</summary>
    public int Priority => Class.Priority;

    /// <summary>SCHED_*, and the priority of the real-time ones. Kept and reported; turns are the same for all.</summary>
    public (int Policy, int Priority) Class { get; set; }

    /// <summary>SCHED_RESET_ON_FORK: what it makes does not inherit its privileges.</summary>
    public bool ResetsOnFork { get; set; }

    /// <summary>From -20, the best, to 19. Kept and told.</summary>
    public int Nice { get; set; }

    /// <summary>PR_SET_TIMERSLACK: how late timers may ring, in nanoseconds. Kept and told.</summary>
    public uint TimerSlack { get; set; } = FirstTimerSlack;

    /// <summary>What setting it to 0 sets it to: what the thread that made this one had then. Linux: default_timer_slack_ns.</summary>
    public uint DefaultTimerSlack { get; set; } = FirstTimerSlack;

    /// <summary>How often it has given the processor away to wait. Linux: nvcsw.</summary>
    public long WaitCount { get; set; }

    /// <summary>How often another task has had its turn while this one could go on. Linux: nivcsw.</summary>
    public long PreemptionCount { get; set; }

    /// <summary>It has asked that others go first (sched_yield).</summary>
    public bool GivesTurnAway { get; set; }

    /// <summary>Turns as those of the thread that makes it, unless that has asked for others. Linux: sched_fork.</summary>
    public void InheritFrom(TaskScheduling maker)
    {
        bool resets = maker.ResetsOnFork && SchedulingRules.IsRealTime(maker.Policy);
        Class = resets ? (SchedulingRules.Normal, 0) : maker.Class;
        Nice = resets ? 0 : maker.ResetsOnFork ? Math.Max(maker.Nice, 0) : maker.Nice;
        TimerSlack = DefaultTimerSlack = maker.TimerSlack;
    }
}
