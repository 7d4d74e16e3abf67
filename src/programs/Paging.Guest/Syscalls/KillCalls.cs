using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs.Proc;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that send signals. Linux: kernel/signal.c.</summary>
internal sealed class KillCalls(TaskTable tasks, SignalSender signals)
{
    /// <summary>Process 1 exists, as on every machine, and belongs to root; signals to it have no effect.</summary>
    private const int FirstOfAll = 1;

    public void AddTo(CallTable table)
    {
        table.Add(37, "kill", "dg", Kill);
        table.Add(178, "rt_sigqueueinfo", "dga", Queue);
        table.Add(335, "rt_tgsigqueueinfo", "ddga", QueueToThread);
        table.Add(424, "pidfd_send_signal", "dgax", SendByDescriptor);
        table.Add(238, "tkill", "dg", (task, in call) => KillThread(task, group: null, call.A.Number, call.B.Signal));
        table.Add(270, "tgkill", "ddg", (task, in call) => KillThread(task, call.A.Number, call.B.Number, call.C.Signal));
    }

    /// <summary>Linux: kill_something_info.</summary>
    private CallResult Kill(GuestTask task, in CallArguments call)
    {
        int id = call.A.Number;
        SignalNumber signal = call.B.Signal;
        if (id == int.MinValue) return Errno.ESRCH;    // its negation overflows (kill_something_info)
        SignalInfo info = task.Process.Describe(signal);
        if (id > 0) return SendToOne(task, id, info);
        int group = id == 0 ? task.Process.GroupId : -id;
        IEnumerable<GuestProcess> all = id == -1
            ? tasks.All.Where(process => process != task.Process && process.Id > 1)
            : tasks.All.Where(process => process.GroupId == group);
        return SendToAll(task, all, info);
    }

    /// <summary>rt_sigqueueinfo(2). EPERM to pretend that the kernel, or kill(2), has sent a signal. Linux: do_rt_sigqueueinfo.</summary>
    private CallResult Queue(GuestTask task, in CallArguments call)
    {
        Errno error = GivenSignal.Read(task.User, call.C.Address, out SignalInfo info);
        if (error != Errno.None) return error;
        int id = call.A.Number;
        if (GivenSignal.IsOwnOnly(info) && id != task.Id) return Errno.EPERM;
        return SendToOne(task, id, info with { Signal = call.B.Signal });
    }

    /// <summary>rt_tgsigqueueinfo(2). Linux: do_rt_tgsigqueueinfo.</summary>
    private CallResult QueueToThread(GuestTask task, in CallArguments call)
    {
        Errno error = GivenSignal.Read(task.User, call.D.Address, out SignalInfo info);
        if (error != Errno.None) return error;
        (int group, int id) = (call.A.Number, call.B.Number);
        if (id <= 0 || group <= 0) return Errno.EINVAL;
        if (GivenSignal.IsOwnOnly(info) && id != task.Id) return Errno.EPERM;
        return SendToThread(task, group, id, info with { Signal = call.C.Signal });
    }

    /// <summary>pidfd_send_signal(2), to a thread, a process or a group of processes.</summary>
    private CallResult SendByDescriptor(GuestTask task, in CallArguments call)
    {
        const uint toThread = 1, toProcess = 2, toGroup = 4;    // PIDFD_SIGNAL_*
        uint flags = call.D;
        if ((flags & ~(toThread | toProcess | toGroup)) != 0 || BitOperations.PopCount(flags) > 1) return Errno.EINVAL;
        Errno error = FindByDescriptor(task, call.A, out int id, out bool isThread);
        if (error != Errno.None) return error;
        uint scope = flags != 0 ? flags : isThread ? toThread : toProcess;
        SignalInfo info = task.Process.Describe(call.B.Signal, scope == toThread ? SignalInfo.FromThread : SignalInfo.FromUser);
        if (call.C != 0)
        {
            error = GivenSignal.Read(task.User, call.C.Address, out info);
            if (error != Errno.None) return error;
            if (info.Signal != call.B.Signal) return Errno.EINVAL;
            if (GivenSignal.IsOwnOnly(info) && (id != task.Id || scope == toGroup)) return Errno.EPERM;
        }

        return scope switch
        {
            toThread => SendToThread(task, group: null, id, info),
            toGroup => SendToAll(task, tasks.All.Where(process => process.GroupId == id), info),
            _ => SendToOne(task, id, info),
        };
    }

