using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>eventfd, timerfd, signalfd. Linux: fs/eventfd.c, fs/timerfd.c, fs/signalfd.c.</summary>
internal sealed class EventCalls(GuestClock clock, WakeUps wakeUps, CurrentTask current, Timers timers, PendingSignals pending)
{
    private const FileFlags Flags = FileFlags.CloseOnExec | FileFlags.NonBlocking;
    private const FileFlags SemaphoreFlag = (FileFlags)1;    // EFD_SEMAPHORE, which lies where O_WRONLY does
    private const uint AbsoluteTime = 1, CancelOnSet = 2;    // TFD_TIMER_*; no call sets the clock, so none is cancelled
    private const uint RealTimeAlarm = 8, BootTimeAlarm = 9;    // CLOCK_*
    private const uint SetByteLength = 8;    // sizeof(sigset_t)

    public void AddTo(CallTable table)
    {
        table.Add(323, "eventfd", "n", (task, in call) => MakeEvent(task, call.A, 0));
        table.Add(328, "eventfd2", "nx", (task, in call) => MakeEvent(task, call.A, call.B.Flags));
        table.Add(321, "signalfd", "dad", (task, in call) => MakeSignal(task, call.A.Descriptor, call.B.Address, call.C, 0));
        table.Add(327, "signalfd4", "dadx", (task, in call) => MakeSignal(task, call.A.Descriptor, call.B.Address, call.C, call.D.Flags));
        table.Add(322, "timerfd_create", "dx", MakeTimer);
        table.Add(325, "timerfd_settime", "dxaa", (task, in call) => SetTimer(task, call, isLong: false));
        table.Add(326, "timerfd_gettime", "da", (task, in call) => GetTimer(task, call, isLong: false));
        table.Add(410, "timerfd_gettime64", "da", (task, in call) => GetTimer(task, call, isLong: true));
        table.Add(411, "timerfd_settime64", "dxaa", (task, in call) => SetTimer(task, call, isLong: true));
    }

    private CallResult MakeEvent(GuestTask task, uint initial, FileFlags flags)
    {
        if ((flags & ~(Flags | SemaphoreFlag)) != 0) return Errno.EINVAL;
        return task.Process.Install(new EventFile(clock, wakeUps, initial, (flags & SemaphoreFlag) != 0,
            flags & FileFlags.NonBlocking), flags);
    }

    /// <summary>A descriptor of −1 makes a new file; another one gets the set. Linux: do_signalfd4.</summary>
    private CallResult MakeSignal(GuestTask task, Descriptor descriptor, VirtualAddress setAt, uint byteLength, FileFlags flags)
    {
        if (byteLength != SetByteLength) return Errno.EINVAL;
        if (!task.User.TryRead(setAt, out ulong bits)) return Errno.EFAULT;
        if ((flags & ~Flags) != 0) return Errno.EINVAL;
        SignalSet set = new SignalSet(bits).Blockable;
        if (descriptor == Descriptor.None)
            return task.Process.Install(new SignalFile(clock, wakeUps, current, pending, set, flags & FileFlags.NonBlocking), flags);
        Errno error = task.Process.Descriptors.Find(descriptor, otherKind: Errno.EINVAL, out SignalFile file);
        if (error != Errno.None) return error;
        file.Set = set;
        wakeUps.Add();
        return descriptor.Number;
    }

    private CallResult MakeTimer(GuestTask task, in CallArguments call)
    {
        if ((call.B.Flags & ~Flags) != 0 || call.A.Word is not (0 or 1 or 7 or RealTimeAlarm or BootTimeAlarm)) return Errno.EINVAL;
        if (call.A.Word is RealTimeAlarm or BootTimeAlarm && !task.Credentials.Can(Capability.WakeAlarm)) return Errno.EPERM;
        return task.Process.Install(new TimerFile(clock, wakeUps, timers, call.A.Number,
            call.B.Flags & FileFlags.NonBlocking), call.B.Flags);
    }

    private CallResult SetTimer(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = TimeWords.ReadTimer(task.User, call.C.Address, isLong, out long interval, out long first);
        if (error == Errno.None && (call.B & ~(AbsoluteTime | CancelOnSet)) != 0) error = Errno.EINVAL;
        if (error != Errno.None) return error;
        error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EINVAL, out TimerFile file);
        if (error != Errno.None) return error;
        (long formerInterval, long left) = file.Get(clock.Now);
        long at = (call.B & AbsoluteTime) == 0 ? clock.Now + first : clock.FromClock(first, file.IsRealTime);
        file.Set(new IntervalTimer(first == 0 ? null : at, interval), call.B & (AbsoluteTime | CancelOnSet));
        return call.D == 0 || TimeWords.TryWriteTimer(task.User, call.D.Address, isLong, formerInterval, left) ? 0 : Errno.EFAULT;
    }

    private CallResult GetTimer(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EINVAL, out TimerFile file);
        if (error != Errno.None) return error;
        (long interval, long left) = file.Get(clock.Now);
        return TimeWords.TryWriteTimer(task.User, call.B.Address, isLong, interval, left) ? 0 : Errno.EFAULT;
    }
}
