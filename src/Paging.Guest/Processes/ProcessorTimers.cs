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

    public static void Ring(SignalSender signals, GuestProcess process)
    {
        if (!process.CountsTime) return;
        long used = process.ProcessorTime;
        if (process.VirtualTimer.IsDue(process.UserTime))
        {
            process.VirtualTimer = process.VirtualTimer.Next(process.UserTime);
            signals.Send(process, new SignalInfo(SignalNumber.VirtualAlarm, SignalInfo.FromKernel));
        }

        if (process.ProfileTimer.IsDue(used))
        {
            process.ProfileTimer = process.ProfileTimer.Next(used);
            signals.Send(process, new SignalInfo(SignalNumber.Profile, SignalInfo.FromKernel));
        }

        foreach (PosixTimer timer in process.Timers.Values)
        {
            if (timer.IsOnOwnTime) Timers.Ring(timer, signals, process, used);
        }
    }
}
