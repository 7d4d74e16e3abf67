using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>
/// Timers that count the time a process has used: ITIMER_VIRTUAL, ITIMER_PROF, and those of timer_create(2) on its own clock.
/// </summary>
/// <remarks>
/// Looked at whenever time is charged, so they ring within a turn of being due. Linux: kernel/time/posix-cpu-timers.c run_posix_cpu_timers.
/// </remarks>
internal static class ProcessorTimers
{
    private const int ProcessClock = 2, ThreadClock = 3;

    /// <summary>True: the clock is the process's own; by number, or by its name with the process's number in it.</summary>
    public static bool IsOwnClock(GuestProcess process, int clock)
    {
        if (clock is ProcessClock or ThreadClock) return true;
        if (clock >= 0 || (clock & 7) > 6) return false;
        int id = ~(clock >> 3);
        return id == 0 || id == process.Id || process.Threads.Exists(thread => thread.Id == id);
    }

    /// <summary>RLIMIT_CPU: SIGXCPU each second from the soft limit on, SIGKILL at the hard one. Linux: check_process_timers.</summary>
    private static void LimitTime(SignalSender signals, GuestProcess process, ulong used)
    {
        (ulong soft, ulong hard) = process.Limits[LimitTable.ProcessorTime];
        ulong seconds = used / TimeWords.Second;
        if (soft == LimitTable.Infinity || seconds < Math.Min(soft, hard)) return;
        SignalNumber signal = seconds >= hard ? SignalNumber.Kill : SignalNumber.ProcessorTime;
        if (signal == SignalNumber.ProcessorTime) process.Limits[LimitTable.ProcessorTime] = (soft + 1, hard);
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
            if (timer.IsOnOwnTime) Timers.Ring(timer, signals, process, used);
        }
    }

    /// <summary>To the process, whose thread that runs is asked first: so profilers see who used it. Linux: complete_signal.</summary>
    private static void Send(SignalSender signals, GuestTask task, SignalNumber signal)
    {
        SignalInfo info = new(signal, SignalInfo.FromKernel);
        if (task.BlockedSignals.Contains(signal) || task.Process.Pending.Set.Contains(signal)) signals.Send(task.Process, info);
        else signals.Send(task, info);
    }
}
