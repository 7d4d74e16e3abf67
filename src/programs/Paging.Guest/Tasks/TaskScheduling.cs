using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>How a thread takes turns. Linux: the scheduling part of struct task_struct.</summary>
internal sealed class TaskScheduling
{
    /// <summary>From -20, the best, to 19. Kept and returned, without effect.</summary>
    public int Nice { get; set; }

    /// <summary>How often it has given the processor away to wait. Linux: nvcsw.</summary>
    public long WaitCount { get; set; }

    /// <summary>How often another task has had its turn while this one could go on. Linux: nivcsw.</summary>
    public long PreemptionCount { get; set; }

    /// <summary>It has asked that others go first (sched_yield).</summary>
    public bool GivesTurnAway { get; set; }
}
