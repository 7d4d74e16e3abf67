using System.Buffers.Binary;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>epoll_create, epoll_ctl, epoll_wait in their forms. Linux: fs/eventpoll.c.</summary>
internal sealed class EpollCalls(GuestClock clock, WakeUps wakeUps, HostWaits hostWaits)
{
    // 12 bytes: i386 aligns 64-bit words to 4. Linux: EP_MAX_EVENTS
    private const int AddOperation = 1, DeleteOperation = 2, ModifyOperation = 3, EventByteLength = 12, EventsMax =
        int.MaxValue / EventByteLength;

    public void AddTo(CallTable table)
    {
        table.Add(254, "epoll_create", "d", (task, in call) => call.A.Number <= 0 ? Errno.EINVAL : Create(task, 0));
        table.Add(255, "epoll_ctl", "ddda", Control);
        table.Add(256, "epoll_wait", "dadd", (task, in call) =>
            Wait(task, call, call.D.Number < 0 ? null : call.D.Number * TimeWords.Millisecond));
        table.Add(319, "epoll_pwait", "dadda", (task, in call) =>
            WaitWithMask(task, call, call.D.Number < 0 ? null : call.D.Number * TimeWords.Millisecond));
        table.Add(329, "epoll_create1", "x", (task, in call) => Create(task, call.A.Flags));
        table.Add(441, "epoll_pwait2", "dadaa", WaitLong);
    }

    private CallResult Create(GuestTask task, FileFlags flags)
    {
        if ((flags & ~FileFlags.CloseOnExec) != 0) return Errno.EINVAL;
        return task.Process.Install(new EpollFile(clock, wakeUps, 0), flags);
    }

    /// <summary>
    /// epoll_ctl(2). EBADF; EPERM for files that are always ready; EINVAL for itself, or if it is not an epoll; EEXIST, ENOENT; ELOOP.
    /// </summary>
    private static CallResult Control(GuestTask task, in CallArguments call)
    {
        int operation = call.B.Number;
        Descriptor descriptor = call.C.Descriptor;
        Span<byte> bytes = stackalloc byte[EventByteLength];
        if (operation != DeleteOperation && !task.User.TryCopyFrom(call.D.Address, bytes)) return Errno.EFAULT;
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open || task.Process.Descriptors.Find(descriptor) is not { } file)
            return Errno.EBADF;
        if (!file.CanBeWatched) return Errno.EPERM;    // regular files are always ready (file_can_poll)
        if (open == file || open is not EpollFile epoll) return Errno.EINVAL;    // after EPERM, as in do_epoll_ctl
        uint events = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        ulong data = BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]);
        EpollItem? item = epoll.Find(descriptor, file);
        if (operation != DeleteOperation && (events & EpollFile.Alone) != 0) return Errno.EINVAL;    // as before Linux 4.5
        switch (operation)
        {
            case AddOperation:
                if (file is EpollFile nested && epoll.WouldLoop(nested)) return Errno.ELOOP;    // before EEXIST, as in do_epoll_ctl
                if (item is not null) return Errno.EEXIST;
                epoll.Add(new EpollItem(descriptor, file) { Events = events | EpollFile.Always, Data = data, IsFresh = true });
                return 0;
            case DeleteOperation:
                if (item is null) return Errno.ENOENT;
                epoll.Remove(item);
                return 0;
            case ModifyOperation:
                if (item is null) return Errno.ENOENT;
                (item.Events, item.Data) = (events | EpollFile.Always, data);
                epoll.Changed(item);
                return 0;
            default:
                return Errno.EINVAL;
        }
    }

    private CallResult WaitLong(GuestTask task, in CallArguments call)
    {
        Errno error = TimeWords.ReadIfAny(task.User, call.D.Address, isLong: true, out long? wait);
        return error == Errno.None ? WaitWithMask(task, call, wait) : error;
    }

    private CallResult WaitWithMask(GuestTask task, in CallArguments call, long? wait)
    {
        if (!task.IsBlocked && call.E != 0)
        {
            if (call.F != sizeof(ulong)) return Errno.EINVAL;    // Linux: set_user_sigmask
            if (!task.User.TryRead(call.E.Address, out ulong bits)) return Errno.EFAULT;
            task.BlockWhileWaiting(bits);
        }

        CallResult result = Wait(task, call, wait);
        if (!result.IsWaiting) task.RestoreMaskUnlessSignalled();    // else the handler's return restores it
        return result;
    }

    private CallResult Wait(GuestTask task, in CallArguments call, long? wait)
    {
        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EINVAL, out EpollFile epoll);
        if (error == Errno.None && call.C.Number is <= 0 or > EventsMax) error = Errno.EINVAL;
        if (error != Errno.None) return error;
        if (!task.IsBlocked && wait is { } nanoseconds) task.Call.Deadline = clock.Now + nanoseconds;
        (uint Events, ulong Data)[] ready = new (uint, ulong)[Math.Min(call.C, (uint)Math.Max(epoll.Count, 1))];    // no more can be ready
        int count = epoll.Collect(ready);
        if (count > 0) return WriteEvents(task, call.B.Address, ready.AsSpan(0, count));
        if (task.Call.Deadline <= clock.Now) return 0;
        foreach (EpollItem item in epoll.Items)
        {
            if (item.File is { HostDescriptor: >= 0, CanRead: true } stream && (item.Events & PollEvents.In) != 0
                && (stream.Readiness & PollEvents.In) == 0) hostWaits.Add(stream.HostDescriptor);
        }

        return task.Wait(Errno.EINTR, epoll);
    }

    private static CallResult WriteEvents(GuestTask task, VirtualAddress at, ReadOnlySpan<(uint Events, ulong Data)> ready)
    {
        byte[] bytes = new byte[ready.Length * EventByteLength];
        for (int i = 0; i < ready.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * EventByteLength), ready[i].Events);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * EventByteLength) + 4), ready[i].Data);
        }

        return task.User.TryCopyTo(at, bytes) ? ready.Length : Errno.EFAULT;
    }
}
