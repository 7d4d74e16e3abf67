using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Nice values of threads. They are kept and returned, and have no effect on slices. Linux: kernel/sys.c set_one_prio, setpriority,
/// getpriority; kernel/sched/syscalls.c nice, can_nice.
/// </summary>
internal sealed class PriorityCalls(TaskTable tasks)
{
    private const uint OfThread = 0, OfGroup = 1, OfUser = 2;    // PRIO_PROCESS means a thread (getpriority(2), Bugs)
    private const int NicestOfAll = -20, NiceMax = 19;    // MIN_NICE, MAX_NICE

    public void AddTo(CallTable table)
    {
        table.Add(34, "nice", "d", Nice);
        table.Add(96, "getpriority", "dd", Get);
        table.Add(97, "setpriority", "ddd", Set);
    }

    /// <summary>getpriority(2): the best of several, as a positive number: 40 is the nice value -20.</summary>
    private CallResult Get(GuestTask task, in CallArguments call)
    {
        if (call.A > OfUser) return Errno.EINVAL;
        if (IsEnded(call.A, call.B, out _)) return 20;
        List<GuestTask> selected = Select(task, call.A, call.B);
        return selected.Count == 0 ? Errno.ESRCH : selected.Max(static one => 20 - one.Scheduling.Nice);    // 40 to 1: never negative
    }

    /// <summary>setpriority(2): changes all permitted ones; returns the error of the last refused one.</summary>
    private CallResult Set(GuestTask task, in CallArguments call)
    {
        if (call.A > OfUser) return Errno.EINVAL;
        if (IsEnded(call.A, call.B, out GuestProcess? ended))
            return SchedulingRules.MayChange(task, ended!.Credentials) ? 0 : Errno.EPERM;
        int nice = Math.Clamp(call.C.Number, NicestOfAll, NiceMax);
        List<GuestTask> selected = Select(task, call.A, call.B);
        Errno error = selected.Count == 0 ? Errno.ESRCH : Errno.None;
        foreach (GuestTask one in selected)
        {
            Errno refusal = CheckChange(task, one, nice);
            if (refusal == Errno.None) one.Scheduling.Nice = nice;
            else error = refusal;
        }

        return error;
    }

    private static CallResult Nice(GuestTask task, in CallArguments call)
    {
        int nice = Math.Clamp(task.Scheduling.Nice + Math.Clamp(call.A.Number, -40, 40), NicestOfAll, NiceMax);
        if (nice < task.Scheduling.Nice && !MayHave(task, task, nice)) return Errno.EPERM;
        task.Scheduling.Nice = nice;
        return 0;
    }

    /// <summary>EPERM for another user's thread; EACCES for a better value than allowed.</summary>
    private static Errno CheckChange(GuestTask task, GuestTask other, int nice)
    {
        if (!SchedulingRules.MayChange(task, other.Credentials)) return Errno.EPERM;
        return nice < other.Scheduling.Nice && !MayHave(task, other, nice) ? Errno.EACCES : Errno.None;    // EPERM for nice (set_one_prio)
    }

    private static bool MayHave(GuestTask task, GuestTask other, int nice) =>
        task.Credentials.Can(Capability.Nice) || SchedulingRules.MayHave(other, nice);

    /// <summary>Finds a zombie, which has a number but no thread here.</summary>
    private bool IsEnded(uint kind, CallWord id, out GuestProcess? ended)
    {
        ended = kind == OfThread ? tasks.Find(id.Number) : null;
        return ended is { IsZombie: true };
    }

    private List<GuestTask> Select(GuestTask task, uint kind, CallWord id)
    {
        int group = id == 0 ? task.Process.GroupId : id.Number;
        uint user = id == 0 ? task.Credentials.User : id.Word;
        return kind switch
        {
            OfThread => tasks.FindTask(task, id.Number) is { } one ? [one] : [],
            OfGroup => tasks.Tasks.FindAll(one => one.Process.GroupId == group),
            _ => tasks.Tasks.FindAll(one => one.Credentials.User == user),
        };
    }
}
