using System.Buffers;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Sockets;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>From a file to whatever can be written, past the program: sendfile(2). Linux: fs/read_write.c do_sendfile.</summary>
internal sealed class SendFileCalls(SignalSender signals, SocketTransfer sockets, FileSizeLimits limits, DirectoryWatches watches)
{
    private const int BlockByteLength = 65536;
    private const uint ByteLengthMax = 0x7FFF_F000;    // MAX_RW_COUNT

    public void AddTo(CallTable table)
    {
        table.Add(187, "sendfile", "ddan", (task, in call) => Send(task, call, isLong: false));
        table.Add(239, "sendfile64", "ddan", (task, in call) => Send(task, call, isLong: true));
    }

    /// <summary>EBADF: not open so; EINVAL: it cannot be read at a place, or is written at its end.</summary>
    private CallResult Send(GuestTask task, in CallArguments call, bool isLong)
    {
        DescriptorSet descriptors = task.Process.Descriptors;
        if (descriptors.Find(call.A.Descriptor) is not { CanWrite: true } to
            || descriptors.Find(call.B.Descriptor) is not { CanRead: true } from)
            return Errno.EBADF;
        if (!from.IsSeekable || from is DirectoryFile || (to.Flags & FileFlags.Append) != 0) return Errno.EINVAL;
        long offset = from.Position;
        if (call.C != 0)
        {
            int narrow = 0;
            if (!(isLong ? task.User.TryRead(call.C.Address, out offset) : task.User.TryRead(call.C.Address, out narrow)))
                return Errno.EFAULT;
            if (!isLong) offset = narrow;
        }

        if (offset < 0) return Errno.EINVAL;    // rw_verify_area
        CallResult sent = SendAll(task, from, offset, to, Math.Min(call.D, ByteLengthMax));
        if (sent.IsWaiting) return task.Wait(RestartUnlessHandled, [new(call.A.Descriptor, to), new(call.B.Descriptor, from)]);
        task.CountTransfers(new(sent.Count, sent.Count, 1, 1));
        if (!sent.IsValue)
        {
            signals.TellIfBroken(task, sent, to);
            return sent;
        }

        if (sent.Count > 0) watches.TellTransfer(from, to);
        offset += sent.Count;
        if (call.C == 0) from.Position = offset;
        else if (!(isLong ? task.User.TryWrite(call.C.Address, offset) : task.User.TryWrite(call.C.Address, (int)offset)))
            return Errno.EFAULT;
        return sent;
    }

    /// <summary>
    /// Until the file ends or the other takes no more. What has been sent counts, an error or a wait after it is not told. A file that is
    /// sent to its own end grows before it is read. Into a pipe goes as much as fits at once. Linux: splice_direct_to_actor.
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
                if (put.Count < read.Count || to is PipeEnd) break;
            }

            return done;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