    /// <summary>
    /// Finds the process or thread of a descriptor: PIDFD_SELF_THREAD, PIDFD_SELF_THREAD_GROUP, one of pidfd_open(2), or a directory of
    /// /proc. EBADF for others; ESRCH if it no longer exists. Linux: pidfd_to_pid, tgid_pidfd_to_pid.
    /// </summary>
    private Errno FindByDescriptor(GuestTask task, CallWord descriptor, out int id, out bool isThread)
    {
        isThread = descriptor.Number == PidFile.SelfThread;
        id = isThread ? task.Id : task.Process.Id;
        if (isThread || descriptor.Number == PidFile.SelfThreadGroup) return Errno.None;
        switch (task.Process.Descriptors.Find(descriptor.Descriptor))
        {
            case PidFile file:
                id = file.Process.Id;
                bool isTaken = file.IsGone && (tasks.Find(id) is not null || tasks.FindTask(id) is not null);    // its number, by another
                return isTaken ? Errno.ESRCH : Errno.None;
            case DirectoryFile { Node.Mount: ProcMount processes } directory when processes.NumberOf(directory.Path) is { } number:
                id = number;
                return Errno.None;
            default:
                return Errno.EBADF;
        }
    }

    /// <summary>Sends to the process that has a thread of this number. Linux: kill_pid_info.</summary>
    private Errno SendToOne(GuestTask task, int id, in SignalInfo info)
    {
        if (id == FirstOfAll) return SendToFirst(task, info.Signal);
        return (tasks.Find(id) ?? tasks.FindTask(id)?.Process) is { } process ? Send(task, process, info) : Errno.ESRCH;
    }

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
        return SendToThread(task, group, id, task.Process.Describe(signal, SignalInfo.FromThread));
    }

    /// <summary>Linux: do_send_specific.</summary>
    private Errno SendToThread(GuestTask task, int? group, int id, in SignalInfo info)
    {
        if (tasks.FindTask(id) is not { } target || (group is not null && target.Process.Id != group))
            return ZombieOrNone(task, id, info.Signal);
        Errno error = Check(task, target.Process, info);
        if (error == Errno.None && info.Signal != SignalNumber.None) signals.Send(target, info);
        return error;
    }

    private static Errno SendToFirst(GuestTask task, SignalNumber signal) => !signal.IsNoneOrSignal() ? Errno.EINVAL
        : task.Credentials.Can(Capability.Kill) ? Errno.None : Errno.EPERM;

    private Errno Send(GuestTask task, GuestProcess process, in SignalInfo info)
    {
        Errno error = Check(task, process, info);
        if (error == Errno.None && info.Signal != SignalNumber.None) signals.Send(process, info);
        return error;
    }

    /// <summary>EINVAL, after ESRCH and before EPERM; EAGAIN beyond RLIMIT_SIGPENDING. Linux: check_kill_permission.</summary>
    private Errno Check(GuestTask task, GuestProcess process, in SignalInfo info)
    {
        if (!info.Signal.IsNoneOrSignal()) return Errno.EINVAL;
        if (!SignalSender.MaySignal(task.Process, process, info.Signal)) return Errno.EPERM;
        // Only kill may go beyond the limit (__send_signal_locked)
        bool isLimited = info is { Signal: >= SignalNumber.FirstRealTime, Code: not SignalInfo.FromUser } && !process.IsZombie;
        return isLimited && tasks.HasAllPendingSignals(process) ? Errno.EAGAIN : Errno.None;
    }

    /// <summary>Signals a zombie, which succeeds without effect; ESRCH if there is none.</summary>
    private Errno ZombieOrNone(GuestTask task, int id, SignalNumber signal)
    {
        if (tasks.Find(id) is not { IsZombie: true } zombie) return Errno.ESRCH;
        if (!signal.IsNoneOrSignal()) return Errno.EINVAL;
        return SignalSender.MaySignal(task.Process, zombie, signal) ? Errno.None : Errno.EPERM;
    }
}
