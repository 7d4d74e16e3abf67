using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>futex(2): wait, wake and requeue, between threads and between processes that share memory. Linux: kernel/futex.</summary>
internal sealed class FutexCalls(GuestClock clock, FutexTable futexes)
{
    private const int WaitCommand = 0, WakeCommand = 1, RequeueCommand = 3, CompareRequeueCommand = 4, WakeOperationCommand = 5,
        WaitBitsCommand = 9, WakeBitsCommand = 10;
    private const uint PrivateFlag = 128, RealTimeClock = 256, AnyBit = uint.MaxValue;    // FUTEX_BITSET_MATCH_ANY

    public void AddTo(CallTable table)
    {
        table.Add(240, "futex", "axdaad", (task, in call) => Futex(task, call, isLong: false));
        table.Add(422, "futex_time64", "axdaad", (task, in call) => Futex(task, call, isLong: true));
    }

    private CallResult Futex(GuestTask task, in CallArguments call, bool isLong)
    {
        int command = (int)(call.B & ~(PrivateFlag | RealTimeClock));
        if ((call.B & RealTimeClock) != 0 && command != WaitBitsCommand) return Errno.ENOSYS;    // Linux: do_futex
        if ((call.A & 3) != 0) return Errno.EINVAL;    // a word never spans two pages (get_futex_key)
        switch (command)
        {
            case WaitCommand: return Wait(task, call, AnyBit, isAbsolute: false, isLong);
            case WaitBitsCommand: return call.F == 0 ? Errno.EINVAL : Wait(task, call, call.F, isAbsolute: true, isLong);
            case WakeCommand: return Wake(task, call, AnyBit);
            case WakeBitsCommand: return call.F == 0 ? Errno.EINVAL : Wake(task, call, call.F);
            case RequeueCommand or CompareRequeueCommand: return Requeue(task, call, command == CompareRequeueCommand);
            case WakeOperationCommand: return WakeOperation(task, call);
            default: return Errno.ENOSYS;    // also for priority-inheriting locks: slices do not depend on priorities here
        }
    }

    private static bool IsPrivate(in CallArguments call) => (call.B & PrivateFlag) != 0;

    private CallResult Wait(GuestTask task, in CallArguments call, uint mask, bool isAbsolute, bool isLong)
    {
        if (task.Call.Awaited is FutexWaiter waiter)
        {
            if (waiter.IsWoken) return 0;
            bool isOver = task.Call.Deadline <= clock.Now;
            if (!isOver && !task.HasSignal) return task.Wait(RestartUnlessHandled);
            futexes.Remove(waiter);
            if (isOver) return Errno.ETIMEDOUT;
            return task.Call.Deadline is null ? RestartUnlessHandled : Errno.EINTR;    // a relative time would start anew
        }

        Errno error = TimeWords.ReadIfAny(task.User, call.D.Address, isLong, out long? deadline);
        if (error != Errno.None) return error;
        if (deadline is { } time) deadline = isAbsolute ? clock.FromClock(time, (call.B & RealTimeClock) != 0) : clock.Now + time;
        if (!FutexTable.TryReach(task, call.A.Address, IsPrivate(call), AccessKind.Read, out FutexKey key)
            || !task.User.TryRead(call.A.Address, out uint value))
            return Errno.EFAULT;
        if (value != call.C) return Errno.EAGAIN;    // read and queued in one slice: no wake can fall in between
        waiter = new(key, mask);
        task.Call.Awaited = waiter;
        task.Call.Deadline = deadline;
        futexes.Add(waiter);
        if (!task.HasSignal) return task.Wait(RestartUnlessHandled);
        futexes.Remove(waiter);
        return deadline is null ? RestartUnlessHandled : Errno.EINTR;
    }

    private CallResult Wake(GuestTask task, in CallArguments call, uint mask)
    {
        if (!FutexTable.TryReach(task, call.A.Address, IsPrivate(call), AccessKind.Read, out FutexKey key)) return Errno.EFAULT;
        return futexes.Wake(key, Math.Max(call.C.Number, 1), mask);    // 0 wakes one too: counted after waking (futex_wake)
    }

    private CallResult Requeue(GuestTask task, in CallArguments call, bool compares)
    {
        if (call.C.Number < 0 || call.D.Number < 0 || (call.E & 3) != 0) return Errno.EINVAL;
        if (!FutexTable.TryReach(task, call.A.Address, IsPrivate(call), AccessKind.Read, out FutexKey from)
            || !FutexTable.TryReach(task, call.E.Address, IsPrivate(call), AccessKind.Read, out FutexKey to))
            return Errno.EFAULT;
        uint value = call.F;
        if (compares && !task.User.TryRead(call.A.Address, out value)) return Errno.EFAULT;
        if (value != call.F) return Errno.EAGAIN;    // always equal for FUTEX_REQUEUE, which compares nothing
        int woken = futexes.Wake(from, call.C.Number, AnyBit);
        return woken + futexes.Requeue(from, to, call.D.Number);
    }

    /// <summary>
    /// FUTEX_WAKE_OP: an operation on the second word decides whether its sleepers are woken too. ENOSYS for unknown operations.
    /// </summary>
    private CallResult WakeOperation(GuestTask task, in CallArguments call)
    {
        if (!FutexTable.TryReach(task, call.A.Address, IsPrivate(call), AccessKind.Read, out FutexKey first)) return Errno.EFAULT;
        if ((call.E & 3) != 0) return Errno.EINVAL;
        if (!FutexTable.TryReach(task, call.E.Address, IsPrivate(call), AccessKind.Write, out FutexKey second)) return Errno.EFAULT;
        uint code = call.F;
        int argument = (int)(code << 8) >> 20, compared = (int)(code << 20) >> 20;    // 12 bits each, signed
        if ((code >> 31) != 0) argument = 1 << (argument & 31);    // FUTEX_OP_OPARG_SHIFT; larger shifts are cut, as Linux does
        uint operation = (code >> 28) & 7, comparison = (code >> 24) & 15;
        if (operation > 4) return Errno.ENOSYS;
        if (!task.User.TryRead(call.E.Address, out int old)) return Errno.EFAULT;
        int changed = operation switch
        {
            0 => argument,
            1 => old + argument,
            2 => old | argument,
            3 => old & ~argument,
            _ => old ^ argument,
        };
        if (!task.User.TryWrite(call.E.Address, changed)) return Errno.EFAULT;
        if (comparison > 5) return Errno.ENOSYS;    // only now: the word has changed (futex_atomic_op_inuser)
        bool holds = comparison switch
        {
            0 => old == compared,
            1 => old != compared,
            2 => old < compared,
            3 => old <= compared,
            4 => old > compared,
            _ => old >= compared,
        };
        int woken = futexes.Wake(first, Math.Max(call.C.Number, 1), AnyBit);
        return holds ? woken + futexes.Wake(second, Math.Max(call.D.Number, 1), AnyBit) : woken;
    }
}
