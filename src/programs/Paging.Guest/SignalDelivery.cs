using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Debugging;
using Paging.Guest.Processes;
using Paging.Guest.Signals;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Processors;

namespace Paging.Guest;

/// <summary>
/// Delivers pending signals before a thread returns to its program, and restarts or interrupts its call.
/// </summary>
/// <remarks>Linux: arch_do_signal_or_restart, get_signal, handle_signal.</remarks>
internal sealed class SignalDelivery(
    SignalSender signals, PendingSignals pending, ProcessTree processes, PageWaits pages, CoreDumps cores, CallTrace? trace,
    GuestDebugger? debugger)
{
    private const uint RestartCallNumber = 0;    // restart_syscall
    private const int CoreDumped = 0x80;    // a bit of a wait status: WCOREFLAG

    /// <summary>Delivers a thread's signals. Returns false if it does not continue, for now or at all.</summary>
    public bool MayGoOn(GuestTask task)
    {
        GuestProcess process = task.Process;
        while (true)
        {
            if (process.GroupExit is { } status)    // before all signals (get_signal: SIGNAL_GROUP_EXIT)
            {
                processes.End(task, status);
                return false;
            }

            if (process.IsStopped) return false;
            if (!pending.TryTake(task, task.BlockedSignals, out SignalInfo info))
            {
                GoOnWithCall(task);
                return true;
            }

            if (!Act(task, info)) return false;
        }
    }

    /// <summary>Acts on a signal. Returns false if the process has stopped, or waits for a page of its stack.</summary>
    private bool Act(GuestTask task, in SignalInfo info)
    {
        GuestProcess process = task.Process;
        SignalAction action = process.Actions[info.Signal];
        if (info.Signal is SignalNumber.Kill or SignalNumber.Stop) action = default;    // a checkpoint may hold anything
        if (action.Handler == SignalAction.Ignore) return true;
        if (action.Handler != SignalAction.Default)
        {
            return TryRunHandler(task, action, info);
        }

        if (info.Signal.IsIgnoredByDefault()) return true;
        if (info.Signal.IsStop())
        {
            process.IsStopped = true;
            process.StopToReport = info.Signal;
            signals.NotifyParent(process, SignalInfo.ChildStopped, (int)info.Signal);    // after the state, which the parent may ask for
            return false;
        }

        debugger?.StopBeforeDeath(task, info.Signal);
        trace?.Killed(task, info);
        bool hasCore = info.Signal.DumpsCore() && cores.Dump(task, info);
        process.GroupExit = (int)info.Signal | (hasCore ? CoreDumped : 0);
        return true;
    }

    /// <summary>Calls a handler. Returns false if its frame needs a page that comes later: the signal is pending again.</summary>
    private bool TryRunHandler(GuestTask task, in SignalAction action, in SignalInfo info)
    {
        ref GuestRegisters registers = ref task.Registers;
        GuestRegisters before = registers;
        CallResult? returned = task.Call.Returned;
        PageWaits.EnterKernel(task);
        LeaveCall(task, ref registers, action);    // first: the frame must hold the registers to go on with
        SignalSet mask = task.MaskToRestore ?? task.BlockedSignals;    // sigsuspend's own mask ends with it
        if (!SignalFrame.TryPush(task, ref registers, action, info, mask))
        {
            if (task.NeedsPage)
            {
                (registers, task.Call.Returned) = (before, returned);
                task.Pending.Add(info);
                pages.WaitForFrame(task);
                return false;
            }

            // No room for SIGSEGV's own handler: the next one kills (force_sigsegv)
            if (info.Signal == SignalNumber.Segment) task.Process.Actions[SignalNumber.Segment] = default;
            signals.Force(task, new SignalInfo(SignalNumber.Segment, SignalInfo.FromKernel));
            return true;
        }

        trace?.Signal(task, info);
        task.MaskToRestore = null;
        SignalSet blocked = task.BlockedSignals | action.Mask;
        if (!action.Has(SignalAction.NoDefer)) blocked = blocked.With(info.Signal);
        task.BlockedSignals = blocked.Blockable;
        if (action.Has(SignalAction.ResetHand)) task.Process.Actions[info.Signal] = action with { Handler = SignalAction.Default };
        return true;
    }

    /// <summary>Before a handler: restarts the call after it, or interrupts the call.</summary>
    private static void LeaveCall(GuestTask task, ref GuestRegisters registers, in SignalAction action)
    {
        if (task.Call.Returned is not { } result) return;
        task.Call.Returned = null;
        if (!result.IsRestart) return;
        bool again = result == CallResult.RestartAlways || (result == CallResult.RestartUnlessHandled && action.Has(SignalAction.Restart));
        if (again) Repeat(ref registers, task.Call.Number);
        else registers.Eax = ((CallResult)Errno.EINTR).Word;
    }

    /// <summary>Without a handler: makes the call again.</summary>
    private static void GoOnWithCall(GuestTask task)
    {
        if (task.Call.Returned is { } result && result.IsRestart)
            Repeat(ref task.Registers, result == CallResult.RestartWithRest ? RestartCallNumber : task.Call.Number);
        task.Call.Returned = null;
        task.RestoreMask();
    }

    /// <summary>Goes back to the int 0x80, two bytes before.</summary>
    private static void Repeat(ref GuestRegisters registers, uint callNumber)
    {
        registers.Eax = callNumber;
        registers.Eip -= 2;
    }
}
