using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that send signals. Linux: kernel/signal.c kill_something_info, do_tkill.</summary>
internal sealed class KillCalls(TaskTable tasks, SignalSender signals)
{
    /// <summary>Process 1 exists, as on every machine, and belongs to root; signals to it have no effect.</summary>
    private const int FirstOfAll = 1;

    public void AddTo(CallTable table)
    {
        table.Add(37, "kill", "dg", Kill);
        table.Add(238, "tkill", "dg", (task, in call) => KillThread(task, group: null, call.A.Number, call.B.Signal));
        table.Add(270, "tgkill", "ddg", (task, in call) => KillThread(task, call.A.Number, call.B.Number, call.C.Signal));
    }

    private CallResult Kill(GuestTask task, in CallArguments call)
    {
        int id = call.A.Number;
        SignalNumber signal = call.B.Signal;
        if (id == int.MinValue) return Errno.ESRCH;    // its negation overflows (kill_something_info)
        SignalInfo info = task.Process.Describe(signal);
        if (id == FirstOfAll) return SendToFirst(task, signal);
        if (id > 0) return Of(id) is { } one ? Send(task, one, info) : Errno.ESRCH;
        int group = id == 0 ? task.Process.GroupId : -id;
        IEnumerable<GuestProcess> all = id == -1
            ? tasks.All.Where(process => process != task.Process && process.Id > 1)
            : tasks.All.Where(process => process.GroupId == group);
        return SendToAll(task, all, info);
    }

    /// <summary>Finds a process by the number of any of its threads. Linux: kill_pid_info.</summary>
    private GuestProcess? Of(int id) => tasks.Find(id) ?? tasks.FindTask(id)?.Process;

    private Errno SendToAll(GuestTask task, IEnumerable<GuestProcess> all, in SignalInfo info)
    {
        Errno result = Errno.ESRCH;
        foreach (GuestProcess process in all.ToArray())
        {
            Errno error = Send(task, process, info);
            if (result != Errno.None) result = error;    // one success is enough (__kill_pgrp_info)
        }

        return result;
    }

    private CallResult KillThread(GuestTask task, int? group, int id, SignalNumber signal)
    {
        if (id <= 0 || group <= 0) return Errno.EINVAL;    // no groups here: tgkill(2)
        if (tasks.FindTask(id) is not { } target || (group is not null && target.Process.Id != group))
            return ZombieOrNone(task, id, signal);
        if (!signal.IsNoneOrSignal()) return Errno.EINVAL;
        if (!SignalSender.MaySignal(task.Process, target.Process, signal)) return Errno.EPERM;
        SignalInfo info = task.Process.Describe(signal, SignalInfo.FromThread);
        // Only kill may go beyond RLIMIT_SIGPENDING (__send_signal_locked)
        if (signal >= SignalNumber.FirstRealTime && tasks.HasAllPendingSignals(target.Process)) return Errno.EAGAIN;
        if (signal != SignalNumber.None) signals.Send(target, info);
        return 0;
    }

    private static Errno SendToFirst(GuestTask task, SignalNumber signal) => !signal.IsNoneOrSignal() ? Errno.EINVAL
        : task.Credentials.Can(Capability.Kill) ? Errno.None : Errno.EPERM;

    private Errno Send(GuestTask task, GuestProcess process, in SignalInfo info)
    {
        if (!info.Signal.IsNoneOrSignal()) return Errno.EINVAL;    // after ESRCH and before EPERM (check_kill_permission)
        if (!SignalSender.MaySignal(task.Process, process, info.Signal)) return Errno.EPERM;
        if (info.Signal != SignalNumber.None) signals.Send(process, info);
        return Errno.None;
    }

    /// <summary>Signals a zombie, which succeeds without effect; ESRCH if there is none.</summary>
    private Errno ZombieOrNone(GuestTask task, int id, SignalNumber signal)
    {
        if (tasks.Find(id) is not { IsZombie: true } zombie) return Errno.ESRCH;
        if (!signal.IsNoneOrSignal()) return Errno.EINVAL;
        return SignalSender.MaySignal(task.Process, zombie, signal) ? Errno.None : Errno.EPERM;
    }
}
