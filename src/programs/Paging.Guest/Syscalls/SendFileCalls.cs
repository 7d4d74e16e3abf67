using System.Buffers;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>From a file to whatever can be written, past the program: sendfile(2). Linux: fs/read_write.c do_sendfile.</summary>
internal sealed class SendFileCalls(
    SpliceCalls splices, SignalSender signals, SocketTransfer sockets, FileSizeLimits limits)
{
    private const int BlockByteLength = 65536;
    private const uint ByteLengthMax = 0x7FFF_F000;    // MAX_RW_COUNT

    public void AddTo(CallTable table)
    {
        table.Add(187, "sendfile", "ddan", (task, in call) => Send(task, call, isLong: false));
        table.Add(239, "sendfile64", "ddan", (task, in call) => Send(task, call, isLong: true));
    }

    /// <summary>
    /// EBADF: not open so; ESPIPE: a place in what has none; EINVAL: it cannot be read at a place, or is written at its end. Into a pipe it
    /// is splice(2). Linux: do_sendfile.
    /// </summary>
    private CallResult Send(GuestTask task, in CallArguments call, bool isLong)
    {
        long offset = 0;
        int narrow = 0;
        bool isTold = call.C == 0
            || (isLong ? task.User.TryRead(call.C.Address, out offset) : task.User.TryRead(call.C.Address, out narrow));
        if (!isTold) return Errno.EFAULT;
        DescriptorSet descriptors = task.Process.Descriptors;
        if (descriptors.Find(call.B.Descriptor) is not { CanRead: true } from) return Errno.EBADF;
        if (call.C != 0 && !from.IsSeekable) return Errno.ESPIPE;
        offset = call.C == 0 ? from.Position : isLong ? offset : narrow;
        if (offset < 0 || offset > long.MaxValue - call.D.Word) return Errno.EINVAL;    // rw_verify_area
        if (descriptors.Find(call.A.Descriptor) is not { CanWrite: true } to) return Errno.EBADF;
        if (to is PipeEnd pipe) return SendIntoPipe(task, call, from, pipe, call.C == 0 ? null : offset, isLong);
        if ((to.Flags & FileFlags.Append) != 0 || !(from.IsSeekable || from is AnonymousFile)) return Errno.EINVAL;
        if (call.D == 0) return 0;
        if (from is DirectoryFile or AnonymousFile) return Errno.EINVAL;    // what cannot be spliced
        CallResult sent = SendAll(task, from, offset, to, Math.Min(call.D, ByteLengthMax));
        if (sent.IsWaiting) return task.Wait(RestartUnlessHandled, [new(call.A.Descriptor, to), new(call.B.Descriptor, from)]);
        task.CountTransfers(new(sent.Count, sent.Count, 1, 1));
        if (!sent.IsValue)
        {
            signals.TellIfBroken(task, sent, to);
            return sent;
        }

        offset += sent.Count;
        if (call.C == 0) from.Position = offset;
        return call.C == 0 || TryTell(task, call.C.Address, offset, isLong) ? sent : Errno.EFAULT;
    }

    private CallResult SendIntoPipe(GuestTask task, in CallArguments call, OpenDescription from, PipeEnd to, long? offset, bool isLong)
    {
        CallResult sent = splices.Fill(task, from, to, offset, (int)Math.Min(call.D.Word, BlockByteLength), !to.IsNonBlocking);
        if (sent.IsWaiting) task.Call.HoldFiles([new(call.A.Descriptor, to), new(call.B.Descriptor, from)]);
        if (sent.Count <= 0) return sent;
        task.CountTransfers(new(sent.Count, sent.Count, 1, 1));
        return offset is not { } at || TryTell(task, call.C.Address, at + sent.Count, isLong) ? sent : Errno.EFAULT;
    }

    private static bool TryTell(GuestTask task, VirtualAddress at, long offset, bool isLong) =>
        isLong ? task.User.TryWrite(at, offset) : task.User.TryWrite(at, (int)offset);

    /// <summary>
    /// Until the file ends or the other takes no more. What has been sent counts, an error or a wait after it is not told. A file that is
    /// sent to its own end grows before it is read. Linux: splice_direct_to_actor.
    /// </summary>
    private CallResult SendAll(GuestTask task, OpenDescription from, long offset, OpenDescription to, uint byteLength)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockByteLength);
        try
        {
            int done = 0;
            while (done < byteLength)
            {
                int wanted = (int)Math.Min(byteLength - (uint)done, BlockByteLength);
                Errno error = limits.Cut(task, to, null, done, ref wanted);
                if (error != Errno.None) return done > 0 ? done : error;
                CallResult read = from.ReadAt(offset + done, buffer.AsSpan(0, wanted));
                if (read.Count == 0) return done > 0 ? done : read;
                ReadOnlySpan<byte> bytes = buffer.AsSpan(0, read.Count);
                CallResult put = to is UnixSocket socket ? sockets.SendBytes(task, socket, bytes) : to.Write(bytes);
                if (put.Count == 0) return done > 0 ? done : put;
                done += put.Count;
                if (put.Count < read.Count) break;
            }

            return done;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
