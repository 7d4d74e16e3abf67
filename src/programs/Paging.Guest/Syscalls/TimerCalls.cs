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
    private const int SendSignal = 0, SendNothing = 1, StartThread = 2, SendToThread = 4;    // SIGEV_*; libc starts the thread
    private const uint AbsoluteTime = 1;

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

    /// <summary>
    /// struct sigevent: value, signal, kind, thread. SIGEV_THREAD is the C library's work: for the kernel it is a signal. Linux:
    /// good_sigevent.
    /// </summary>
    private static CallResult Create(GuestTask task, in CallArguments call)
    {
        bool isOwnTime = ProcessorTimers.IsOwnClock(task.Process, call.A.Number);
        if (call.A.Number is < 0 or > 11 && !isOwnTime) return Errno.EINVAL;    // negative: a process's clock (clock_getcpuclockid(3))
        if (call.A.Word is 8 or 9 && !task.Credentials.Can(Capability.WakeAlarm)) return Errno.EPERM;    // clocks that wake the machine
        if (call.A.Word is 4 or 5 or 6 or 10) return Errno.EOPNOTSUPP;    // raw and coarse clocks have no timers (k_clock.timer_create)
        int number = task.Process.TakeTimerNumber();
        PosixTimer timer = new()
        {
            Number = number,
            Clock = call.A.Number,
            IsOnOwnTime = isOwnTime,
            Signal = SignalNumber.Alarm,
            Value = (uint)number,    // without a sigevent: timer_create(2)
        };
        if (call.B != 0)
        {
            Span<uint> words = stackalloc uint[4];
            if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            int kind = (int)words[2];
            if (kind is not (SendSignal or SendNothing or StartThread or SendToThread)) return Errno.EINVAL;
            if (kind != SendNothing && !((SignalNumber)words[1]).IsSignal()) return Errno.EINVAL;
            int id = (int)words[3];
            GuestTask? thread = kind == SendToThread ? task.Process.Threads.Find(other => other.Id == id) : null;
            if (kind == SendToThread && thread is null) return Errno.EINVAL;    // only of the own process (good_sigevent)
            SignalNumber signal = kind == SendNothing ? SignalNumber.None : (SignalNumber)words[1];
            (timer.Value, timer.Signal, timer.Thread) = (words[0], signal, thread);
        }

        if (!task.User.TryWrite(call.C.Address, number)) return Errno.EFAULT;    // before it is armed: nothing to undo
        task.Process.Timers.Add(number, timer);
        return 0;
    }

    private CallResult Set(GuestTask task, in CallArguments call, bool isLong)
    {
        if (call.C == 0) return Errno.EINVAL;    // not EFAULT (timer_settime)
        Errno error = TimeWords.ReadTimer(task.User, call.C.Address, isLong, out long interval, out long first);
        if (error != Errno.None) return error;
        if (!task.Process.Timers.TryGetValue(call.A.Number, out PosixTimer? timer)) return Errno.EINVAL;
        if (call.D != 0 && !TryWrite(task, call.D.Address, timer, isLong)) return Errno.EFAULT;    // the old value, so before the change
        long at = (call.B & AbsoluteTime) == 0 ? NowOf(task, timer) + first : FromClock(timer, first);
        long? before = timer.Ring.RingsAt;
        timer.Ring = first == 0 ? default : new IntervalTimer(at, interval);
        (timer.IsSent, timer.LastOverrun) = (false, 0);    // a signal of the old setting no longer counts
        task.Process.CountsTime |= timer.IsOnOwnTime;
        if (!timer.IsOnOwnTime) timers.Changed(before, timer.Ring.RingsAt);
        return 0;
    }

    private CallResult Get(GuestTask task, int number, VirtualAddress at, bool isLong)
    {
        if (!task.Process.Timers.TryGetValue(number, out PosixTimer? timer)) return Errno.EINVAL;
        return TryWrite(task, at, timer, isLong) ? 0 : Errno.EFAULT;
    }

    private CallResult Delete(GuestTask task, in CallArguments call)
    {
        if (!task.Process.Timers.Remove(call.A.Number, out PosixTimer? timer)) return Errno.EINVAL;
        if (!timer.IsOnOwnTime) timers.Changed(timer.Ring.RingsAt, null);
        return 0;
    }

    /// <summary>While its signal is pending, a timer reports its next expiry. Linux: common_timer_get.</summary>
    private bool TryWrite(GuestTask task, VirtualAddress at, PosixTimer timer, bool isLong)
    {
        long now = NowOf(task, timer);
        return TimeWords.TryWriteTimer(task.User, at, isLong, timer.IsSent ? timer.Ring.Next(now) : timer.Ring, now);
    }

    private long NowOf(GuestTask task, PosixTimer timer) => timer.IsOnOwnTime ? task.Process.ProcessorTime : clock.Now;

    private long FromClock(PosixTimer timer, long time) => timer.IsOnOwnTime ? time
        : clock.FromClock(time, isRealTime: timer.Clock is 0 or 8 or 11);
}
