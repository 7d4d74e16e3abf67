using System.Buffers;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Native;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>sendfile(2): from a file to any writable file, without the program's memory. Linux: fs/read_write.c do_sendfile.</summary>
/// <remarks>Bytes are copied: later writes to the file do not appear in a pipe, as they may under Linux.</remarks>
internal sealed class SendFileCalls(SignalSender signals, FileSizeLimits limits)
{
    private const int BlockByteLength = 65536;    // as a pipe holds, through which Linux copies

    public void AddTo(CallTable table)
    {
        table.Add(187, "sendfile", "ddan", (task, in call) => Send(task, call, isLong: false));
        table.Add(239, "sendfile64", "ddan", (task, in call) => Send(task, call, isLong: true));
    }

    /// <summary>
    /// EBADF if not open for that; ESPIPE for an offset in a file without positions; EOVERFLOW for one past the largest; EINVAL if it
    /// cannot be read at an offset, or the target is O_APPEND. Linux: do_sendfile.
    /// </summary>
    private CallResult Send(GuestTask task, in CallArguments call, bool isLong)
    {
        long offset = 0;
        int narrow = 0;
        bool isRead = call.C == 0
            || (isLong ? task.User.TryRead(call.C.Address, out offset) : task.User.TryRead(call.C.Address, out narrow));
        if (!isRead) return Errno.EFAULT;
        DescriptorSet descriptors = task.Process.Descriptors;
        if (descriptors.Find(call.B.Descriptor) is not { CanRead: true } from) return Errno.EBADF;
        if (call.C != 0 && !from.IsSeekable) return Errno.ESPIPE;    // before the target is looked at
        offset = call.C == 0 ? from.Position : isLong ? offset : narrow;
        if (offset < 0 || offset > long.MaxValue - call.D.Word) return Errno.EINVAL;    // rw_verify_area
        if (descriptors.Find(call.A.Descriptor) is not { CanWrite: true } to) return Errno.EBADF;
        long end = call.C == 0 || isLong ? Math.Min(from.PositionMax, to.PositionMax) : int.MaxValue, left = end - offset;
        uint wanted = Math.Min(call.D, UserParts.ByteLengthMax);
        if (left < 0 || (left == 0 && wanted != 0)) return Errno.EOVERFLOW;
        wanted = (uint)Math.Min(wanted, left);
        if (to.Position > long.MaxValue - wanted) return Errno.EINVAL;    // rw_verify_area
        if ((to.Flags & FileFlags.Append) != 0 || !from.HasSeek) return Errno.EINVAL;    // offsets would have no effect (do_splice_direct)
        if (wanted == 0) return 0;
        if (!from.CanSpliceFrom) return Errno.EINVAL;
        CallResult sent = Copy(task, from, offset, to, wanted);
        if (sent.IsWaiting) return task.Wait(RestartUnlessHandled, [new(call.A.Descriptor, to), new(call.B.Descriptor, from)]);
        if (!sent.IsValue)
        {
            signals.SendIfBroken(task, sent, to);
            return sent;
        }

        offset += sent.Count;
        if (call.C == 0) from.Position = offset;
        return call.C == 0 || TryWriteOffset(task, call.C.Address, offset, isLong) ? sent : Errno.EFAULT;
    }

    /// <summary>
    /// Makes of the bytes that were read what a copy onto the same pages gives, from the first byte to the last: where the target begins
    /// among them, they repeat. Linux: iter_file_splice_write copies from pages that it writes to; rep movsb goes forward.
    /// </summary>
    private static void Repeat(Span<byte> bytes, long distance)
    {
        if (distance <= 0) return;
        for (int i = (int)Math.Min(distance, bytes.Length); i < bytes.Length; i++) bytes[i] = bytes[i - (int)distance];
    }

    /// <summary>
    /// Copies until the source ends or the target takes no more. An error or wait after some bytes were copied is not reported. A file
    /// that is copied to its own end grows before it is read. Linux: fs/splice.c splice_direct_to_actor.
    /// </summary>
    private CallResult Copy(GuestTask task, OpenDescription from, long fromOffset, OpenDescription to, uint byteLength)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockByteLength);
        try
        {
            int done = 0;
            while (done < byteLength)
            {
                int wanted = (int)Math.Min(byteLength - (uint)done, BlockByteLength);
                Errno error = limits.Cut(task, to, offset: null, done, ref wanted);
                if (error != Errno.None) return done > 0 ? done : error;
                CallResult read = from.ReadAt(fromOffset + done, buffer.AsSpan(0, wanted)), put = read;
                Span<byte> bytes = buffer.AsSpan(0, read.Count);
                if (from.RegularInode is { } inode && inode == to.RegularInode) Repeat(bytes, to.Position - (fromOffset + done));
                if (!bytes.IsEmpty) put = Splice(task, to, bytes);
                if (put.Count == 0) return done > 0 ? done : put;    // also an error or a wait, whose count is 0
                done += put.Count;
                if (put.Count < bytes.Length || task.MustStop) break;    // the target is full: what it did not take stays unread
            }

            return done;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static CallResult Splice(GuestTask task, OpenDescription to, Span<byte> bytes)
    {
        UserTransfer transfer = task.BeginTransfer(new(bytes));
        return task.EndTransfer(ref transfer, to, to.SpliceFrom(ref transfer));
    }

    private static bool TryWriteOffset(GuestTask task, VirtualAddress at, long offset, bool isLong) =>
        isLong ? task.User.TryWrite(at, offset) : task.User.TryWrite(at, (int)offset);
}
