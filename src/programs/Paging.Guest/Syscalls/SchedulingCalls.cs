using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Policies, priorities and processors. There is one processor, and all tasks get equal slices; policies are kept and reported. Linux:
/// kernel/sched/syscalls.c.
/// </summary>
internal sealed class SchedulingCalls(WakeUps wakeUps, TaskTable tasks)
{
    /// <summary>Process 1 exists, as on every machine, and belongs to root. Its policy does not change.</summary>
    private const int FirstOfAll = 1;

    private const int ResetOnFork = 0x4000_0000;

    public void AddTo(CallTable table)
    {
        table.Add(154, "sched_setparam", "da", (task, in call) => Set(task, call.A.Number, null, call.B.Address));
        table.Add(155, "sched_getparam", "da", GetParameter);
        table.Add(156, "sched_setscheduler", "dda", (task, in call) => call.B.Number < 0 ? Errno.EINVAL
            : Set(task, call.A.Number, call.B.Number, call.C.Address));
        table.Add(157, "sched_getscheduler", "d", GetPolicy);
        table.Add(158, "sched_yield", "", Yield);
        table.Add(159, "sched_get_priority_max", "d", static (_, in call) => Bound(call.A, SchedulingRules.PriorityMax));
        table.Add(160, "sched_get_priority_min", "d", static (_, in call) => Bound(call.A, 1));
        table.Add(161, "sched_rr_get_interval", "da", (task, in call) => Interval(task, call, isLong: false));
        table.Add(423, "sched_rr_get_interval_time64", "da", (task, in call) => Interval(task, call, isLong: true));
        table.Add(241, "sched_setaffinity", "dda", SetAffinity);
        table.Add(242, "sched_getaffinity", "dda", GetAffinity);
    }

    private CallResult Yield(GuestTask task, in CallArguments call)
    {
        wakeUps.Add();
        task.Scheduling.YieldsSlice = true;
        return 0;
    }

    private CallResult Set(GuestTask task, int id, int? policy, VirtualAddress parameterAt)
    {
        if (parameterAt == VirtualAddress.Zero || id < 0) return Errno.EINVAL;
        if (!task.User.TryRead(parameterAt, out int priority)) return Errno.EFAULT;
        GuestTask? target = tasks.FindTask(task, id);
        if (target is null && id != FirstOfAll) return Errno.ESRCH;
        int wanted = (policy ?? target?.Scheduling.Policy ?? SchedulingRules.Normal) & ~ResetOnFork;
        if (!SchedulingRules.IsKnown(wanted) || !SchedulingRules.Fits(wanted, priority)) return Errno.EINVAL;
        if (target is null) return task.Credentials.Can(Capability.Nice) ? Errno.None : Errno.EPERM;
        bool resets = policy is { } asked ? (asked & ResetOnFork) != 0 : target.Scheduling.ResetsOnFork;
        Errno error = SchedulingRules.Check(task, target, wanted, priority, target.Scheduling.Nice, resets);
        if (error != Errno.None) return error;
        (target.Scheduling.Class, target.Scheduling.ResetsOnFork) = ((wanted, priority), resets);
        if (target.Scheduling.DeadlineTimes.Deadline != 0) target.Scheduling.DeadlineTimes = default;
        return 0;
    }

    private CallResult GetParameter(GuestTask task, in CallArguments call)
    {
        if (call.B == 0 || call.A.Number < 0) return Errno.EINVAL;
        if (tasks.FindTask(task, call.A.Number) is var target && target is null && call.A != FirstOfAll) return Errno.ESRCH;
        return task.User.TryWrite(call.B.Address, target?.Scheduling.Priority ?? 0) ? 0 : Errno.EFAULT;
    }

    private CallResult GetPolicy(GuestTask task, in CallArguments call)
    {
        if (call.A.Number < 0) return Errno.EINVAL;
        if (tasks.FindTask(task, call.A.Number)?.Scheduling is { } asked) return asked.Policy | (asked.ResetsOnFork ? ResetOnFork : 0);
        return call.A == FirstOfAll ? SchedulingRules.Normal : Errno.ESRCH;
    }

    private static CallResult Bound(CallWord policy, int realTime) => policy.Number switch
    {
        SchedulingRules.Fifo or SchedulingRules.RoundRobin => realTime,
        SchedulingRules.Deadline or SchedulingRules.Extension => 0,
        int other => SchedulingRules.IsKnown(other) ? 0 : Errno.EINVAL,
    };

    private CallResult Interval(GuestTask task, in CallArguments call, bool isLong)
    {
        if (call.A.Number < 0) return Errno.EINVAL;
        if (tasks.FindTask(task, call.A.Number) is not { } target) return Errno.ESRCH;
        // 700 µs of one processor's fair class are less than a tick of any CONFIG_HZ (get_rr_interval_fair)
        long slice = target.Scheduling.Policy == SchedulingRules.RoundRobin ? 100 * TimeWords.Millisecond : 0;
        return TimeWords.TryWrite(task.User, call.B.Address, isLong, slice) ? 0 : Errno.EFAULT;
    }

    private CallResult SetAffinity(GuestTask task, in CallArguments call)
    {
        uint mask = 0;
        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<uint>(ref mask));
        if (!task.User.TryCopyFrom(call.C.Address, bytes[..(int)Math.Min(call.B, 4)])) return Errno.EFAULT;    // before ESRCH
        if (tasks.FindTask(task, call.A.Number) is not { } target) return Errno.ESRCH;
        if (!SchedulingRules.MayChange(task, target.Credentials)) return Errno.EPERM;    // Linux: sched_setaffinity, check_same_owner
        return (mask & 1) != 0 ? 0 : Errno.EINVAL;    // no processor would be left (__set_cpus_allowed_ptr)
    }

    private CallResult GetAffinity(GuestTask task, in CallArguments call)
    {
        if (call.B < 4 || (call.B & 3) != 0) return Errno.EINVAL;    // whole longs
        if (tasks.FindTask(task, call.A.Number) is null) return Errno.ESRCH;
        // A mask of the kernel's is whole words of 64 bits. Linux: compat_sys_sched_getaffinity.
        if (call.B == 4) return task.User.TryWrite(call.C.Address, 1u) ? 4 : Errno.EFAULT;
        return task.User.TryWrite(call.C.Address, 1UL) ? 8 : Errno.EFAULT;
    }
}
