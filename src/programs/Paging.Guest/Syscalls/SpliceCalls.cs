using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>Bytes between pipes and files that the program does not see: splice(2). Linux: fs/splice.c.</summary>
/// <remarks>Bytes are copied: what is written to a file afterwards does not show in the pipe, as it may under Linux.</remarks>
internal sealed class SpliceCalls(SignalSender signals, SocketTransfer sockets, FileSizeLimits limits)
{
    private const uint NonBlocking = 2, KnownFlags = 15;
    private const int BlockByteLength = 65536;

    public void AddTo(CallTable table) => table.Add(313, "splice", "dadanx", Splice);

    /// <summary>EBADF: not open so; ESPIPE: an offset for a pipe; EINVAL: no pipe among the two, or one pipe twice.</summary>
    /// <remarks>Linux: __do_splice, do_splice.</remarks>
    private CallResult Splice(GuestTask task, in CallArguments call)
    {
        if (call.E == 0) return 0;
        if ((call.F & ~KnownFlags) != 0) return Errno.EINVAL;
        DescriptorSet descriptors = task.Process.Descriptors;
        if (descriptors.Find(call.A.Descriptor) is not { } from || descriptors.Find(call.C.Descriptor) is not { } to) return Errno.EBADF;
        if ((call.B != 0 && from is PipeEnd) || (call.D != 0 && to is PipeEnd)) return Errno.ESPIPE;
        VirtualAddress offsetAt = call.B != 0 ? call.B.Address : call.D.Address;
        long? offset = null;
        if (offsetAt != VirtualAddress.Zero)
        {
            if (!task.User.TryRead(offsetAt, out long asked)) return Errno.EFAULT;
            offset = asked;
        }

        if (!from.CanRead || !to.CanWrite) return Errno.EBADF;
        int wanted = (int)Math.Min(call.E.Word, BlockByteLength);
        bool mayWait = (call.F & NonBlocking) == 0 && !IsNonBlocking(from) && !IsNonBlocking(to);
        CallResult result;
        switch (from, to)
        {
            case (PipeEnd source, PipeEnd target):
                result = source.Pipe == target.Pipe ? Errno.EINVAL : Move(task, source, target, wanted, mayWait);
                break;
            case (PipeEnd source, _):
                result = Drain(task, source, to, offset, wanted, mayWait);
                break;
            case (_, PipeEnd target):
                result = Fill(task, from, target, offset, wanted, mayWait);
                break;
            default: return Errno.EINVAL;
        }

        if (result.IsWaiting) task.Call.HoldFiles([new(call.A.Descriptor, from), new(call.C.Descriptor, to)]);
        if (result.Count == 0 || offset is not { } before) return result;
        return task.User.TryWrite(offsetAt, before + result.Count) ? result : Errno.EFAULT;
    }

    /// <summary>From pipe to pipe. Linux: splice_pipe_to_pipe.</summary>
    private CallResult Move(GuestTask task, PipeEnd from, PipeEnd to, int wanted, bool mayWait)
    {
        if (from.Pipe.Count == 0 && from.Pipe.WriterCount > 0) return Await(task, mayWait);
        if (!HasRoom(to)) return AwaitRoom(task, to, mayWait);    // also where nothing is left to be moved
        return from.MovePages(to, wanted);
    }

    /// <summary>From a pipe into a file, at its position or an offset. What the file does not take stays. Linux: do_splice_from.</summary>
    private CallResult Drain(GuestTask task, PipeEnd from, OpenDescription to, long? offset, int wanted, bool mayWait)
    {
        if (offset is not null && !to.IsSeekable) return Errno.EINVAL;
        if ((to.Flags & FileFlags.Append) != 0) return Errno.EINVAL;
        if (offset < 0) return Errno.EINVAL;
        if (!to.CanSpliceTo) return Errno.EINVAL;
        if (from.Pipe.Count == 0) return AwaitBytes(task, from, mayWait);
        Errno error = limits.Cut(task, to, offset, done: 0, ref wanted);
        if (error != Errno.None) return error;
        byte[] block = new byte[wanted];
        error = from.Pipe.Peek(block, isRead: false, out int count);
        if (error != Errno.None) return error;
        ReadOnlySpan<byte> bytes = block.AsSpan(0, count);
        CallResult taken = offset is { } at ? to.WriteAt(at, bytes)
            : to is UnixSocket socket ? sockets.SendBytes(task, socket, bytes) : to.Write(bytes);
        if (taken.IsWaiting) return Await(task, mayWait);
        if (taken.Count > 0) from.Drop(taken.Count, isRead: false);
        return taken == Errno.EPIPE && to is not UnixSocket { SignalsBrokenPipe: false } ? Broken(task) : taken;
    }

    /// <summary>From a file into a pipe: as much as fits at once. Linux: splice_file_to_pipe.</summary>
    public CallResult Fill(GuestTask task, OpenDescription from, PipeEnd to, long? offset, int wanted, bool mayWait)
    {
        if (offset is not null && !from.IsSeekable) return Errno.EINVAL;
        if (offset < 0) return Errno.EINVAL;
        if (!HasRoom(to)) return AwaitRoom(task, to, mayWait);
        if (wanted == 0) return 0;
        if (!from.CanSpliceFrom) return Errno.EINVAL;
        byte[] block = new byte[Math.Min(wanted, to.Pipe.RoomByteLength)];
        CallResult read = offset is { } at ? from.ReadAt(at, block)
            : from is UnixSocket socket ? sockets.ReadBytes(task, socket, block, mayWait) : from.Read(block);
        if (read.IsWaiting) return Await(task, mayWait);
        if (read.Count == 0) return read;
        long start = offset ?? from.Position - read.Count;
        CallResult put = to.PutPages(block.AsSpan(0, read.Count), from.IsSeekable ? (uint)(start & PageWords.OffsetMask) : 0);
        if (offset is null && from.IsSeekable) from.Position -= read.Count - put.Count;    // what did not go in is not lost
        return put;
    }

    /// <summary>Nothing is in the pipe: its end, or the call waits.</summary>
    private static CallResult AwaitBytes(GuestTask task, PipeEnd from, bool mayWait) =>
        from.Pipe.WriterCount == 0 ? 0 : Await(task, mayWait);

    private static bool HasRoom(PipeEnd to) => to.Pipe.ReaderCount != 0 && !to.Pipe.IsFull;

    /// <summary>Nothing goes into the pipe: nobody reads it any more, or the call waits.</summary>
    private CallResult AwaitRoom(GuestTask task, PipeEnd to, bool mayWait) =>
        to.Pipe.ReaderCount == 0 ? Broken(task) : Await(task, mayWait);

    private static CallResult Await(GuestTask task, bool mayWait) => mayWait ? task.Wait(RestartUnlessHandled) : Errno.EAGAIN;

    private CallResult Broken(GuestTask task)
    {
        signals.Send(task, task.Process.Describe(SignalNumber.Pipe));
        return Errno.EPIPE;
    }

    /// <summary>Only of pipes: a file that is opened with O_NONBLOCK does not keep a pipe from waiting.</summary>
    private static bool IsNonBlocking(OpenDescription open) => open is PipeEnd { IsNonBlocking: true };
}
