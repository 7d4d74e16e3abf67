using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>The policies that a thread may ask for, which priorities they have, and who may ask.</summary>
/// <remarks>Linux: include/uapi/linux/sched.h; __sched_setscheduler and user_check_sched_setscheduler (kernel/sched/syscalls.c).</remarks>
internal static class SchedulingRules
{
    public const int Normal = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5;

    /// <summary>Have no priorities. Nobody gets them here.</summary>
    public const int Deadline = 6, Extension = 7;

    /// <summary>The highest priority of the policies for real time, whose lowest is 1. The others have 0 alone.</summary>
    public const int PriorityMax = 99;

    public static bool IsKnown(int policy) => policy is Normal or Fifo or RoundRobin or Batch or Idle;

    public static bool IsRealTime(int policy) => policy is Fifo or RoundRobin;

    public static bool Fits(int policy, int priority) => IsRealTime(policy) ? priority is >= 1 and <= PriorityMax : priority == 0;

    /// <summary>One's own user's threads, or CAP_SYS_NICE. Linux: check_same_owner, set_one_prio_perm.</summary>
    public static bool MayChange(GuestTask task, Credentials target)
    {
        uint who = task.Credentials.EffectiveUser;
        return target.User == who || target.EffectiveUser == who || task.Credentials.Can(Capability.Nice);
    }

    /// <summary>EPERM: more than before, or somebody else's.</summary>
    public static Errno Judge(GuestTask task, GuestTask target, int policy, int priority, int nice)
    {
        Credentials who = task.Credentials;
        if (who.Can(Capability.Nice)) return Errno.None;
        if (target.Credentials.User != who.EffectiveUser) return Errno.EPERM;
        bool isRaised = IsRealTime(policy) && (target.Scheduling.Policy != policy || priority > target.Scheduling.Priority);
        if (isRaised && (ulong)priority > target.Process.Limits[LimitTable.RealTimePriority].Soft) return Errno.EPERM;
        bool isNicer = !IsRealTime(policy) && nice < target.Nice;
        return isNicer && (ulong)(20 - nice) > target.Process.Limits[LimitTable.NicePriority].Soft ? Errno.EPERM : Errno.None;
    }
}
