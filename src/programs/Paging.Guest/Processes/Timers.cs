using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>Expires the timers of processes and of descriptors.</summary>
/// <remarks>Linux: kernel/time/itimer.c, kernel/time/posix-timers.c, fs/timerfd.c.</remarks>
internal sealed class Timers(TaskTable tasks, GuestClock clock, SignalSender signals)
{
    private long? _next;

    /// <summary>The timers of descriptors.</summary>
    public List<IAlarm> Files { get; } = [];

    /// <summary>Notes a changed expiry of a timer. Searches all timers only if it was the next one.</summary>
    public void Changed(long? before, long? after)
    {
        if (before is { } at && at <= _next && !(after <= at)) Changed();    // later than the next: search anew
        else if (after is { } due && !(due >= _next)) _next = due;    // null compares false: then this is the first
    }

    /// <summary>Notes a changed timer, so that the next one is searched again. Cost: O(processes and timers).</summary>
    public void Changed()
    {
        _next = null;
        foreach (IAlarm file in Files)
        {
            if (file.RingsAt is { } due && !(due >= _next)) _next = due;    // null compares false
        }

        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie) continue;
            if (process.RealTimer.RingsAt is { } at && !(at >= _next)) _next = at;
            foreach (PosixTimer timer in process.Timers.Values)
            {
                if (!timer.IsOnOwnTime && !Waits(timer, process) && timer.Ring.RingsAt is { } rings && !(rings >= _next)) _next = rings;
            }
        }
    }

    /// <summary>Sends the signals of timers that are due, and expires those of descriptors.</summary>
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

    /// <summary>The time of the next timer or the end of the next wait; null if nothing is due.</summary>
    public long? NextDue()
    {
        Changed();    // the timers of a process that has ended or executed a program are gone
        long? due = _next;
        foreach (GuestTask task in tasks.Tasks)
        {
            if (task is { IsBlocked: true, Call.Deadline: { } at } && !task.Process.IsStopped && !(at >= due)) due = at;
        }

        return due;
    }

    /// <summary>
    /// Sends a timer's signal if it has expired and the last signal has been taken. Linux: posix_timer_fn, posixtimer_send_sigqueue.
    /// </summary>
    public static void Ring(PosixTimer timer, SignalSender signals, GuestProcess process, long now)
    {
        if (!timer.Ring.IsDue(now) || Waits(timer, process)) return;
        if (timer.Signal == SignalNumber.None || timer.Thread is { IsDead: true })
        {
            timer.Ring = timer.Ring.Next(now);
            return;
        }

        SignalQueue queue = timer.QueueOf(process);
        if (!queue.HoldsTimer(timer.Number))    // a signal from before the timer was set counts again
        {
            SignalInfo info = new(timer.Signal, SignalInfo.FromTimer, (uint)timer.Number, 0, timer.Value) { IsOfTimer = true };
            if (timer.Thread is { } thread) signals.Send(thread, info);
            else signals.Send(process, info);
        }

        timer.IsSent = queue.HoldsTimer(timer.Number);
        if (!timer.IsSent || timer.Ring.Interval == 0) timer.Ring = timer.Ring.Next(now);    // an ignored timer restarts by itself
    }

    /// <summary>
    /// Takes a timer's signal: restarts the timer, and reports its overrun in the signal. Returns false if it has been set or deleted
    /// since, so that there is no signal. Linux: posixtimer_deliver_signal.
    /// </summary>
    public bool TryTake(GuestProcess process, ref SignalInfo info)
    {
        if (!process.Timers.TryGetValue((int)info.First, out PosixTimer? timer) || !timer.IsSent) return false;
        long now = timer.NowOf(process, clock);
        timer.IsSent = false;
        timer.LastOverrun = (int)Math.Min(timer.Ring.MissedBy(now), int.MaxValue);    // DELAYTIMER_MAX (timer_getoverrun(2))
        timer.Ring = timer.Ring.Next(now);
        info = info with { Second = (uint)timer.LastOverrun };
        Changed();
        return true;
    }

    private static bool Waits(PosixTimer timer, GuestProcess process) => timer.IsSent && timer.QueueOf(process).HoldsTimer(timer.Number);
}
