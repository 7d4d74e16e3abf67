using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on turns and processors: there is one processor, and all tasks get equal turns. Linux: kernel/sched/syscalls.c.</summary>
internal sealed class SchedulingCalls(WakeUps wakeUps, TaskTable tasks)
{
    public void AddTo(CallTable table)
    {
        table.Add(158, "sched_yield", "", Yield);
        table.Add(34, "nice", "d", static (_, in _) => 0);    // nice values have no effect here
        table.Add(96, "getpriority", "dd", static (_, in _) => 20);    // 40 is the nice value -20 (getpriority(2))
        table.Add(97, "setpriority", "ddd", static (_, in _) => 0);
        table.Add(241, "sched_setaffinity", "dda", SetAffinity);
        table.Add(242, "sched_getaffinity", "dda", GetAffinity);
    }

    private CallResult Yield(GuestTask task, in CallArguments call)
    {
        wakeUps.Add();
        task.Scheduling.GivesTurnAway = true;
        return 0;
    }

    private CallResult SetAffinity(GuestTask task, in CallArguments call)
    {
        uint mask = 0;
        Span<byte> bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<uint>(ref mask));
        if (!task.User.TryCopyFrom(call.C.Address, bytes[..(int)Math.Min(call.B, 4)])) return Errno.EFAULT;    // before ESRCH
        if (tasks.FindTask(task, call.A.Number) is not { } target) return Errno.ESRCH;
        uint own = task.Credentials.EffectiveUser;
        bool isOwn = target.Credentials.User == own || target.Credentials.EffectiveUser == own;
        if (!isOwn && !task.Credentials.Can(Capability.Nice)) return Errno.EPERM;    // Linux: sched_setaffinity, check_same_owner
        return (mask & 1) != 0 ? 0 : Errno.EINVAL;    // no processor would be left (__set_cpus_allowed_ptr)
    }

    private CallResult GetAffinity(GuestTask task, in CallArguments call)
    {
        if (call.B < 4 || (call.B & 3) != 0) return Errno.EINVAL;    // whole longs
        if (tasks.FindTask(task, call.A.Number) is null) return Errno.ESRCH;
        return task.User.TryWrite(call.C.Address, 1u) ? 4 : Errno.EFAULT;
    }
}
