using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>
/// Timers of a process's own time: ITIMER_VIRTUAL, ITIMER_PROF, and those of timer_create(2) on its clock.
/// </summary>
/// <remarks>
/// Checked whenever time is charged, so they expire at most a slice late. Linux: kernel/time/posix-cpu-timers.c run_posix_cpu_timers.
/// </remarks>
internal static class ProcessorTimers
{
    /// <summary>RLIMIT_CPU: SIGXCPU each second from the soft limit on, SIGKILL at the hard one. Linux: check_process_timers.</summary>
    private static void LimitTime(SignalSender signals, GuestProcess process, ulong used)
    {
        (ulong soft, ulong hard) = process.Limits[LimitTable.ProcessorTime];
        ulong seconds = used / TimeWords.Second;
        if (soft == LimitTable.Infinity || seconds < Math.Min(soft, hard)) return;
        SignalNumber signal = seconds >= hard ? SignalNumber.Kill : SignalNumber.ProcessorTime;
        if (signal == SignalNumber.ProcessorTime) process.Limits[LimitTable.ProcessorTime] = (soft + 1, hard);    // again in a second
        signals.Send(process, new SignalInfo(signal, SignalInfo.FromKernel));
    }

    /// <summary>Sends the signals of timers that are due, after a thread has used time.</summary>
    public static void Ring(SignalSender signals, GuestTask task)
    {
        GuestProcess process = task.Process;
        long used = process.ProcessorTime;
        LimitTime(signals, process, (ulong)used);
        if (!process.CountsTime) return;
        if (process.VirtualTimer.IsDue(process.UserTime))
        {
            process.VirtualTimer = process.VirtualTimer.Next(process.UserTime);
            Send(signals, task, SignalNumber.VirtualAlarm);
        }

        if (process.ProfileTimer.IsDue(used))
        {
            process.ProfileTimer = process.ProfileTimer.Next(used);
            Send(signals, task, SignalNumber.Profile);
        }

        foreach (PosixTimer timer in process.Timers.Values)
        {
            if (timer.IsOnOwnTime) Timers.Ring(timer, signals, process, timer.ProcessorTimeOf(process));
        }
    }

    /// <summary>Sends a signal to the process, preferably to the running thread, as profilers expect. Linux: complete_signal.</summary>
    private static void Send(SignalSender signals, GuestTask task, SignalNumber signal)
    {
        SignalInfo info = new(signal, SignalInfo.FromKernel);
        if (task.BlockedSignals.Contains(signal) || task.Process.Pending.Set.Contains(signal)) signals.Send(task.Process, info);
        else signals.Send(task, info);
    }
}
