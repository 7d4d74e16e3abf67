using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>msgget, msgsnd, msgrcv, msgctl. Linux: ipc/msg.c.</summary>
internal sealed class MessageQueueCalls(GuestClock clock, Happenings happenings, SystemVIpc systemV, QueuedBytes queued)
{
    private const int StatusOfSlot = 11, SystemInformation = 12, StatusOfAny = 13, TypeByteLength = 4;

    public void AddTo(CallTable table)
    {
        table.Add(399, "msgget", "xx", (task, in call) => Get(task, call.A.Number, call.B.IpcGetFlags));
        table.Add(400, "msgsnd", "danx", (task, in call) =>
            Send(task, call.A.Number, call.B.Address, call.C.Number, call.D.QueueFlags));
        table.Add(401, "msgrcv", "dandx", (task, in call) =>
            Receive(task, call.A.Number, call.B.Address, call.C.Number, call.D.Number, call.E.QueueFlags));
        table.Add(402, "msgctl", "dda", (task, in call) => Control(task, call.A.Number, call.B.Number, call.C.Address));
    }

    public CallResult Get(GuestTask task, int key, IpcGetFlags flags)
    {
        MessageQueue Make() => new(task.Credentials, flags.Rights(), Now);
        Errno error = systemV.Queues.Get(task, key, flags, static _ => Errno.None, () => (Make(), Errno.None), out MessageQueue? found);
        return error == Errno.None ? found!.Id : error;
    }

    public CallResult Send(GuestTask task, int id, VirtualAddress at, int byteLength, QueueFlags flags)
    {
        if (task.Call.Awaited is MessageQueue { IsRemoved: true }) return Errno.EIDRM;
        if (!task.User.TryRead(at, out int type)) return Errno.EFAULT;
        if (byteLength is < 0 or > MessageQueue.MessageByteLengthMax || id < 0 || type < 1) return Errno.EINVAL;
        byte[] bytes = new byte[byteLength];
        if (!task.User.TryCopyFrom(at + TypeByteLength, bytes)) return Errno.EFAULT;
        Errno error = systemV.Queues.FindAllowed(task, id, FileModes.AllWrite, out MessageQueue queue);
        if (error != Errno.None) return error;
        if (!queue.HasRoomFor(byteLength)) return (flags & QueueFlags.NoWait) != 0 ? Errno.EAGAIN : Wait(task, queue);
        error = queued.Charge(byteLength);
        if (error != Errno.None) return error;
        queue.Put(new(type, bytes), task.Process.Id, Now);
        happenings.Happened();
        return 0;
    }

    public CallResult Receive(GuestTask task, int id, VirtualAddress at, int byteLength, int type, QueueFlags flags)
    {
        if (task.Call.Awaited is MessageQueue { IsRemoved: true }) return Errno.EIDRM;
        if (id < 0 || byteLength < 0) return Errno.EINVAL;
        bool copies = (flags & QueueFlags.Copy) != 0;
        if (copies && ((flags & QueueFlags.Except) != 0 || (flags & QueueFlags.NoWait) == 0)) return Errno.EINVAL;
        Errno error = systemV.Queues.FindAllowed(task, id, FileModes.AllRead, out MessageQueue queue);
        if (error != Errno.None) return error;
        LinkedListNode<TypedMessage>? node = copies ? queue.At(type) : queue.Find(type, (flags & QueueFlags.Except) != 0);
        if (node is null) return (flags & QueueFlags.NoWait) != 0 ? Errno.ENOMSG : Wait(task, queue);
        TypedMessage message = node.Value;
        if (message.Bytes.Length > byteLength && (flags & QueueFlags.CutsLong) == 0) return Errno.E2BIG;
        if (message.Bytes.Length > byteLength && copies) return Errno.EINVAL;    // a copy is not cut. Linux: copy_msg
        if (!copies)
        {
            queue.Take(node, task.Process.Id, Now);
            queued.Uncharge(message.Bytes.Length);
            happenings.Happened();
        }

        int count = Math.Min(byteLength, message.Bytes.Length);
        return task.User.TryWrite(at, message.Type) && task.User.TryCopyTo(at + TypeByteLength, message.Bytes.AsSpan(0, count)) ? count
            : Errno.EFAULT;
    }

    public CallResult Control(GuestTask task, int id, int command, VirtualAddress at)
    {
        if (id < 0 || command < 0) return Errno.EINVAL;
        return command switch
        {
            IpcWords.Information or SystemInformation => WriteLimits(task, command, at),
            IpcWords.Status or StatusOfSlot or StatusOfAny =>
                systemV.Queues.WriteStatus(task, id, command, at, needsRight: command != StatusOfAny),
            IpcWords.Remove or IpcWords.Set => Change(task, id, command, at),
            _ => Errno.EINVAL,
        };
    }

    private long Now => clock.RealSeconds;

    private static CallResult Wait(GuestTask task, MessageQueue queue)
    {
        task.Call.Awaited = queue;
        return task.Wait(RestartIfUnhandled);
    }

    private CallResult Change(GuestTask task, int id, int command, VirtualAddress at)
    {
        Errno error = systemV.Queues.FindToChange(task, id, command, at, out MessageQueue queue, out byte[] wanted);
        if (error != Errno.None) return error;
        if (command == IpcWords.Set)
        {
            uint most = BinaryPrimitives.ReadUInt32LittleEndian(wanted.AsSpan(68));
            if (most > MessageQueue.DefaultByteLengthMax && !task.Credentials.Can(Capability.Resource)) return Errno.EPERM;
            queue.TakePermission(wanted);
            queue.ByteLengthMax = most;
            queue.ChangedAt = Now;
        }
        else
        {
            systemV.Queues.Remove(queue);
            foreach (TypedMessage message in queue.Messages) queued.Uncharge(message.Bytes.Length);
        }

        happenings.Happened();
        return 0;
    }

    /// <summary>
    /// struct msginfo: pool, map, the longest message, a queue's bytes, queues, a segment, messages; the last is 16 bits.
    /// </summary>
    private CallResult WriteLimits(GuestTask task, int command, VirtualAddress at)
    {
        IpcTable<MessageQueue> all = systemV.Queues;
        bool isUsage = command == SystemInformation;
        int messages = all.All.Sum(static queue => queue.Messages.Count), bytes = all.All.Sum(static queue => queue.ByteLength);
        Span<int> words =
        [
            isUsage ? all.Count : 512_000, isUsage ? messages : MessageQueue.DefaultByteLengthMax, MessageQueue.MessageByteLengthMax,
                MessageQueue.DefaultByteLengthMax, 32000, 16,
            isUsage ? bytes : MessageQueue.DefaultByteLengthMax, 0xFFFF,
        ];
        return task.User.TryCopyTo(at, MemoryMarshal.AsBytes(words)) ? all.LastSlot : Errno.EFAULT;
    }
}
