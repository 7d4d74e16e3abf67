using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>futex_waitv(2): sleeps until one of up to 128 words is woken. Linux: kernel/futex/waitwake.c futex_wait_multiple.</summary>
internal sealed class FutexVectorCalls(GuestClock clock, FutexTable futexes)
{
    private const int CountMax = 128, RealTime = 0, Monotonic = 1;
    private const uint WordSize = 2, PrivateFlag = 128;

    public void AddTo(CallTable table) => table.Add(449, "futex_waitv", "adxad", Wait);

    private CallResult Wait(GuestTask task, in CallArguments call)
    {
        if (task.Call.Awaited is FutexVector vector) return GoOn(task, vector);
        if (call.C != 0 || call.B == 0 || call.B > CountMax || call.A == 0) return Errno.EINVAL;
        if (call.D != 0 && call.E.Number is not (RealTime or Monotonic)) return Errno.EINVAL;
        Errno error = TimeWords.ReadIfAny(task.User, call.D.Address, isLong: true, out long? deadline);
        if (error != Errno.None) return error;
        error = Read(task, call.A.Address, (int)call.B.Word, out FutexWaiter[] waiters);
        if (error != Errno.None) return error;
        vector = new(waiters);
        task.Call.Awaited = vector;
        task.Call.Deadline = deadline is { } time ? clock.FromClock(time, call.E.Number == RealTime) : null;
        foreach (FutexWaiter waiter in waiters) futexes.Add(waiter);
        return GoOn(task, vector);
    }

    /// <summary>struct futex_waitv: a value, an address, flags, and a word that is zero. EAGAIN: a word has another value.</summary>
    private static Errno Read(GuestTask task, VirtualAddress at, int count, out FutexWaiter[] waiters)
    {
        waiters = new FutexWaiter[count];
        uint[] words = new uint[count * 6];
        for (int i = 0; i < count; i++)
        {
            Span<uint> record = words.AsSpan(i * 6, 6);
            if (!task.User.TryCopyFrom(at + (uint)(i * 24), MemoryMarshal.AsBytes(record))) return Errno.EFAULT;
            bool isKnown = (record[4] & ~PrivateFlag) == WordSize && record[5] == 0;
            if (!isKnown || record[1] != 0 || (record[2] & 3) != 0 || record[3] != 0) return Errno.EINVAL;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<uint> record = words.AsSpan(i * 6, 6);
            VirtualAddress word = new(record[2]);
            if (!FutexTable.TryReach(task, word, (record[4] & PrivateFlag) != 0, AccessKind.Read, out FutexKey key)) return Errno.EFAULT;
            if (!task.User.TryRead(word, out uint value)) return Errno.EFAULT;
            if (value != record[0]) return Errno.EAGAIN;
            waiters[i] = new(key, uint.MaxValue);
        }

        return Errno.None;
    }

    /// <summary>The number of the last one that was woken.</summary>
    private CallResult GoOn(GuestTask task, FutexVector vector)
    {
        int woken = Array.FindLastIndex(vector.Waiters, static waiter => waiter.IsWoken);
        bool isOver = task.Call.Deadline <= clock.Now;
        if (woken < 0 && !isOver && !task.HasSignal) return task.Wait(RestartUnlessHandled);
        futexes.Forget(vector);
        if (woken >= 0) return woken;
        return isOver ? Errno.ETIMEDOUT : RestartUnlessHandled;
    }
}
