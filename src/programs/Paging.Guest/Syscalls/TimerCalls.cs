using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Timers of timer_create(2). Linux: kernel/time/posix-timers.c.</summary>
internal sealed class TimerCalls(GuestClock clock, Timers timers)
{
    private const uint SendSignal = 0, SendNothing = 1, StartThread = 2, SendToThread = 4;    // SIGEV_*
    private const uint AbsoluteTime = 1;
    private const int ProcessClock = 2, ThreadClock = 3, RealTimeAlarm = 8, BootTimeAlarm = 9;    // CLOCK_*
    private const int OfThread = 4, KindMask = 3, UserOnly = 1, OfFile = 3;    // CPUCLOCK_*; CLOCKFD
    private const ulong TimersMax = 96_000;    // of a process whose RLIMIT_SIGPENDING is higher

    public void AddTo(CallTable table)
    {
        table.Add(259, "timer_create", "daa", Create);
        table.Add(260, "timer_settime", "dxaa", (task, in call) => Set(task, call, isLong: false));
        table.Add(261, "timer_gettime", "da", (task, in call) => Get(task, call.A.Number, call.B.Address, isLong: false));
        table.Add(262, "timer_getoverrun", "d", static (task, in call) =>
            task.Process.Timers.TryGetValue(call.A.Number, out PosixTimer? timer) ? timer.LastOverrun : Errno.EINVAL);
        table.Add(263, "timer_delete", "d", Delete);
        table.Add(408, "timer_gettime64", "da", (task, in call) => Get(task, call.A.Number, call.B.Address, isLong: true));
        table.Add(409, "timer_settime64", "dxaa", (task, in call) => Set(task, call, isLong: true));
    }

