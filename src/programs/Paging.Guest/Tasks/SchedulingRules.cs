using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>The policies that a thread may ask for, which priorities they have, and who may ask.</summary>
/// <remarks>Linux: include/uapi/linux/sched.h; __sched_setscheduler and user_check_sched_setscheduler (kernel/sched/syscalls.c).</remarks>
internal static class SchedulingRules
{
    public const int Normal = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5;

    /// <summary>Have no priorities, and nobody gets them here.</summary>
    public const int Deadline = 6, Extension = 7;

    /// <summary>The highest priority of the policies for real time, whose lowest is 1. The others have 0 alone.</summary>
    public const int PriorityMax = 99;

    public static bool IsKnown(int policy) => policy is Normal or Fifo or RoundRobin or Batch or Idle;

    public static bool IsRealTime(int policy) => policy is Fifo or RoundRobin;

    public static bool Fits(int policy, int priority) => IsRealTime(policy) ? priority is >= 1 and <= PriorityMax : priority == 0;

    /// <summary>A thread's own user, whichever of both it runs as. Linux: check_same_owner.</summary>
    private static bool IsOwner(Credentials who, Credentials target) =>
        target.User == who.EffectiveUser || target.EffectiveUser == who.EffectiveUser;

    /// <summary>One's own user's threads, or CAP_SYS_NICE. Linux: set_one_prio_perm.</summary>
    public static bool MayChange(GuestTask task, Credentials target) =>
        IsOwner(task.Credentials, target) || task.Credentials.Can(Capability.Nice);

    /// <summary>EPERM: more than before, or somebody else's. Linux: user_check_sched_setscheduler.</summary>
    public static Errno Judge(GuestTask task, GuestTask target, int policy, int priority, int nice, bool resetsOnFork)
    {
        if (task.Credentials.Can(Capability.Nice)) return Errno.None;
        if (!IsOwner(task.Credentials, target.Credentials)) return Errno.EPERM;
        if (target.Scheduling.ResetsOnFork && !resetsOnFork) return Errno.EPERM;
        (int formerPolicy, int formerPriority) = target.Scheduling.Class;
        if (IsRealTime(policy))
        {
            ulong limit = target.Process.Limits[LimitTable.RealTimePriority].Soft;
            if (policy != formerPolicy && limit == 0) return Errno.EPERM;
            if (priority > formerPriority && (ulong)priority > limit) return Errno.EPERM;
        }

        bool isNicer = policy is Normal or Batch && nice < target.Scheduling.Nice;
        if (isNicer && !MayHave(target, nice)) return Errno.EPERM;
        return formerPolicy == Idle && policy != Idle && !MayHave(target, target.Scheduling.Nice) ? Errno.EPERM : Errno.None;
    }

    /// <summary>Its limit allows a nice value without privilege. Linux: is_nice_reduction.</summary>
    public static bool MayHave(GuestTask target, int nice) => (ulong)(20 - nice) <= target.Process.Limits[LimitTable.NicePriority].Soft;
}
