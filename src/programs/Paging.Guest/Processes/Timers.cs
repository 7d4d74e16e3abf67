using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;

namespace Paging.Guest.Processes;

/// <summary>Expires the timers of processes. Linux: kernel/time/itimer.c.</summary>
internal sealed class Timers(TaskTable tasks, GuestClock clock, SignalSender signals)
{
    private long? _next;

    /// <summary>Notes a changed timer, so that the next one is searched again.</summary>
    public void Changed()
    {
        _next = null;
        foreach (GuestProcess process in tasks.All)
        {
            if (!process.IsZombie && process.RealTimer.RingsAt is { } at && !(at >= _next)) _next = at;    // null compares false
        }
    }

    /// <summary>Sends the signals of timers that are due.</summary>
    public void Ring()
    {
        if (!(_next <= clock.Now)) return;
        foreach (GuestProcess process in tasks.All)
        {
            if (process.IsZombie || !process.RealTimer.IsDue(clock.Now)) continue;
            process.RealTimer = process.RealTimer.Next(clock.Now);
            signals.Send(process, new SignalInfo(SignalNumber.Alarm, SignalInfo.FromKernel));
        }

        Changed();
    }

    /// <summary>Returns the time of the next expiry or end of a wait, or null.</summary>
    public long? NextDue()
    {
        long? due = _next;
        foreach (GuestTask task in tasks.Tasks)
        {
            if (task is { IsBlocked: true, Call.Deadline: { } at } && !task.Process.IsStopped && !(at >= due)) due = at;
        }

        return due;
    }
}
