using Paging.Core;
using static Paging.Guest.CallResult;

namespace Paging.Guest;

/// <summary>futex(2): wait, wake and requeue, between threads and between processes that share memory. Linux: kernel/futex.</summary>
internal sealed class FutexCalls(GuestKernel kernel)
{
    private const int WaitCommand = 0, WakeCommand = 1, RequeueCommand = 3, CompareRequeueCommand = 4, WakeOperationCommand = 5, WaitBitsCommand = 9, WakeBitsCommand = 10,
        LockCommand = 6, UnlockCommand = 7, TryLockCommand = 8, LockByClockCommand = 13;
    private const uint RealTimeClock = 256, AnyBit = uint.MaxValue;

    public void AddTo(CallTable table)
    {
        table.Add(240, "futex", "axdaad", (task, in call) => Futex(task, call, isLong: false));
        table.Add(422, "futex_time64", "axdaad", (task, in call) => Futex(task, call, isLong: true));
    }

    private CallResult Futex(GuestTask task, in CallArguments call, bool isLong)
    {
        int command = (int)(call.B & 0x7F);
        if ((call.A & 3) != 0) return Errno.EINVAL;
        switch (command)
        {
            case WaitCommand: return Wait(task, call, AnyBit, isAbsolute: false, isLong);
            case WaitBitsCommand: return call.F == 0 ? Errno.EINVAL : Wait(task, call, call.F, isAbsolute: true, isLong);
            case WakeCommand: return Wake(task, call.A, call.C, AnyBit);
            case WakeBitsCommand: return call.F == 0 ? Errno.EINVAL : Wake(task, call.A, call.C, call.F);
            case RequeueCommand or CompareRequeueCommand: return Requeue(task, call, command == CompareRequeueCommand);
            case WakeOperationCommand: return WakeOperation(task, call);
            case LockCommand: return Lock(task, call, isRealTime: true, isLong);
            case LockByClockCommand: return Lock(task, call, (call.B & RealTimeClock) != 0, isLong);
            case UnlockCommand: return kernel.Inheriting.Unlock(task, call.A);
            case TryLockCommand: return InheritingFutexes.TryLock(task, call.A);
            default: return Errno.ENOSYS;
        }
    }

    private CallResult Lock(GuestTask task, in CallArguments call, bool isRealTime, bool isLong)
    {
        if (call.D == 0 || task.Awaited is not null) return kernel.Inheriting.Lock(task, call.A, deadline: null);
        Errno error = TimeWords.Read(task, call.D, isLong, out long nanoseconds);
        return error == Errno.None ? kernel.Inheriting.Lock(task, call.A, kernel.Clock.FromClock(nanoseconds, isRealTime)) : error;
    }

    private CallResult Wait(GuestTask task, in CallArguments call, uint mask, bool isAbsolute, bool isLong)
    {
        if (task.Awaited is FutexWaiter waiter)
        {
            if (waiter.IsWoken) return 0;
            bool isOver = task.Deadline <= kernel.Clock.Now;
            if (!isOver && !SignalDelivery.HasSignal(task)) return task.Wait(RestartUnlessHandled);
            kernel.Shared.Remove(waiter);
            if (isOver) return Errno.ETIMEDOUT;
            return task.Deadline is null ? RestartUnlessHandled : Errno.EINTR;
        }

        Errno error = TimeWords.ReadIfAny(task, call.D, isLong, out long? deadline);
        if (error != Errno.None) return error;
        if (deadline is { } time) deadline = isAbsolute ? kernel.Clock.FromClock(time, (call.B & RealTimeClock) != 0) : kernel.Clock.Now + time;
        if (!task.User.TryRead(call.A, out uint value)) return Errno.EFAULT;
        if (value != call.C) return Errno.EAGAIN;
        if (!FutexTable.TryKey(task, call.A, out FutexKey key)) return Errno.EFAULT;
        waiter = new(key, mask);
        task.Awaited = waiter;
        task.Deadline = deadline;
        kernel.Shared.Add(waiter);
        if (!SignalDelivery.HasSignal(task)) return task.Wait(RestartUnlessHandled);
        kernel.Shared.Remove(waiter);
        return deadline is null ? RestartUnlessHandled : Errno.EINTR;
    }

