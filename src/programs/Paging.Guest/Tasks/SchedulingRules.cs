using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>The scheduling policies, their priorities, and the rights to set them.</summary>
/// <remarks>Linux: include/uapi/linux/sched.h; __sched_setscheduler and user_check_sched_setscheduler (kernel/sched/syscalls.c).</remarks>
internal static class SchedulingRules
{
    public const int Normal = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5;

    /// <summary>
    /// Policies without priorities. The first needs CAP_SYS_NICE; the second is never granted, as there are no BPF schedulers.
    /// </summary>
    public const int Deadline = 6, Extension = 7;

    /// <summary>The highest priority of the real-time policies, whose lowest is 1. Other policies have only 0.</summary>
    public const int PriorityMax = 99;

    public static bool IsKnown(int policy) => policy is Normal or Fifo or RoundRobin or Batch or Idle;

    public static bool IsRealTime(int policy) => policy is Fifo or RoundRobin;

    public static bool Fits(int policy, int priority) => IsRealTime(policy) ? priority is >= 1 and <= PriorityMax : priority == 0;

    /// <summary>Returns true if the caller runs as the target's real or effective user. Linux: check_same_owner.</summary>
    private static bool IsOwner(Credentials who, Credentials target) =>
        target.User == who.EffectiveUser || target.EffectiveUser == who.EffectiveUser;

    /// <summary>Returns true for threads of the caller's own user, or with CAP_SYS_NICE. Linux: set_one_prio_perm.</summary>
    public static bool MayChange(GuestTask task, Credentials target) =>
        IsOwner(task.Credentials, target) || task.Credentials.Can(Capability.Nice);

    /// <summary>EPERM for more than the limits allow, or for another user's thread. Linux: user_check_sched_setscheduler.</summary>
    public static Errno Check(GuestTask task, GuestTask target, int policy, int priority, int nice, bool resetsOnFork)
    {
        if (task.Credentials.Can(Capability.Nice)) return Errno.None;
        if (!IsOwner(task.Credentials, target.Credentials)) return Errno.EPERM;
        if (policy == Deadline || (target.Scheduling.ResetsOnFork && !resetsOnFork)) return Errno.EPERM;
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

    /// <summary>Returns true if a thread's limit allows a nice value without a capability. Linux: is_nice_reduction.</summary>
    public static bool MayHave(GuestTask target, int nice) => (ulong)(20 - nice) <= target.Process.Limits[LimitTable.NicePriority].Soft;
}
