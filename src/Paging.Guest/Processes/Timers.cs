using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>When timers ring: those of processes, and those behind descriptors.</summary>
/// <remarks>Linux: kernel/time/itimer.c, posix-timers.c, fs/timerfd.c.</remarks>
internal sealed class Timers(TaskTable tasks, GuestClock clock, SignalSender signals)
{
    private long? _next;

    /// <summary>Timers behind descriptors.</summary>
    public List<IAlarm> Files { get; } = [];

    /// <summary>A timer has been set: the next one is looked for again.</summary>
    public void Changed()
    {
        _next = null;
        foreach (IAlarm file in Files)
        {
            if (file.WakesSomebody && file.Timer.RingsAt is { } due && !(due >= _next)) _next = due;
        }

        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;
            if (process.RealTimer.RingsAt is { } at && !(at >= _next)) _next = at;
            foreach (PosixTimer timer in process.Timers.Values)
            {
                if (!timer.IsOnOwnTime && timer.Ring.RingsAt is { } rings && !(rings >= _next)) _next = rings;
            }
        }
    }

    /// <summary>Sends the signals of timers that are due.</summary>
    public void Ring()
    {
        if (!(_next <= clock.Now)) return;
        foreach (IAlarm file in Files) file.Ring(clock.Now);
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;
            foreach (PosixTimer timer in process.Timers.Values)
            {
                if (!timer.IsOnOwnTime) Ring(timer, signals, process, clock.Now);
            }

            if (!process.RealTimer.IsDue(clock.Now)) continue;
            process.RealTimer = process.RealTimer.Next(clock.Now);
            signals.Send(process, new SignalInfo(SignalNumber.Alarm, SignalInfo.FromKernel));
        }

        Changed();
    }

    /// <summary>When the next timer rings or the next wait is over; none: nothing is due.</summary>
    public long? NextDue()
    {
        long? due = _next;
        foreach (GuestTask task in tasks.Tasks)
        {
            if (task is { IsBlocked: true, Deadline: { } at } && !task.Process.IsStopped && !(at >= due)) due = at;
        }

        return due;
    }

    /// <summary>Sends a timer's signal if its time has come. Linux: posix_timer_fn.</summary>
    public static void Ring(PosixTimer timer, SignalSender signals, GuestProcess process, long now)
    {
        if (!timer.Ring.IsDue(now)) return;
        timer.LastOverrun = (int)Math.Min(timer.Ring.MissedBy(now), int.MaxValue);
        timer.Ring = timer.Ring.Next(now);
        if (timer.Signal == SignalNumber.None) return;
        SignalInfo info = new(timer.Signal, SignalInfo.FromTimer, 0, (uint)timer.LastOverrun, timer.Value);
        if (timer.Thread is { IsDead: false } thread) signals.Send(thread, info);
        else signals.Send(process, info);
    }
}