    private CallResult Wake(GuestTask task, uint address, uint count, uint mask)
    {
        if (!task.User.TryRead(address, out uint _) && !FutexTable.TryKey(task, address, out _)) return Errno.EFAULT;
        return kernel.Shared.Wake(kernel, task, address, Math.Max((int)count, 1), mask);
    }

    private CallResult Requeue(GuestTask task, in CallArguments call, bool compares)
    {
        if ((int)call.C < 0 || (int)call.D < 0 || (call.E & 3) != 0) return Errno.EINVAL;
        if (!FutexTable.TryKey(task, call.A, out FutexKey from) || !FutexTable.TryKey(task, call.E, out FutexKey to)) return Errno.EFAULT;
        if (compares && (!task.User.TryRead(call.A, out uint value) || value != call.F)) return Errno.EAGAIN;
        int woken = kernel.Shared.Wake(kernel, from, (int)call.C, AnyBit);
        int moved = kernel.Shared.Requeue(from, to, (int)call.D);
        return woken + (compares ? moved : 0);
    }

    /// <summary>An operation on the second word decides whether its sleepers are woken, too.</summary>
    private CallResult WakeOperation(GuestTask task, in CallArguments call)
    {
        if (!FutexTable.TryKey(task, call.A, out FutexKey first) || !FutexTable.TryKey(task, call.E, out FutexKey second)) return Errno.EFAULT;
        uint code = call.F;
        int argument = (int)(code << 8) >> 20, compared = (int)(code << 20) >> 20;
        if ((code >> 31) != 0) argument = 1 << (argument & 31);
        if (!task.User.TryRead(call.E, out int old)) return Errno.EFAULT;
        int changed = ((code >> 28) & 7) switch
        {
            0 => argument,
            1 => old + argument,
            2 => old | argument,
            3 => old & ~argument,
            _ => old ^ argument,
        };
        if (!task.User.TryWrite(call.E, changed)) return Errno.EFAULT;
        bool holds = ((code >> 24) & 15) switch
        {
            0 => old == compared,
            1 => old != compared,
            2 => old < compared,
            3 => old <= compared,
            4 => old > compared,
            _ => old >= compared,
        };
        int woken = kernel.Shared.Wake(kernel, first, (int)call.C, AnyBit);
        return holds ? woken + kernel.Shared.Wake(kernel, second, (int)call.D, AnyBit) : woken;
    }
}

/// <summary>Locks that a thread held when it ended: marked, and one who waits is woken. Linux: kernel/futex/core.c exit_robust_list.</summary>
internal static class RobustFutexes
{
    private const uint OwnerDied = 0x4000_0000, Waiters = 0x8000_0000, IdMask = 0x3FFF_FFFF;
    private const int EntriesMax = 2048;

    public static void Release(GuestKernel kernel, GuestTask task)
    {
        uint head = task.RobustList;
        task.RobustList = 0;
        if (head == 0 || !task.User.TryRead(head, out uint entry) || !task.User.TryRead(head + 4, out uint offset)) return;
        for (int i = 0; i < EntriesMax && entry != head; i++)
        {
            uint at = (entry & ~1u) + offset;
            if (task.User.TryRead(at, out uint word) && (word & IdMask) == (uint)task.Id)
            {
                task.User.TryWrite(at, (word & Waiters) | OwnerDied);
                if ((word & Waiters) != 0) kernel.Shared.Wake(kernel, task, at, 1, uint.MaxValue);
            }

            if (!task.User.TryRead(entry & ~1u, out entry)) return;
        }
    }
}
