using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Signals;

/// <summary>
/// Queues signals, and wakes their receivers. Linux: kernel/signal.c send_signal_locked, complete_signal.
/// </summary>
internal sealed class SignalSender(WakeUps wakeUps)
{
    /// <summary>Sends a signal to a process: any thread that does not block it takes it.</summary>
    public void Send(GuestProcess process, in SignalInfo info)
    {
        if (process.IsZombie || !Prepare(process, info.Signal)) return;    // kill of a zombie succeeds without effect
        process.Pending.Add(info);
        process.SignalsSent++;
        wakeUps.Add();
    }

    /// <summary>Sends a signal to one thread.</summary>
    public void Send(GuestTask task, in SignalInfo info)
    {
        if (task.IsDead || !Prepare(task.Process, info.Signal)) return;
        task.Pending.Add(info);
        task.Process.SignalsSent++;
        wakeUps.Add();
    }

    /// <summary>Sends SIGPIPE if a thread has written to a pipe or socket without a reader.</summary>
    public void SendIfBroken(GuestTask task, CallResult written, OpenDescription open)
    {
        if (written == Errno.EPIPE && open.SignalsBrokenPipe) Send(task, task.Process.Describe(SignalNumber.Pipe));
    }

    /// <summary>Ends a try to move bytes, and sends the signal that comes with its error.</summary>
    public CallResult End(GuestTask task, ref UserTransfer transfer, OpenDescription open, CallResult result)
    {
        if (transfer.Signal != SignalNumber.None) Send(task, task.Process.Describe(transfer.Signal));
        return task.EndTransfer(ref transfer, open, result);
    }

    /// <summary>
    /// Sends the signal of a fault. The instruction cannot continue, so a blocked or ignored signal kills. Linux: force_sig_info.
    /// </summary>
    public void Force(GuestTask task, in SignalInfo info)
    {
        SignalActions actions = task.Process.Actions;
        bool blocked = task.BlockedSignals.Contains(info.Signal);
        if (blocked || actions[info.Signal].Handler == SignalAction.Ignore)
        {
            actions[info.Signal] = default;    // else the same fault would come again and again
            task.BlockedSignals = task.BlockedSignals.Without(info.Signal);
        }

        task.Pending.Add(info);
        wakeUps.Add();
    }

    /// <summary>
    /// Notifies the parent of a child that has ended, stopped or continued. Linux: do_notify_parent, do_notify_parent_cldstop.
    /// </summary>
    public void NotifyParent(GuestProcess child, int code, int status)
    {
        if (child.Parent is not { } parent) return;
        SignalAction action = parent.Actions[SignalNumber.Child];
        bool isStopOrContinue = code is SignalInfo.ChildStopped or SignalInfo.ChildContinued;
        if (isStopOrContinue && action.Has(SignalAction.NoChildStop)) return;    // SA_NOCLDSTOP: the wait is not woken either
        SignalNumber signal = isStopOrContinue ? SignalNumber.Child : child.ExitSignal;
        if (signal.IsSignal()) Send(parent, child.Describe(signal, code, (uint)status));
        wakeUps.Add();
    }

    /// <summary>Returns true if the sender may signal the receiver. Linux: kill_ok_by_cred.</summary>
    public static bool MaySignal(GuestProcess sender, GuestProcess receiver, SignalNumber signal)
    {
        Credentials from = sender.Credentials, to = receiver.Credentials;
        return from.EffectiveUser == to.SavedUser || from.EffectiveUser == to.User || from.User == to.SavedUser || from.User == to.User
            // SIGCONT within a session: a shell continues its jobs whatever their user
            || from.Can(Capability.Kill) || (signal == SignalNumber.Continue && sender.SessionId == receiver.SessionId);
    }

    /// <summary>
    /// Stop and continue signals cancel each other at once, even if blocked. Returns false if the signal has no effect. Linux:
    /// prepare_signal.
    /// </summary>
    private bool Prepare(GuestProcess process, SignalNumber signal)
    {
        if (signal.IsStop()) Discard(process, SignalNumber.Continue);    // prepare_signal: the later one wins
        if (signal is SignalNumber.Continue or SignalNumber.Kill)
        {
            Discard(process, SignalNumber.Stop);
            Discard(process, SignalNumber.TerminalStop);
            Discard(process, SignalNumber.TerminalInput);
            Discard(process, SignalNumber.TerminalOutput);
            if (process.IsStopped)
            {
                process.IsStopped = false;
                process.StopToReport = SignalNumber.None;    // WUNTRACED no longer sees it
                if (signal == SignalNumber.Continue)
                {
                    process.ContinueToReport = true;
                    NotifyParent(process, SignalInfo.ChildContinued, (int)SignalNumber.Continue);
                }
            }
        }

        // A blocked signal is kept even if it is ignored: the action may change before it is unblocked (sig_ignored)
        bool blocked =
            process.Threads.TrueForAll(task => task.BlockedSignals.Contains(signal) || task.MaskToRestore?.Contains(signal) == true);
        return blocked || !process.Actions.Ignores(signal);
    }

    private static void Discard(GuestProcess process, SignalNumber signal)
    {
        process.Pending.Discard(signal);
        foreach (GuestTask task in process.Threads) task.Pending.Discard(signal);
    }
}
