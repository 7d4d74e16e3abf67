using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>
/// ipc(2): all of System V IPC behind one number, as i386 had it first; and the calls of their own. Linux: ipc/syscall.c ksys_ipc.
/// </summary>
internal sealed class IpcCalls(PagingEngine engine, GuestClock clock, Happenings happenings, SystemVIpc systemV, QueuedBytes queued)
{
    private readonly SharedSegmentCalls _segments = new(engine, clock, systemV);
    private readonly SemaphoreCalls _semaphores = new(clock, happenings, systemV);
    private readonly MessageQueueCalls _queues = new(clock, happenings, systemV, queued);

    public void AddTo(CallTable table)
    {
        table.Add(117, "ipc", "xdxxax", Multiplexed);
        _segments.AddTo(table);
        _semaphores.AddTo(table);
        _queues.AddTo(table);
    }

    private CallResult Multiplexed(GuestTask task, in CallArguments call)
    {
        int first = call.B.Number;
        CallWord second = call.C, third = call.D, fifth = call.F;
        VirtualAddress pointer = call.E.Address;
        bool isNewForm = call.A >> 16 != 0;
        switch (call.A & 0xFFFF)
        {
            case 1: return _semaphores.Operate(task, first, pointer, second, timeAt: VirtualAddress.Zero, isLong: false);
            case 2: return _semaphores.Get(task, first, second.Number, third.IpcGetFlags);
            case 3:
                if (pointer == VirtualAddress.Zero) return Errno.EINVAL;
                if (!task.User.TryRead(pointer, out uint argument)) return Errno.EFAULT;
                return TakesNewForm(third) ? _semaphores.Control(task, first, second.Number, CommandIn(third), argument) : Errno.EINVAL;
            case 4: return _semaphores.Operate(task, first, pointer, second, fifth.Address, isLong: false);
            case 11: return _queues.Send(task, first, pointer, second.Number, third.QueueFlags);
            case 12 when isNewForm: return _queues.Receive(task, first, pointer, second.Number, fifth.Number, third.QueueFlags);
            case 12:
                if (pointer == VirtualAddress.Zero) return Errno.EINVAL;
                if (!task.User.TryRead(pointer, out uint message) || !task.User.TryRead(pointer + 4, out int type)) return Errno.EFAULT;
                return _queues.Receive(task, first, new(message), second.Number, type, third.QueueFlags);
            case 13: return _queues.Get(task, first, second.IpcGetFlags);
            case 14: return TakesNewForm(second) ? _queues.Control(task, first, CommandIn(second), pointer) : Errno.EINVAL;
            case 21 when isNewForm: return Errno.EINVAL;
            case 21:
                Errno error = _segments.Attach(task, first, pointer, second.AttachFlags, out VirtualAddress at);
                if (error != Errno.None) return error;
                return task.User.TryWrite(third.Address, at.Value) ? 0 : Errno.EFAULT;
            case 22: return _segments.Detach(task, pointer);
            case 23: return _segments.Get(task, first, second, third.IpcGetFlags);
            case 24: return TakesNewForm(second) ? _segments.Control(task, first, CommandIn(second), pointer) : Errno.EINVAL;
            default: return Errno.ENOSYS;
        }
    }

    /// <summary>The structures of before 2.4 (without IPC_64) are not known here; commands that take none need not say.</summary>
    private static bool TakesNewForm(CallWord command) => (command.Number & IpcWords.NewForm) != 0
        || command.Number is IpcWords.Remove or >= 11 and <= 17;

    private static int CommandIn(CallWord word) => word.Number & ~IpcWords.NewForm;
}
