using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>Clocks, sleeps and timers. Linux: kernel/time.</summary>
internal sealed class TimeCalls(GuestClock clock, TaskTable tasks, Timers timers)
{
    private const uint AbsoluteTime = 1;
    private const int ClocksMax = 12;    // MAX_CLOCKS is 16; CLOCK_TAI is the last in use

    public void AddTo(CallTable table)
    {
        table.Add(13, "time", "a", Time);
        // No CAP_SYS_TIME here: the host's clock is not the guest's
        foreach ((int number, string name) in (ReadOnlySpan<(int, string)>)
            [(25, "stime"), (79, "settimeofday"), (264, "clock_settime"), (404, "clock_settime64")])
            table.Add(number, name, "aa", static (_, in _) => Errno.EPERM);
        table.Add(27, "alarm", "d", Alarm);
        table.Add(43, "times", "a", Times);
        table.Add(78, "gettimeofday", "aa", TimeOfDay);
        table.Add(104, "setitimer", "daa", SetTimer);
        table.Add(105, "getitimer", "da", GetTimer);
        table.Add(162, "nanosleep", "aa", (task, in call) => Sleep(task, 1, 0, call.A.Address, call.B.Address, isLong: false));
        table.Add(265, "clock_gettime", "da", (task, in call) => ClockTime(task, call, isLong: false));
        table.Add(266, "clock_getres", "da", (task, in call) => ClockResolution(task, call, isLong: false));
        table.Add(267, "clock_nanosleep", "dxaa", (task, in call) =>
            Sleep(task, call.A, call.B, call.C.Address, call.D.Address, isLong: false));
        table.Add(403, "clock_gettime64", "da", (task, in call) => ClockTime(task, call, isLong: true));
        table.Add(406, "clock_getres_time64", "da", (task, in call) => ClockResolution(task, call, isLong: true));
        table.Add(407, "clock_nanosleep_time64", "dxaa", (task, in call) =>
            Sleep(task, call.A, call.B, call.C.Address, call.D.Address, isLong: true));
        table.Add(0, "restart_syscall", "", RestartCall);
    }

    private CallResult Time(GuestTask task, in CallArguments call)
    {
        int seconds = (int)clock.RealSeconds;
        return call.A == 0 || task.User.TryWrite(call.A.Address, seconds) ? seconds : Errno.EFAULT;
    }

    private CallResult TimeOfDay(GuestTask task, in CallArguments call)
    {
        if (call.A != 0 && !TimeWords.TryWriteMicroseconds(task.User, call.A.Address, clock.RealTime)) return Errno.EFAULT;
        return call.B == 0 || task.User.TryWrite(call.B.Address, 0UL) ? 0 : Errno.EFAULT;
    }

    /// <summary>
    /// CLOCK_*: 0 and 5 real, 1, 4, 6 and 7 monotonic, 2 and 3 the time of the process and of the thread, 8 to 11 alarms and TAI. Negative
    /// numbers are clocks of a process or thread.
    /// </summary>
    private bool TryClock(GuestTask task, int which, out long now)
    {
        GuestProcess process = task.Process;
        now = which switch
        {
            0 or 5 or 8 or 11 => clock.RealTime,
            1 or 4 or 6 or 7 or 9 => clock.Monotonic,
            2 => process.UserTime + process.SystemTime,
            3 => task.UserTime + task.SystemTime,
            _ => 0,
        };
        if (which is >= 0 and < ClocksMax and not 10) return true;    // 10: CLOCK_SGI_CYCLE, removed
        return which < 0 && TryOwnClock(task, which, out now);
    }

    //  31                            3   2   1  0
    // ┌───────────────────────────────┬───┬──────┐
    // │ ~ number of process or thread │ T │ kind │    T: a thread of one's own process; kind: 0 both times, 1 the program's, 2 both, 3 none
    // └───────────────────────────────┴───┴──────┘
    /// <summary>Linux: pid_for_clock. Returns false if the number names no task, or an unknown kind.</summary>
    private bool TryOwnClock(GuestTask task, int clock, out long now)
    {
        const int ofThread = 4, kindMask = 3, userOnly = 1;    // CPUCLOCK_*
        int id = ~(clock >> 3), kind = clock & kindMask;
        now = 0;
        if (kind == kindMask) return false;
        (long User, long System) times;
        if ((clock & ofThread) != 0)
        {
            if (tasks.FindTask(task, id) is not { } thread || thread.Process != task.Process) return false;
            times = (thread.UserTime, thread.SystemTime);
        }
        else
        {
            if ((id == 0 || id == task.Id ? task.Process : tasks.Find(id)) is not { } process) return false;
            times = (process.UserTime, process.SystemTime);
        }

        now = times.User + (kind == userOnly ? 0 : times.System);
        return true;
    }

    private CallResult ClockTime(GuestTask task, in CallArguments call, bool isLong)
    {
        if (!TryClock(task, call.A.Number, out long now)) return Errno.EINVAL;
        return TimeWords.TryWrite(task.User, call.B.Address, isLong, now) ? 0 : Errno.EFAULT;
    }

    private CallResult ClockResolution(GuestTask task, in CallArguments call, bool isLong)
    {
        if (!TryClock(task, call.A.Number, out _)) return Errno.EINVAL;
        long resolution = call.A.Number is 5 or 6 ? 4_000_000 : 1;    // coarse clocks: a tick of CONFIG_HZ=250
        return call.B == 0 || TimeWords.TryWrite(task.User, call.B.Address, isLong, resolution) ? 0 : Errno.EFAULT;
    }

