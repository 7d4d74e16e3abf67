using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Condition variables whose mutex names its owner: sleepers on one word become waiters for a lock, without running in between.
/// </summary>
/// <remarks>Linux: kernel/futex/requeue.c futex_wait_requeue_pi, futex_requeue with requeue_pi.</remarks>
internal sealed class FutexLockCalls(GuestClock clock, FutexTable futexes, InheritingFutexes inheriting)
{
    /// <summary>FUTEX_WAIT_REQUEUE_PI. EAGAIN: the word has another value, or a signal came while it waited for the lock.</summary>
    public CallResult Wait(GuestTask task, in CallArguments call, bool isPrivate, bool isRealTime, bool isLong)
    {
        switch (task.Call.Awaited)
        {
            case InheritingWaiter: return inheriting.GoOnWaiting(task, Errno.EAGAIN);
            case FutexWaiter waiter: return GoOn(task, waiter);
        }

        if (call.A == call.E || (call.E & 3) != 0) return Errno.EINVAL;
        Errno error = TimeWords.ReadIfAny(task.User, call.D.Address, isLong, out long? deadline);
        if (error != Errno.None) return error;
        if (!FutexTable.TryReach(task, call.E.Address, isPrivate, AccessKind.Write, out FutexKey lockKey)
            || !FutexTable.TryReach(task, call.A.Address, isPrivate, AccessKind.Read, out FutexKey key)
            || !task.User.TryRead(call.A.Address, out uint value))
            return Errno.EFAULT;
        if (value != call.C) return Errno.EAGAIN;
        if (key == lockKey) return Errno.EINVAL;
        FutexWaiter sleeper = new(key, uint.MaxValue) { Wish = new(task, call.E.Address, lockKey) };
        task.Call.Awaited = sleeper;
        task.Call.Deadline = deadline is { } time ? clock.FromClock(time, isRealTime) : null;
        futexes.Add(sleeper);
        return GoOn(task, sleeper);
    }

    /// <summary>Nobody has requeued it yet, or it has got the lock at once.</summary>
    private CallResult GoOn(GuestTask task, FutexWaiter waiter)
    {
        if (waiter.IsWoken) return 0;
        bool isOver = task.Call.Deadline <= clock.Now;
        if (!isOver && !task.HasSignal) return task.Wait(RestartAlways);
        futexes.Remove(waiter);
        return isOver ? Errno.ETIMEDOUT : RestartAlways;
    }

    /// <summary>
    /// FUTEX_CMP_REQUEUE_PI: the first sleeper gets the lock if it is free, the others wait for it. EINVAL: they sleep for another lock.
    /// </summary>
    public CallResult Requeue(GuestTask task, in CallArguments call, bool isPrivate)
    {
        if (call.C.Number < 0 || call.D.Number < 0 || (call.E & 3) != 0 || call.A == call.E || call.C != 1) return Errno.EINVAL;
        if (!FutexTable.TryReach(task, call.A.Address, isPrivate, AccessKind.Read, out FutexKey from)
            || !FutexTable.TryReach(task, call.E.Address, isPrivate, AccessKind.Write, out FutexKey to)
            || !task.User.TryRead(call.A.Address, out uint value))
            return Errno.EFAULT;
        if (value != call.F) return Errno.EAGAIN;
        if (from == to) return Errno.EINVAL;
        int moved = 0;
        foreach (FutexWaiter waiter in futexes.On(from))
        {
            if (moved > call.D.Number) break;
            if (waiter.Wish is not { } wish || wish.Key != to) return moved > 0 ? moved : Errno.EINVAL;
            uint marks = moved == 0 && call.D != 0 ? InheritingFutexes.Waiters : 0;
            Errno error = inheriting.TakeOrQueue(wish.Task, wish.At, to, marks);
            if (error == Errno.None) futexes.Wake(waiter);
            else if (error == Errno.EAGAIN) futexes.Remove(waiter);
            else return moved > 0 ? moved : error;
            moved++;
        }

        return moved;
    }
}
