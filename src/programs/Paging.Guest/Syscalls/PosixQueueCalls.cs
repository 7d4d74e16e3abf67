using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>POSIX message queues. Linux: ipc/mqueue.c.</summary>
internal sealed class PosixQueueCalls(GuestClock clock, Happenings happenings, InodeNumbers inodeNumbers, SignalSender signals,
    QueuedBytes queued, PosixQueueNames queues)
{
    private const uint PriorityMax = 32768;
    private const int HardCount = 65536, HardByteLength = 16 << 20;
    private const int MessageRecordByteLength = 48, TreeNodeByteLength = 48;

    public void AddTo(CallTable table)
    {
        table.Add(277, "mq_open", "sfxa", Open);
        table.Add(278, "mq_unlink", "s", Unlink);
        table.Add(279, "mq_timedsend", "danda", (task, in call) => Send(task, call, isLong: false));
        table.Add(280, "mq_timedreceive", "danaa", (task, in call) => Receive(task, call, isLong: false));
        table.Add(281, "mq_notify", "da", Notify);
        table.Add(282, "mq_getsetattr", "daa", Attributes);
        table.Add(418, "mq_timedsend_time64", "danda", (task, in call) => Send(task, call, isLong: true));
        table.Add(419, "mq_timedreceive_time64", "danaa", (task, in call) => Receive(task, call, isLong: true));
    }

    private static Errno ReadName(GuestTask task, VirtualAddress at, out string name)
    {
        Errno error = task.User.ReadPath(at, out name);
        if (error != Errno.None) return error;
        if (name.Length == 0) return Errno.ENOENT;
        if (name.Length > 255) return Errno.ENAMETOOLONG;
        return name.Contains('/', StringComparison.Ordinal) || name is "." or ".." ? Errno.EACCES : Errno.None;
    }

    /// <summary>struct mq_attr: flags, messages, bytes of one, messages there are.</summary>
    private CallResult Open(GuestTask task, in CallArguments call)
    {
        Span<int> words = stackalloc int[4];
        FileFlags flags = call.B.Flags;
        bool hasAttributes = call.D != 0 && (flags & FileFlags.Create) != 0;
        if (hasAttributes && !task.User.TryCopyFrom(call.D.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
        Errno error = ReadName(task, call.A.Address, out string name);
        if (error != Errno.None) return error;
        if (queues.TryFind(name, out PosixQueue? queue))
        {
            if ((flags & FileFlags.CreateNew) == FileFlags.CreateNew) return Errno.EEXIST;
            if ((flags & FileFlags.AccessMask) == FileFlags.AccessMask) return Errno.EINVAL;
            error = MayOpen(task, queue, flags);
        }
        else if ((flags & FileFlags.Create) == 0)
        {
            error = Errno.ENOENT;
        }
        else
        {
            error = Make(task, name, call.C.Mode, hasAttributes ? words[1] : PosixQueue.DefaultCount, hasAttributes ? words[2]
                : PosixQueue.DefaultByteLength, out queue);
        }

        if (error != Errno.None) return error;
        FileFlags kept = flags & (FileFlags.AccessMask | FileFlags.NonBlocking);
        return task.Process.Install(new PosixQueueFile(clock, queue!, kept), closeOnExec: true);
    }

    private static Errno MayOpen(GuestTask task, PosixQueue queue, FileFlags flags)
    {
        FileStatus status = new() { Mode = queue.Mode, User = queue.User, Group = queue.Group };
        return Permissions.Judge(task, status, Permissions.ToOpen(flags));
    }

    /// <summary>
    /// EINVAL: no room for anything, or over the limits; EMFILE: over RLIMIT_MSGQUEUE; ENOSPC. Linux: mqueue_get_inode, mq_attr_ok.
    /// </summary>
    private Errno Make(GuestTask task, string name, FileModes mode, int count, int byteLength, out PosixQueue? queue)
    {
        queue = null;
        Credentials who = task.Credentials;
        bool isFree = who.Can(Capability.Resource);
        if (queues.Count >= PosixQueue.QueuesMax && !isFree) return Errno.ENOSPC;
        if (count <= 0 || byteLength <= 0 || count > (isFree ? HardCount : PosixQueue.DefaultCount)
            || byteLength > (isFree ? HardByteLength : PosixQueue.DefaultByteLength)) return Errno.EINVAL;
        long charge = ((long)count * (MessageRecordByteLength + byteLength)) + (Math.Min(count, PriorityMax) * TreeNodeByteLength);
        long charged = queues.Where(other => other.User == who.User).Sum(static other => other.Charge);
        if ((ulong)(charged + charge) > task.Process.Limits[LimitTable.MessageQueues].Soft) return Errno.EMFILE;
        queue = new()
        {
            Name = name,
            Inode = inodeNumbers.Take(),
            CountMax = count,
            ByteLengthMax = byteLength,
            Mode = mode & ~task.Process.FileMask & FileModes.Everything,
            User = who.FileUser,
            Group = who.FileGroup,
            Charge = charge,
        };
        queues.Add(queue);
        return Errno.None;
    }

    private CallResult Unlink(GuestTask task, in CallArguments call)
    {
        Errno error = ReadName(task, call.A.Address, out string name);
        if (error != Errno.None) return error;
        if (!queues.TryFind(name, out PosixQueue? queue)) return Errno.ENOENT;
        Credentials who = task.Credentials;
        if (who.FileUser != queue.User && who.FileUser != Credentials.OfHost.EffectiveUser && !who.Can(Capability.OwnFiles))
            return Errno.EPERM;
        queues.Remove(queue);
        queue.IsCounted = false;
        foreach (RankedMessage message in queue.Messages) queued.Uncharge(message.Bytes.Length);
        return 0;
    }

    private CallResult Send(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = ReadDeadline(task, call.E.Address, isLong);
        if (error == Errno.None && call.D >= PriorityMax) error = Errno.EINVAL;
        if (error != Errno.None) return error;
        error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EBADF, out PosixQueueFile file);
        if (error != Errno.None || !file.CanWrite) return Errno.EBADF;
        if (call.C > file.Queue.ByteLengthMax) return Errno.EMSGSIZE;
        byte[] bytes = new byte[call.C];
        if (!task.User.TryCopyFrom(call.B.Address, bytes)) return Errno.EFAULT;
        if (file.Queue.IsFull) return Wait(task, file);
        bool tells = file.Queue.Messages.Count == 0 && !file.Queue.HasReader();
        if (file.Queue.IsCounted) error = queued.Charge(bytes.Length);
        if (error != Errno.None) return error;
        file.Queue.Put(new(call.D, bytes));
        if (tells && file.Queue.Notice is { } notice)
        {
            file.Queue.Notice = null;
            notice.Thread?.Tell(QueueNews.Woken);
            if (notice.Signal != SignalNumber.None)
                signals.Send(notice.Process, task.Process.Describe(notice.Signal, SignalInfo.FromMessageQueue, notice.Value));
        }

        happenings.Happened();
        return 0;
    }

    private CallResult Receive(GuestTask task, in CallArguments call, bool isLong)
    {
        Errno error = ReadDeadline(task, call.E.Address, isLong);
        if (error != Errno.None) return error;
        error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EBADF, out PosixQueueFile file);
        if (error != Errno.None || !file.CanRead) return Errno.EBADF;
        if (call.C < file.Queue.ByteLengthMax) return Errno.EMSGSIZE;
        if (file.Queue.Messages.Count == 0)
        {
            CallResult result = Wait(task, file);
            if (!result.IsWaiting || task.Call.Awaited is PosixQueueWait) return result;
            PosixQueueWait wait = new();
            task.Call.Awaited = wait;
            file.Queue.NoteReader(task, wait);
            return result;
        }

        RankedMessage message = file.Queue.Take();
        if (file.Queue.IsCounted) queued.Uncharge(message.Bytes.Length);
        happenings.Happened();
        bool isWritten = (call.D == 0 || task.User.TryWrite(call.D.Address, message.Priority))
            && task.User.TryCopyTo(call.B.Address, message.Bytes);
        return isWritten ? message.Bytes.Length : Errno.EFAULT;
    }

    /// <summary>The time is CLOCK_REALTIME's.</summary>
    private Errno ReadDeadline(GuestTask task, VirtualAddress at, bool isLong)
    {
        if (at == VirtualAddress.Zero || task.IsBlocked) return Errno.None;
        Errno error = TimeWords.Read(task.User, at, isLong, out long until);
        if (error == Errno.None) task.Call.Deadline = clock.FromClock(until, isRealTime: true);
        return error;
    }

    private CallResult Wait(GuestTask task, PosixQueueFile file)
    {
        if (file.IsNonBlocking) return Errno.EAGAIN;
        return task.Call.Deadline <= clock.Now ? Errno.ETIMEDOUT : task.Wait(RestartUnlessHandled, file);
    }

    /// <summary>struct sigevent: value, signal, kind. EBUSY: another process is registered. Linux: do_mq_notify.</summary>
    private CallResult Notify(GuestTask task, in CallArguments call)
    {
        const int sendSignal = 0, sendNothing = 1, wakeThread = 2;
        Span<int> words = stackalloc int[3];
        QueueThread? thread = null;
        Errno error = Errno.None;
        if (call.B != 0)
        {
            if (!task.User.TryCopyFrom(call.B.Address, MemoryMarshal.AsBytes(words))) return Errno.EFAULT;
            if (words[2] is not (sendSignal or sendNothing or wakeThread)) return Errno.EINVAL;
            if (words[2] == sendSignal && !((SignalNumber)words[1]).IsNoneOrSignal()) return Errno.EINVAL;
            if (words[2] == wakeThread) error = ReadThread(task, words, out thread);
        }

        if (error != Errno.None) return error;
        error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EBADF, out PosixQueueFile file);
        if (error != Errno.None) return error;
        if (file.Queue.Notice is { Process.IsZombie: true }) file.Queue.Notice = null;
        if (call.B == 0)
        {
            if (file.Queue.Notice?.Process == task.Process) file.Queue.RemoveNotice();
            return 0;
        }

        if (file.Queue.Notice is not null) return Errno.EBUSY;
        file.Queue.Notice = new(task.Process, file, words[2] == sendSignal ? (SignalNumber)words[1] : 0, (uint)words[0], thread);
        return 0;
    }

    /// <summary>The value points to 32 bytes, and the signal is a socket. EINVAL: of another family.</summary>
    private static Errno ReadThread(GuestTask task, ReadOnlySpan<int> words, out QueueThread? thread)
    {
        thread = null;
        byte[] cookie = new byte[QueueThread.CookieByteLength];
        if (!task.User.TryCopyFrom(new((uint)words[0]), cookie)) return Errno.EFAULT;
        Errno error = SocketCalls.Find(task, new(words[1]), out UnixSocket socket);
        if (error != Errno.None) return error;
        thread = new(socket, cookie);
        return socket.Type == SocketType.Notices ? Errno.None : Errno.EINVAL;
    }

    private static CallResult Attributes(GuestTask task, in CallArguments call)
    {
        Span<int> words = stackalloc int[8];
        FileFlags wanted = FileFlags.None;
        if (call.B != 0)
        {
            if (!task.User.TryRead(call.B.Address, out wanted)) return Errno.EFAULT;
            if ((wanted & ~FileFlags.NonBlocking) != 0) return Errno.EINVAL;
        }

        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EBADF, out PosixQueueFile file);
        if (error != Errno.None) return error;
        words.Clear();
        (words[0], words[1], words[2], words[3]) =
            ((int)(file.Flags & FileFlags.NonBlocking), file.Queue.CountMax, file.Queue.ByteLengthMax, file.Queue.Messages.Count);
        if (call.B != 0) file.Flags = (file.Flags & ~FileFlags.NonBlocking) | wanted;
        return call.C == 0 || task.User.TryCopyTo(call.C.Address, MemoryMarshal.AsBytes(words)) ? 0 : Errno.EFAULT;
    }
}