    private CallResult Sleep(GuestTask task, uint which, uint flags, VirtualAddress wantedAt, VirtualAddress restAt, bool isLong)
    {
        if (task.Call.Deadline is null)
        {
            if (!TryClock(task, (int)which, out long now)) return Errno.EINVAL;
            if (!CanSleepOn(which)) return Errno.EOPNOTSUPP;    // no k_clock.nsleep
            Errno error = TimeWords.Read(task.User, wantedAt, isLong, out long wanted);
            if (error != Errno.None) return error;
            task.Call.Deadline = clock.Now + ((flags & AbsoluteTime) != 0 ? wanted - now : wanted);
        }

        return SleepOn(task, (flags & AbsoluteTime) != 0, restAt, isLong);
    }

    /// <summary>
    /// Returns false for the thread's own time and the raw and coarse clocks, which have no timers, and for alarms, which need a clock that
    /// runs while the machine sleeps.
    /// Linux: the k_clocks without nsleep, alarm_timer_nsleep.
    /// </summary>
    private static bool CanSleepOn(uint clock) => clock is not (3 or 4 or 5 or 6 or 8 or 9);

    private CallResult SleepOn(GuestTask task, bool isAbsolute, VirtualAddress restAt, bool isLong)
    {
        long deadline = task.Call.Deadline!.Value;
        if (deadline <= clock.Now) return 0;
        if (!task.HasSignal) return task.Wait(RestartIfUnhandled);
        if (isAbsolute) return RestartIfUnhandled;    // made again with the same time, it ends at the same time
        if (restAt != VirtualAddress.Zero && !TimeWords.TryWrite(task.User, restAt, isLong, deadline - clock.Now)) return Errno.EFAULT;
        task.Call.Rest = new RestOfCall(deadline, restAt, isLong);    // else the whole time would start anew (restart_syscall(2))
        return RestartWithRest;
    }

    private CallResult RestartCall(GuestTask task, in CallArguments call)
    {
        if (task.Call.Rest is not { } rest) return Errno.EINTR;    // do_no_restart_syscall
        task.Call.Deadline ??= rest.Deadline;
        return SleepOn(task, isAbsolute: false, rest.RestAt, rest.IsLong);
    }

    private CallResult Alarm(GuestTask task, in CallArguments call)
    {
        GuestProcess process = task.Process;
        long left = process.RealTimer.LeftAt(clock.Now);
        process.RealTimer = call.A == 0 ? default : new IntervalTimer(clock.Now + (Math.Min(call.A, int.MaxValue) * TimeWords.Second), 0);
        timers.Changed();
        long seconds = left / TimeWords.Second;
        // To the nearest second, but never to 0 while it is armed (alarm_setitimer)
        bool roundsUp = left % TimeWords.Second >= TimeWords.Second / 2 || (seconds == 0 && left > 0);
        return (int)(seconds + (roundsUp ? 1 : 0));
    }

    /// <summary>setitimer(2). A disarmed timer of processor time keeps its interval. Linux: do_setitimer, set_cpu_itimer.</summary>
    private CallResult SetTimer(GuestTask task, in CallArguments call)
    {
        if (call.A > 2) return Errno.EINVAL;    // ITIMER_PROF
        IntervalTimer wanted = default;
        if (call.B != 0)
        {
            Errno error = TimeWords.ReadMicroseconds(task.User, call.B.Address, out long interval);
            long first = 0;
            if (error == Errno.None) error = TimeWords.ReadMicroseconds(task.User, call.B.Address + 8, out first);
            if (error != Errno.None) return error;
            wanted = first == 0 ? new IntervalTimer(null, call.A == 0 ? 0 : interval)
                : new IntervalTimer(ClockOf(task.Process, call.A) + first, interval);
        }

        IntervalTimer old = TimerOf(task.Process, call.A);
        SetTimerOf(task.Process, call.A, wanted);
        task.Process.CountsTime |= call.A != 0;
        timers.Changed();
        return call.C == 0 || TryWriteTimer(task, call.C.Address, old, call.A) ? 0 : Errno.EFAULT;
    }

    private CallResult GetTimer(GuestTask task, in CallArguments call)
    {
        if (call.A > 2) return Errno.EINVAL;
        return TryWriteTimer(task, call.B.Address, TimerOf(task.Process, call.A), call.A) ? 0 : Errno.EFAULT;
    }

    private bool TryWriteTimer(GuestTask task, VirtualAddress at, IntervalTimer timer, uint kind) =>
        TimeWords.TryWriteMicroseconds(task.User, at, timer.Interval)
        && TimeWords.TryWriteMicroseconds(task.User, at + 8, timer.LeftAt(ClockOf(task.Process, kind)));

    private long ClockOf(GuestProcess process, uint kind) => kind switch
    {
        0 => clock.Now,
        1 => process.UserTime,
        _ => process.ProcessorTime,
    };

    private static IntervalTimer TimerOf(GuestProcess process, uint kind) => kind switch
    {
        0 => process.RealTimer,
        1 => process.VirtualTimer,
        _ => process.ProfileTimer,
    };

    private static void SetTimerOf(GuestProcess process, uint kind, IntervalTimer timer)
    {
        if (kind == 0) process.RealTimer = timer;
        else if (kind == 1) process.VirtualTimer = timer;
        else process.ProfileTimer = timer;
    }

    /// <summary>times(2), in hundredths of a second. Linux: do_sys_times.</summary>
    private CallResult Times(GuestTask task, in CallArguments call)
    {
        GuestProcess process = task.Process;
        Span<int> words =
        [
            (int)(process.UserTime / TimeWords.Tick), (int)(process.SystemTime / TimeWords.Tick),
                (int)(process.ChildrenUserTime / TimeWords.Tick), (int)(process.ChildrenSystemTime / TimeWords.Tick),
        ];
        if (call.A != 0 && !task.User.TryCopyTo(call.A.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        return (int)(clock.Monotonic / TimeWords.Tick);
    }
}
