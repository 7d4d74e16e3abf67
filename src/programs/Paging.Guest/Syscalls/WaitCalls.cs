using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Processes;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that wait for children. Linux: kernel/exit.c do_wait.</summary>
internal sealed class WaitCalls(ProcessTree processes)
{
    private const uint NoHang = 1, Stopped = 2, Exited = 4, Continued = 8, NoWait = 0x0100_0000, AllKinds = 0xE000_0000,
        AllChildren = 0x4000_0000, CloneChildren = 0x8000_0000;

    public void AddTo(CallTable table)
    {
        table.Add(7, "waitpid", "dax", (task, in call) => Wait(task, call.A.Number, call.B.Address, call.C, usage: VirtualAddress.Zero));
        table.Add(114, "wait4", "daxa", (task, in call) => Wait(task, call.A.Number, call.B.Address, call.C, call.D.Address));
        table.Add(284, "waitid", "ddaxa", WaitId);
    }

    private CallResult Wait(GuestTask task, int which, VirtualAddress statusAt, uint options, VirtualAddress usage)
    {
        if ((options & ~(NoHang | Stopped | Continued | AllKinds)) != 0) return Errno.EINVAL;
        if (which == int.MinValue) return Errno.ESRCH;    // its negation overflows (kernel_wait4)
        int group = which == 0 ? task.Process.GroupId : -which;
        Predicate<GuestProcess> matches = which switch
        {
            > 0 => child => child.Id == which,
            -1 => static _ => true,
            _ => child => child.GroupId == group,
        };
        Errno error = Find(task, matches, options | Exited, out GuestProcess? child, out SignalInfo report);
        if (error != Errno.None) return error;
        if (child is null) return (options & NoHang) != 0 ? 0 : task.Wait(RestartUnlessHandled);

        int status = report.Code switch
        {
            SignalInfo.ChildStopped => ((int)report.Third << 8) | 0x7F,    // W_STOPCODE
            SignalInfo.ChildContinued => 0xFFFF,    // __W_CONTINUED
            _ => child.WaitStatus,
        };
        int id = child.Id;
        bool isWritten = (usage == VirtualAddress.Zero || UsageWords.TryWriteChild(task, usage, child))
            && (statusAt == VirtualAddress.Zero || task.User.TryWrite(statusAt, status));
        Report(child, report.Code, keep: false);    // also after EFAULT: the child is reaped before the copy
        return isWritten ? id : Errno.EFAULT;
    }

    private CallResult WaitId(GuestTask task, in CallArguments call)
    {
        const int infoByteLength = 24;
        uint options = call.D;
        Errno error = FindById(task, call, out PidFile? file, out GuestProcess? child, out SignalInfo report);
        if (error == Errno.None && child is null && (options & NoHang) == 0)
        {
            if (file is { IsNonBlocking: true }) return Errno.EAGAIN;    // PIDFD_NONBLOCK, as do_wait has it
            if (file is not null) task.Call.HoldFiles([new(call.B.Descriptor, file)]);
            return task.Wait(RestartUnlessHandled);
        }

        // Of siginfo_t six words, after the usage, and also where the call fails; the others stay. Linux: compat_sys_waitid.
        bool isWritten = child is null || call.E == 0 || UsageWords.TryWriteChild(task, call.E.Address, child);
        if (child is not null) Report(child, report.Code, (options & NoWait) != 0);
        Span<byte> bytes = stackalloc byte[infoByteLength];
        SignalFrame.WriteInfo(bytes, report);
        isWritten = isWritten && (call.C == 0 || task.User.TryCopyTo(call.C.Address, bytes));
        return isWritten ? error : Errno.EFAULT;
    }

    private static Errno FindById(GuestTask task, in CallArguments call, out PidFile? file, out GuestProcess? child, out SignalInfo report)
    {
        uint options = call.D, number = call.B;
        (file, child, report) = (null, null, default);
        if ((options & ~(NoHang | NoWait | Stopped | Exited | Continued | AllKinds)) != 0
            || (options & (Stopped | Exited | Continued)) == 0) return Errno.EINVAL;
        if (call.A == PidFile.WaitKind) file = task.Process.Descriptors.Find(call.B.Descriptor) as PidFile;
        if (call.A == PidFile.WaitKind && (int)number >= 0 && file is null) return Errno.EBADF;    // negative is EINVAL
        GuestProcess? ofFile = file?.Process;
        Predicate<GuestProcess>? matches = call.A.Word switch
        {
            0 => static _ => true,
            1 when (int)number > 0 => one => one.Id == (int)number,
            2 when (int)number >= 0 => one => one.GroupId == (number == 0 ? task.Process.GroupId : (int)number),
            PidFile.WaitKind when ofFile is not null => one => one == ofFile,
            _ => null,
        };
        return matches is null ? Errno.EINVAL : Find(task, matches, options, out child, out report);
    }

    /// <summary>Finds a child with a change to report. ECHILD if no child can have one.</summary>
    private static Errno Find(GuestTask task, Predicate<GuestProcess> matches, uint options, out GuestProcess? found, out SignalInfo report)
    {
        (found, report) = (null, default);
        bool any = false;
        foreach (GuestProcess child in task.Process.Children)
        {
            if (!matches(child) || !IsOfKind(child, options)) continue;
            if (child.IsZombie && (options & Exited) == 0) continue;    // only its end is reported
            any = true;
            if (child.IsZombie) report = Ending(child);
            else if (child.StopToReport != SignalNumber.None && (options & Stopped) != 0)
                report = Describe(child, SignalInfo.ChildStopped, (int)child.StopToReport);
            else if (child.ContinueToReport && (options & Continued) != 0)
                report = Describe(child, SignalInfo.ChildContinued, (int)SignalNumber.Continue);
            else continue;
            found = child;
            return Errno.None;
        }

        return any ? Errno.None : Errno.ECHILD;
    }

    /// <summary>
    /// Returns true if the options include the child: __WCLONE and __WALL include those with another exit signal than SIGCHLD. Linux:
    /// eligible_child.
    /// </summary>
    private static bool IsOfKind(GuestProcess child, uint options) =>
        (options & AllChildren) != 0 || child.ExitSignal != SignalNumber.Child == ((options & CloneChildren) != 0);

    private static SignalInfo Ending(GuestProcess child)
    {
        int signal = child.WaitStatus & 0x7F;
        if (signal == 0) return Describe(child, SignalInfo.ChildExited, (child.WaitStatus >> 8) & 0xFF);
        return Describe(child, (child.WaitStatus & 0x80) != 0 ? SignalInfo.ChildDumped : SignalInfo.ChildKilled, signal);
    }

    private static SignalInfo Describe(GuestProcess child, int code, int status) => child.Describe(SignalNumber.Child, code, (uint)status);

    private void Report(GuestProcess child, int code, bool keep)
    {
        if (keep) return;
        switch (code)
        {
            case SignalInfo.ChildStopped: child.StopToReport = SignalNumber.None; break;
            case SignalInfo.ChildContinued: child.ContinueToReport = false; break;
            default: processes.Reap(child, wasAwaited: true); break;
        }
    }
}
