using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>semget, semop, semtimedop, semctl. Linux: ipc/sem.c.</summary>
internal sealed class SemaphoreCalls(GuestClock clock, Happenings happenings, SystemVIpc systemV)
{
    private const int CountMax = 32000, OperationsMax = 500;
    private const int GetId = 11, GetValue = 12, GetAll = 13, GetWaiters = 14, GetZeroWaiters = 15, SetValue = 16, SetAll = 17,
        StatusOfSlot = 18, SystemInformation = 19, StatusOfAny = 20;

    public void AddTo(CallTable table)
    {
        table.Add(393, "semget", "xdx", (task, in call) => Get(task, call.A.Number, call.B.Number, call.C.IpcGetFlags));
        table.Add(394, "semctl", "dddx", (task, in call) => Control(task, call.A.Number, call.B.Number, call.C.Number, call.D));
        table.Add(420, "semtimedop_time64", "dada", (task, in call) =>
            Operate(task, call.A.Number, call.B.Address, call.C, call.D.Address, isLong: true));
    }

    public CallResult Get(GuestTask task, int key, int count, IpcGetFlags flags)
    {
        if (count is < 0 or > CountMax) return Errno.EINVAL;
        Errno error = systemV.Semaphores.Get(task, key, flags, one => count > one.Count ? Errno.EINVAL
            : Errno.None, () => Make(task, count, flags), out SemaphoreSet? found);
        return error == Errno.None ? found!.Id : error;
    }

    /// <summary>EINTR always, never again: the time is not told. Linux: do_semtimedop.</summary>
    public CallResult Operate(GuestTask task, int id, VirtualAddress at, uint count, VirtualAddress timeAt, bool isLong)
    {
        if (task.Call.Awaited is SemaphoreWait { Set.IsRemoved: true }) return Errno.EIDRM;
        if (timeAt != VirtualAddress.Zero && !task.IsBlocked)
        {
            Errno wrong = TimeWords.Read(task.User, timeAt, isLong, out long wait);
            if (wrong != Errno.None) return wrong;
            task.Call.Deadline = clock.Now + wait;
        }

        if (count < 1 || id < 0) return Errno.EINVAL;
        if (count > OperationsMax) return Errno.E2BIG;
        SemaphoreOperation[] operations = new SemaphoreOperation[count];
        if (!TryRead(task, at, operations)) return Errno.EFAULT;
        Errno error = systemV.Semaphores.Find(id, out SemaphoreSet set);
        if (error != Errno.None) return error;
        if (Array.Exists(operations, operation => operation.Number >= set.Count)) return Errno.EFBIG;
        error = set.Judge(task.Process, Array.Exists(operations, static operation => operation.Amount != 0) ? FileModes.AllWrite
            : FileModes.AllRead);
        if (error != Errno.None) return error;

        error = set.Perform(task.Process, operations, out SemaphoreOperation blocking);
        if (error == Errno.None)
        {
            set.OperatedAt = Now;
            happenings.Happened();
            return 0;
        }

        if (error != Errno.EAGAIN || blocking.MayNotWait || task.Call.Deadline <= clock.Now) return error;
        if (task.Call.Awaited is not SemaphoreWait waiting) task.Call.Awaited = waiting = new SemaphoreWait(set);
        waiting.Blocking = blocking;
        set.NoteWaiter(task, waiting);
        return task.Wait(Errno.EINTR);
    }

    public CallResult Control(GuestTask task, int id, int number, int command, CallWord argument)
    {
        if (id < 0) return Errno.EINVAL;
        switch (command)
        {
            case IpcWords.Information or SystemInformation: return WriteLimits(task, command, argument.Address);
            case IpcWords.Status or StatusOfSlot
                or StatusOfAny:
                return systemV.Semaphores.WriteStatus(task, id, command, argument.Address, needsRight: command != StatusOfAny);
            case IpcWords.Remove or IpcWords.Set: return Change(task, id, command, argument.Address);
            case GetAll or SetAll: return ExchangeAll(task, id, command == SetAll, argument.Address);
            case GetId or GetValue or GetWaiters or GetZeroWaiters or SetValue: return One(task, id, number, command, argument.Number);
            default: return Errno.EINVAL;
        }
    }

