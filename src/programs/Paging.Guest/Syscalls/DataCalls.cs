using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Reads and writes of open files. Linux: fs/read_write.c.</summary>
internal sealed class DataCalls(SignalSender signals)
{
    public void AddTo(CallTable table)
    {
        table.Add(3, "read", "dan", (task, in call) => Single(task, call, null, isWrite: false));
        table.Add(4, "write", "dan", (task, in call) => Single(task, call, null, isWrite: true));
        table.Add(180, "pread64", "danL", (task, in call) => Single(task, call, CallArguments.Long(call.D, call.E), isWrite: false));
        table.Add(181, "pwrite64", "danL", (task, in call) => Single(task, call, CallArguments.Long(call.D, call.E), isWrite: true));
        table.Add(145, "readv", "dad", (task, in call) => Vector(task, call, null, isWrite: false));
        table.Add(146, "writev", "dad", (task, in call) => Vector(task, call, null, isWrite: true));
        table.Add(333, "preadv", "dadL", (task, in call) => Vector(task, call, CallArguments.Long(call.D, call.E), isWrite: false));
        table.Add(334, "pwritev", "dadL", (task, in call) => Vector(task, call, CallArguments.Long(call.D, call.E), isWrite: true));
        table.Add(378, "preadv2", "dadLx", (task, in call) => FlaggedVector(task, call, isWrite: false));
        table.Add(379, "pwritev2", "dadLx", (task, in call) => FlaggedVector(task, call, isWrite: true));
        table.Add(19, "lseek", "ddd", Seek);
        table.Add(140, "_llseek", "dxxad", LongSeek);
    }

    /// <summary>Returns true if the last byte would be beyond the largest file. Linux: rw_verify_area.</summary>
    private static bool IsPastAll(OpenDescription open, long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts)
    {
        if (offset is null && open.HasUnsignedPosition) return false;
        long end = offset ?? open.Position;
        foreach ((_, uint length) in parts) end = unchecked(end + length);    // a wrapped sum is negative
        return end < 0;
    }

    private CallResult Single(GuestTask task, in CallArguments call, long? offset, bool isWrite)
    {
        Errno error = Find(task, call.A.Descriptor, offset, isWrite, out OpenDescription open);
        return error != Errno.None ? error : Move(task, open, offset, new(task.User, [(call.B.Address, call.C)]), isWrite);
    }

    /// <summary>An offset of −1 is the position of the file. Linux: preadv2, do_readv.</summary>
    private CallResult FlaggedVector(GuestTask task, in CallArguments call, bool isWrite)
    {
        long offset = CallArguments.Long(call.D, call.E);
        return Vector(task, call, offset == -1 ? null : offset, isWrite, (RequestFlags)call.F.Word);
    }

    private CallResult Vector(GuestTask task, in CallArguments call, long? offset, bool isWrite, RequestFlags flags = RequestFlags.None)
    {
        Errno error = Find(task, call.A.Descriptor, offset, isWrite, out OpenDescription open);
        if (error != Errno.None) return error;
        error = UserParts.Read(task.User, call.B.Address, call.C, tooMany: Errno.EINVAL, out UserParts parts);
        if (error != Errno.None) return error;
        bool isEmpty = parts.ByteLength == 0 && CanMove(open, isWrite);    // without calling the file. Linux: vfs_readv, vfs_writev
        return isEmpty ? 0 : Move(task, open, offset, parts, isWrite, flags);
    }

    private static bool CanMove(OpenDescription open, bool isWrite) => isWrite ? open.HasWrite : open.HasRead;

    /// <summary>ESPIPE is checked before the access mode. Linux: ksys_pread64, do_preadv check FMODE_PREAD first.</summary>
    private static Errno Find(GuestTask task, Descriptor descriptor, long? offset, bool isWrite, out OpenDescription open)
    {
        open = null!;
        if (offset < 0) return Errno.EINVAL;    // before EBADF, as in ksys_pread64
        if (task.Process.Descriptors.Find(descriptor) is not { } found) return Errno.EBADF;
        open = found;
        if (offset is not null && !open.IsSeekable) return Errno.ESPIPE;
        return (isWrite ? open.CanWrite : open.CanRead) ? Errno.None : Errno.EBADF;
    }

    private CallResult Move(GuestTask task, OpenDescription open, long? offset, UserParts parts, bool isWrite,
        RequestFlags flags = RequestFlags.None)
    {
        if (!CanMove(open, isWrite) || IsPastAll(open, offset, parts.Pieces)) return Errno.EINVAL;
        if (flags == RequestFlags.None) return MoveNow(task, open, offset, parts, isWrite, sendsSignal: true);
        Errno error = open.CheckRequest(flags);
        if (error != Errno.None) return error;
        FileFlags own = open.Flags;
        open.Flags = For(own, flags);    // no other thread runs before they are back
        try
        {
            return MoveNow(task, open, offset, parts, isWrite, (flags & RequestFlags.NoSignal) == 0);
        }
        finally
        {
            open.Flags = own;
        }
    }

    /// <summary>The flags of an open file for one request. Linux: kiocb_set_rw_flags.</summary>
    private static FileFlags For(FileFlags own, RequestFlags flags)
    {
        if ((flags & (RequestFlags.DataSync | RequestFlags.Sync)) != 0) own |= FileFlags.DataSync;
        if ((flags & RequestFlags.NoWait) != 0) own |= FileFlags.NonBlocking;
        if ((flags & RequestFlags.Append) != 0) own |= FileFlags.Append;
        return (flags & RequestFlags.NoAppend) != 0 ? own & ~FileFlags.Append : own;
    }

    private CallResult MoveNow(GuestTask task, OpenDescription open, long? offset, UserParts parts, bool isWrite, bool sendsSignal)
    {
        UserTransfer transfer = task.BeginTransfer(parts, offset);
        CallResult result = isWrite ? open.WriteFrom(ref transfer) : open.ReadTo(ref transfer);
        if (!sendsSignal && transfer.Signal == SignalNumber.Pipe) transfer.Signal = SignalNumber.None;
        return signals.End(task, ref transfer, open, result);
    }

    private static CallResult Seek(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (call.C > 4) return Errno.EINVAL;    // SEEK_HOLE
        CallResult position = open.Seek(call.B.Number, call.C.Number);
        return position.Value > int.MaxValue ? Errno.EOVERFLOW : position;    // the position has moved all the same (ksys_lseek)
    }

    private static CallResult LongSeek(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (call.E > 4) return Errno.EINVAL;    // SEEK_HOLE
        CallResult position = open.Seek(CallArguments.Long(call.C, call.B), call.E.Number);
        if (!position.IsValue) return position;
        return task.User.TryWrite(call.D.Address, position.Value) ? 0 : Errno.EFAULT;
    }
}
