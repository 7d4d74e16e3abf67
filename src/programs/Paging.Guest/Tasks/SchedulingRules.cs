using Paging.Guest.Abi;

namespace Paging.Guest.Tasks;

/// <summary>Permissions to change a thread's scheduling. Linux: kernel/sched/syscalls.c, kernel/sys.c.</summary>
internal static class SchedulingRules
{
    /// <summary>Returns true for threads of the caller's user, real or effective, or with CAP_SYS_NICE. Linux: set_one_prio_perm.</summary>
    public static bool MayChange(GuestTask task, Credentials target)
    {
        uint own = task.Credentials.EffectiveUser;
        return target.User == own || target.EffectiveUser == own || task.Credentials.Can(Capability.Nice);
    }

    /// <summary>Returns true if its limit allows a nice value without privilege. Linux: is_nice_reduction.</summary>
    // RLIMIT_NICE counts from 1, the worst, to 40 (nice_to_rlimit)
    public static bool MayHave(GuestTask target, int nice) => (ulong)(20 - nice) <= target.Process.Limits[LimitTable.NicePriority].Soft;
}