    //  struct sigevent:    0 value    4 signal    8 kind    12 thread
    /// <summary>
    /// Creates a timer. For the kernel SIGEV_THREAD is a signal; the C library starts the thread. Linux: do_timer_create.
    /// </summary>
    private CallResult Create(GuestTask task, in CallArguments call)
    {
        Span<uint> words = stackalloc uint[4];
        if (call.B != 0 && !task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;    // before all else
        int which = call.A.Number;
        Errno error = KindOf(which);
        if (error != Errno.None) return error;
        GuestProcess process = task.Process;
        // As many as signals may be pending: each timer owns one (posixtimer_init_sigqueue)
        if ((ulong)process.Timers.Count >= Math.Min(process.Limits[LimitTable.PendingSignals].Soft, TimersMax)) return Errno.EAGAIN;
        GuestTask? receiver = null;
        if (call.B != 0 && !IsValid(process, words, out receiver)) return Errno.EINVAL;
        int number = process.TakeTimerNumber();
        if (!task.User.TryWrite(call.C.Address, number)) return Errno.EFAULT;    // the clock is asked last
        GuestTask? clockThread = null;
        bool isOwnTime = which < 0 || which is ProcessClock or ThreadClock;
        if (isOwnTime && !TryFindOwnClock(task, which, out clockThread)) return Errno.EINVAL;
        if (which is RealTimeAlarm or BootTimeAlarm && !task.Credentials.Can(Capability.WakeAlarm)) return Errno.EPERM;
        process.Timers.Add(number, new PosixTimer
        {
            Number = number,
            Clock = which,
            IsOnOwnTime = isOwnTime,
            ClockThread = clockThread,
            CountsUserTimeOnly = which < 0 && (which & KindMask) == UserOnly,
            Signal = call.B == 0 ? SignalNumber.Alarm : words[2] == SendNothing ? SignalNumber.None : (SignalNumber)words[1],
            Value = call.B == 0 ? (uint)number : words[0],    // without a sigevent: timer_create(2)
            Thread = receiver,
        });
        return 0;
    }

    /// <summary>EINVAL: no such clock; EOPNOTSUPP: a clock without timers. Linux: clockid_to_kclock, k_clock.timer_create.</summary>
    private static Errno KindOf(int clock) => clock switch
    {
        < 0 => (clock & (OfThread | KindMask)) == OfFile ? Errno.EOPNOTSUPP : Errno.None,
        4 or 5 or 6 => Errno.EOPNOTSUPP,    // CLOCK_MONOTONIC_RAW and the coarse ones
        10 or > 11 => Errno.EINVAL,    // CLOCK_SGI_CYCLE is gone, CLOCK_TAI the last
        _ => Errno.None,
    };

    /// <summary>Linux: good_sigevent.</summary>
    private static bool IsValid(GuestProcess process, ReadOnlySpan<uint> words, out GuestTask? receiver)
    {
        uint kind = words[2];
        int id = (int)words[3];
        receiver = kind == SendToThread ? process.Threads.Find(other => other.Id == id) : null;
        if (kind == SendToThread && receiver is null) return false;    // threads of other processes are refused too
        return kind is SendNothing or SendSignal or StartThread or SendToThread
            && (kind == SendNothing || ((SignalNumber)words[1]).IsSignal());
    }

    /// <summary>Finds the thread whose processor time a clock is; null for the process's. Linux: pid_for_clock.</summary>
    private static bool TryFindOwnClock(GuestTask task, int clock, out GuestTask? thread)
    {
        thread = clock == ThreadClock ? task : null;
        if (clock >= 0) return true;
        int id = ~(clock >> 3);
        if ((clock & KindMask) == KindMask) return false;
        if ((clock & OfThread) == 0) return id == 0 || id == task.Process.Id;    // timers on other processes' time are not supported
        thread = id == 0 ? task : task.Process.Threads.Find(other => other.Id == id);
        return thread is not null;
    }

    /// <summary>The old value is written last, after the change. Linux: timer_settime, do_timer_settime.</summary>
    private CallResult Set(GuestTask task, in CallArguments call, bool isLong)
    {
        if (call.C == 0) return Errno.EINVAL;    // not EFAULT (timer_settime)
        Errno error = TimeWords.ReadTimer(task.User, call.C.Address, isLong, out long interval, out long first);
        if (error != Errno.None) return error;
        if (!task.Process.Timers.TryGetValue(call.A.Number, out PosixTimer? timer)) return Errno.EINVAL;
        (long formerInterval, long left) = Read(task, timer);
        long at = (call.B & AbsoluteTime) == 0 ? timer.NowOf(task.Process, clock) + first : FromClock(timer, first);
        long? before = timer.Ring.RingsAt;
        timer.Ring = first == 0 ? default : new IntervalTimer(at, interval);
        (timer.IsSent, timer.LastOverrun) = (false, 0);    // a signal of the old setting no longer counts
        task.Process.CountsTime |= timer.IsOnOwnTime;
        if (!timer.IsOnOwnTime) timers.Changed(before, timer.Ring.RingsAt);
        return call.D == 0 || TimeWords.TryWriteTimer(task.User, call.D.Address, isLong, formerInterval, left) ? 0 : Errno.EFAULT;
    }

    private CallResult Get(GuestTask task, int number, VirtualAddress at, bool isLong)
    {
        if (!task.Process.Timers.TryGetValue(number, out PosixTimer? timer)) return Errno.EINVAL;
        (long interval, long left) = Read(task, timer);
        return TimeWords.TryWriteTimer(task.User, at, isLong, interval, left) ? 0 : Errno.EFAULT;
    }

    private CallResult Delete(GuestTask task, in CallArguments call)
    {
        if (!task.Process.Timers.Remove(call.A.Number, out PosixTimer? timer)) return Errno.EINVAL;
        if (!timer.IsOnOwnTime) timers.Changed(timer.Ring.RingsAt, null);
        return 0;
    }

    /// <summary>
    /// Returns the interval and the time that is left, 0 for a timer that is off. While its signal is pending, a timer reports its next
    /// expiry. Linux: common_timer_get.
    /// </summary>
    private (long Interval, long Left) Read(GuestTask task, PosixTimer timer)
    {
        long now = timer.NowOf(task.Process, clock);
        bool isPast = timer.IsSent || (timer.Signal == SignalNumber.None && timer.Ring.IsDue(now));
        IntervalTimer ring = isPast ? timer.Ring.Next(now) : timer.Ring;
        return ring.RingsAt is { } at ? (ring.Interval, Math.Max(at - now, 1)) : default;    // 1: it is due, and not off
    }

    private long FromClock(PosixTimer timer, long time) => timer.IsOnOwnTime ? time
        : clock.FromClock(time, isRealTime: timer.Clock is 0 or 8 or 11);
}