    private long Now => clock.RealSeconds;

    private (SemaphoreSet? Made, Errno Error) Make(GuestTask task, int count, IpcGetFlags flags) =>
        count == 0 ? (null, Errno.EINVAL) : (new(count, task.Credentials, flags.Rights(), Now), Errno.None);

    private static bool TryRead(GuestTask task, VirtualAddress at, SemaphoreOperation[] operations)
    {
        short[] words = new short[operations.Length * 3];
        if (!task.User.TryCopyFrom(at, MemoryMarshal.AsBytes(words.AsSpan()))) return false;
        for (int i = 0; i < operations.Length; i++)
            operations[i] = new((ushort)words[i * 3], words[(i * 3) + 1], (SemaphoreFlags)words[(i * 3) + 2]);
        return true;
    }

    private CallResult One(GuestTask task, int id, int number, int command, int value)
    {
        if (command == SetValue && (value is < 0 or > SemaphoreSet.ValueMax)) return Errno.ERANGE;
        Errno error = systemV.Semaphores.Find(id, out SemaphoreSet set);
        if (error != Errno.None) return error;
        bool isOutside = number < 0 || number >= set.Count;
        if (command == SetValue && isOutside) return Errno.EINVAL;
        error = set.Judge(task.Process, command == SetValue ? FileModes.AllWrite : FileModes.AllRead);
        if (error != Errno.None) return error;
        if (isOutside) return Errno.EINVAL;
        switch (command)
        {
            case GetId: return set.LastIdOf(number);
            case GetValue: return set.ValueOf(number);
            case GetWaiters or GetZeroWaiters: return set.WaiterCount(number, forZero: command == GetZeroWaiters);
            default:
                set.SetValue(number, value, task.Process.Id);
                set.ChangedAt = Now;
                happenings.Happened();
                return 0;
        }
    }

    private CallResult ExchangeAll(GuestTask task, int id, bool sets, VirtualAddress at)
    {
        Errno error = systemV.Semaphores.FindAllowed(task, id, sets ? FileModes.AllWrite : FileModes.AllRead, out SemaphoreSet set);
        if (error != Errno.None) return error;
        ushort[] values = new ushort[set.Count];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        if (!sets)
        {
            for (int i = 0; i < values.Length; i++) values[i] = (ushort)set.ValueOf(i);
            return task.User.TryCopyTo(at, bytes) ? 0 : Errno.EFAULT;
        }

        if (!task.User.TryCopyFrom(at, bytes)) return Errno.EFAULT;
        if (Array.Exists(values, static value => value > SemaphoreSet.ValueMax)) return Errno.ERANGE;
        for (int i = 0; i < values.Length; i++) set.SetValue(i, values[i], task.Process.Id);
        set.ChangedAt = Now;
        happenings.Happened();
        return 0;
    }

    private CallResult Change(GuestTask task, int id, int command, VirtualAddress at)
    {
        Errno error = systemV.Semaphores.FindToChange(task, id, command, at, out SemaphoreSet set, out byte[] wanted);
        if (error != Errno.None) return error;
        if (command == IpcWords.Set)
        {
            set.TakePermission(wanted);
            set.ChangedAt = Now;
            return 0;
        }

        systemV.Semaphores.Remove(set);
        happenings.Happened();
        return 0;
    }

    /// <summary>
    /// struct seminfo: map, sets, semaphores, undos, a set's most, a call's most, undos a process, its size, the largest value and
    /// adjustment.
    /// </summary>
    private CallResult WriteLimits(GuestTask task, int command, VirtualAddress at)
    {
        IpcTable<SemaphoreSet> all = systemV.Semaphores;
        bool isUsage = command == SystemInformation;
        Span<int> words =
        [
            1_024_000_000, 32000, 1_024_000_000, 1_024_000_000, CountMax, OperationsMax, OperationsMax, isUsage ? all.Count
                : 20, SemaphoreSet.ValueMax,
            isUsage ? all.All.Sum(static set => set.Count) : SemaphoreSet.ValueMax,
        ];
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(words)) ? all.LastSlot : Errno.EFAULT;
    }
}
