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

/// <summary>Reads and writes of open files. Linux: fs/read_write.c.</summary>
internal sealed class DataCalls(SignalSender signals, SocketTransfer sockets, FileSizeLimits limits)
{
    private const int StreamByteLength = 65536;
    private const uint TransferByteLengthMax = 0x7FFF_F000;    // MAX_RW_COUNT

    public void AddTo(CallTable table)
    {
        table.Add(3, "read", "dan", (task, in call) => Read(task, call.A.Descriptor, null, [(call.B.Address, call.C)]));
        table.Add(4, "write", "dan", (task, in call) => Write(task, call.A.Descriptor, null, [(call.B.Address, call.C)]));
        table.Add(180, "pread64", "danL", (task, in call) =>
            Read(task, call.A.Descriptor, CallArguments.Long(call.D, call.E), [(call.B.Address, call.C)]));
        table.Add(181, "pwrite64", "danL", (task, in call) =>
            Write(task, call.A.Descriptor, CallArguments.Long(call.D, call.E), [(call.B.Address, call.C)]));
        table.Add(145, "readv", "dad", (task, in call) => Vector(task, call, null, isWrite: false));
        table.Add(146, "writev", "dad", (task, in call) => Vector(task, call, null, isWrite: true));
        table.Add(333, "preadv", "dadL", (task, in call) => Vector(task, call, CallArguments.Long(call.D, call.E), isWrite: false));
        table.Add(334, "pwritev", "dadL", (task, in call) => Vector(task, call, CallArguments.Long(call.D, call.E), isWrite: true));
        table.Add(378, "preadv2", "dadLx", (task, in call) => Vector(task, call, OffsetOrNone(call), isWrite: false, call.F));
        table.Add(379, "pwritev2", "dadLx", (task, in call) => Vector(task, call, OffsetOrNone(call), isWrite: true, call.F));
        table.Add(19, "lseek", "ddd", Seek);
        table.Add(140, "_llseek", "dxxad", LongSeek);
    }

    private static long? OffsetOrNone(in CallArguments call)
    {
        long offset = CallArguments.Long(call.D, call.E);
        return offset == -1 ? null : offset;
    }

    /// <summary>Checked before the access mode. Linux: ksys_pread64, do_preadv check FMODE_PREAD first.</summary>
    private static bool IsWithoutOffsets(OpenDescription open, long? offset) => offset is not null && !open.IsSeekable;

    /// <summary>Returns true if the last byte would be beyond the largest file. Linux: rw_verify_area.</summary>
    private static bool IsPastAll(long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts)
    {
        if (offset is not { } end) return false;
        foreach ((_, uint length) in parts) end = unchecked(end + length);
        return end < 0;
    }

    private CallResult Vector(GuestTask task, in CallArguments call, long? offset, bool isWrite, uint flags = 0)
    {
        if (offset < 0) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (IsWithoutOffsets(open, offset)) return Errno.ESPIPE;
        if (!(isWrite ? open.CanWrite : open.CanRead)) return Errno.EBADF;
        Errno error = UserParts.Read(task, call.B.Address, call.C, tooMany: Errno.EINVAL, out UserParts parts);
        if (error != Errno.None) return error;
        if (!(isWrite ? open.HasWrite : open.HasRead)) return Errno.EINVAL;
        if (parts.ByteLength == 0) return 0;    // without calling the file. Linux: vfs_readv, vfs_writev
        if (IsPastAll(offset, parts.Pieces)) return Errno.EINVAL;
        error = VectorFlags.Validate(open, flags, isWrite);
        if (error != Errno.None) return error;
        using VectorFlags.Lent lent = new(open, flags);
        return isWrite ? Write(task, call.A.Descriptor, offset, parts.Pieces, (flags & VectorFlags.NoSignal) != 0)
            : Read(task, call.A.Descriptor, offset, parts.Pieces);
    }

    /// <summary>Reads part by part, a page at a time. An error after some bytes were copied is not reported.</summary>
    private CallResult Read(GuestTask task, Descriptor descriptor, long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts)
    {
        CallResult result = ReadAll(task, descriptor, offset, parts);
        if (!result.IsWaiting) task.CountTransfers(new(result.Count, 0, 1, 0));
        return result;
    }

    private CallResult ReadAll(GuestTask task, Descriptor descriptor, long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts)
    {
        if (offset < 0) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        if (IsWithoutOffsets(open, offset)) return Errno.ESPIPE;
        if (!open.CanRead) return Errno.EBADF;
        if (IsPastAll(offset, parts)) return Errno.EINVAL;
        if (open is UnixSocket socket) return sockets.Read(task, socket, UserParts.Of(parts));
        if (open is PipeEnd end) return ReadPipe(task, end, UserParts.Of(parts));
        int done = 0;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(StreamByteLength);
        try
        {
            if (parts.Length > 1 && !open.IsSeekable) return ReadParts(task, open, UserParts.Of(parts), buffer);
            foreach ((VirtualAddress at, uint length) in parts)
            {
                CallResult result =
                    ReadPart(task, open, offset + done, at, Math.Min(length, TransferByteLengthMax), buffer, out bool isShort);
                if (!result.IsValue) return done > 0 ? done : result;
                done += result.Count;
                if (isShort) break;
            }

            return done;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a pipe a page at a time; bytes that cannot be copied stay in it. Linux: pipe_read.</summary>
    private static CallResult ReadPipe(GuestTask task, PipeEnd end, UserParts parts)
    {
        int room = (int)Math.Min(parts.ByteLength, end.Pipe.Capacity);
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(room);
        try
        {
            CallResult found = end.Peek(buffer.AsSpan(0, room));
            if (found.IsWaiting) return task.Wait(RestartUnlessHandled, end);
            if (!found.IsValue || found.Count == 0) return found;
            int copied = parts.CopyTo(task, 0, buffer.AsSpan(0, found.Count));
            if (copied < found.Count && task.NeedsPage) return Errno.EFAULT;    // made again once the page is there
            int taken = end.Pipe.BytesToTake(copied, found.Count);
            end.Drop(taken);
            return taken > 0 ? taken : Errno.EFAULT;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a stream once for all parts together.</summary>
    private static CallResult ReadParts(GuestTask task, OpenDescription open, UserParts parts, byte[] buffer)
    {
        Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(parts.ByteLength, StreamByteLength));
        CallResult result = ReadStream(task, open, bytes);
        if (result.IsWaiting) return task.Wait(RestartUnlessHandled, open);
        if (result.Count == 0 || parts.TryCopyTo(task, 0, bytes[..result.Count])) return result;
        if (task.NeedsPage) task.Call.Kept = (open, bytes[..result.Count].ToArray());
        return Errno.EFAULT;
    }

    private static CallResult ReadPart(GuestTask task, OpenDescription open, long? offset, VirtualAddress at, uint length, byte[] buffer,
        out bool isShort)
    {
        isShort = true;
        int done = 0;
        long start = open.Position;
        if (length == 0)
        {
            isShort = false;
            return open.Read([]).Error;
        }

        while (done < length)
        {
            int wanted = (int)Math.Min(length - done, open.IsSeekable ? PageWords.ByteLength : StreamByteLength);
            long before = open.Position;
            CallResult result = offset is { } from ? open.ReadAt(from + done, buffer.AsSpan(0, wanted))
                : ReadStream(task, open, buffer.AsSpan(0, wanted));
            if (result.IsWaiting) return done > 0 ? done : task.Wait(RestartUnlessHandled, open);
            if (!result.IsValue) return done > 0 ? done : result;
            int count = result.Count;
            int copied = task.User.CopyTo(at + (uint)done, buffer.AsSpan(0, count));
            done += copied;
            if (copied < count && task.NeedsPage)
            {
                if (open.IsSeekable) open.Position = offset is null ? start : open.Position;
                else task.Call.Kept = (open, buffer[..count]);
                return Errno.EFAULT;
            }

            if (copied < count)
            {
                if (offset is null) open.Position = before + copied;
                return done > 0 ? done : Errno.EFAULT;
            }

            if (count < wanted || !open.IsSeekable) return done;
        }

        isShort = false;
        return done;
    }

    /// <summary>Returns the bytes that an earlier try has taken first.</summary>
    private static CallResult ReadStream(GuestTask task, OpenDescription open, Span<byte> destination)
    {
        if (task.Call.Kept is not { } kept || kept.From != open) return open.Read(destination);
        int count = Math.Min(kept.Bytes.Length, destination.Length);
        kept.Bytes.AsSpan(0, count).CopyTo(destination);
        task.Call.Kept = count == kept.Bytes.Length ? null : (open, kept.Bytes[count..]);
        return count;
    }

    private CallResult Write(GuestTask task, Descriptor descriptor, long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts,
        bool isQuiet = false)
    {
        CallResult result = WriteAll(task, descriptor, offset, parts, isQuiet);
        if (!result.IsWaiting) task.CountTransfers(new(0, result.Count, 0, 1));
        return result;
    }

    private CallResult WriteAll(GuestTask task, Descriptor descriptor, long? offset, ReadOnlySpan<(VirtualAddress At, uint Length)> parts,
        bool isQuiet)
    {
        if (offset < 0) return Errno.EINVAL;
        if (task.Process.Descriptors.Find(descriptor) is not { } open) return Errno.EBADF;
        if (IsWithoutOffsets(open, offset)) return Errno.ESPIPE;
        if (!open.CanWrite) return Errno.EBADF;
        if (!open.HasWrite) return Errno.EINVAL;
        if (open is UnixSocket socket) return sockets.Write(task, socket, UserParts.Of(parts), isQuiet);
        if (parts is [(_, 0)]) return open.Write([]);
        if (open is PipeEnd end) return WritePipe(task, end, UserParts.Of(parts), isQuiet);
        UserParts? gathered = parts.Length > 1 && open is RegularFile && (open.Flags & FileFlags.Direct) == 0 ? UserParts.Of(parts) : null;
        if (gathered is not null) parts = new[] { (default(VirtualAddress), (uint)gathered.ByteLength) };
        int before = task.Call.Done;    // the bytes that the host has already taken
        int done = 0;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(StreamByteLength);
        try
        {
            int skip = before;
            foreach ((VirtualAddress at, uint length) in parts)
            {
                uint skipped = Math.Min((uint)skip, length);
                skip -= (int)skipped;
                CallResult result = WritePart(task, open, offset + done, at + skipped, Math.Min(length, TransferByteLengthMax) - skipped,
                    gathered, buffer, out bool restWaits);
                if (result.IsWaiting && done + before > 0)
                {
                    task.Call.Done = done + before;
                    return task.Wait(done + before, open);
                }

                if (!result.IsValue)
                {
                    if (!isQuiet) signals.SendIfBroken(task, result, open);    // even if a part went in
                    return done + before > 0 ? done + before : result;
                }

                done += result.Count;
                if (restWaits)
                {
                    task.Call.Done = done + before;
                    return task.Wait(done + before, open);
                }

                if ((uint)result.Count < length - skipped) break;
            }

            return done + before;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Writes the parts as one: a page of the pipe may have the end of one and the start of the next. A writer that has waited continues
    /// after the written bytes. EPIPE if the pipe has no reader. Linux: anon_pipe_write.
    /// </summary>
    private CallResult WritePipe(GuestTask task, PipeEnd end, UserParts parts, bool isQuiet)
    {
        int done = task.Call.Done;
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(StreamByteLength);
        try
        {
            while (done < parts.ByteLength)
            {
                if (end.Pipe.ReaderCount == 0)
                {
                    if (!isQuiet) signals.SendIfBroken(task, Errno.EPIPE, end);    // even if a part went in
                    return done > 0 ? done : Errno.EPIPE;
                }

                int wanted = end.Pipe.NextPut(parts.ByteLength - done, isFirst: done == 0, StreamByteLength);
                int copied = parts.CopyFrom(task, done, buffer.AsSpan(0, wanted));
                if (copied < wanted) copied = end.Pipe.BytesToPut(copied, wanted);
                if (copied == 0 || (copied < wanted && done == 0 && task.NeedsPage)) return done > 0 ? done : Errno.EFAULT;
                CallResult put = end.Write(buffer.AsSpan(0, copied));
                if (put.IsWaiting && done == 0) return task.Wait(RestartUnlessHandled, end);
                if (put.IsWaiting)
                {
                    task.Call.Done = done;
                    return task.Wait(done, end);
                }

                if (!put.IsValue) return done > 0 ? done : put;
                done += put.Count;
                if (copied < wanted) break;
            }

            return done;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Writes one part, or a regular file's parts as one.</summary>
    /// <remarks>
    /// A page of a regular file is checked and written at once, whatever parts its bytes come from: a seal, or a limit of the file's size,
    /// sees all of them. Linux: generic_perform_write.
    /// </remarks>
    private CallResult WritePart(GuestTask task, OpenDescription open, long? offset, VirtualAddress at, uint length, UserParts? gathered,
        byte[] buffer, out bool restWaits)
    {
        restWaits = false;
        if (open.IgnoresData) return (int)length;
        Errno refused = open.ValidateWrite(length);
        if (refused != Errno.None) return refused;
        int done = 0;
        while (done < length)
        {
            int block = open.WriteBlockByteLength, inBlock = (int)((offset + done ?? open.Position) % block);
            int wanted = (int)Math.Min(length - done, block - inBlock);    // pages of a file are checked and copied one by one
            Errno tooBig = limits.Cut(task, open, offset, done, ref wanted);
            if (tooBig != Errno.None) return done > 0 ? done : tooBig;
            int copied = gathered?.CopyFrom(task, done, buffer.AsSpan(0, wanted))
                ?? task.User.CopyFrom(at + (uint)done, buffer.AsSpan(0, wanted));
            if (copied < wanted)
            {
                Errno error = task.NeedsPage ? Errno.EFAULT : open.BeginWrite(offset + done, wanted);    // checks the bytes that fault, too
                bool isMadeAgain = task.NeedsPage && done == 0;
                if (copied == 0 || isMadeAgain || error != Errno.EFAULT) return done > 0 ? done : error;
            }

            CallResult result = offset is { } from ? open.WriteAt(from + done, buffer.AsSpan(0, copied))
                : open.Write(buffer.AsSpan(0, copied));
            if (result.IsWaiting)
            {
                restWaits = done > 0;
                return done > 0 ? done : task.Wait(RestartUnlessHandled, open);
            }

            if (!result.IsValue) return done > 0 ? done : result;
            int count = result.Count;
            done += count;
            if (count < copied || copied < wanted) return done;
        }

        return done;
    }

    private static CallResult Seek(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (call.C > 4) return Errno.EINVAL;
        CallResult position = open.Seek(call.B.Number, call.C.Number);
        return position.Value > int.MaxValue ? Errno.EOVERFLOW : position;
    }

    private static CallResult LongSeek(GuestTask task, in CallArguments call)
    {
        if (task.Process.Descriptors.Find(call.A.Descriptor) is not { } open) return Errno.EBADF;
        if (call.E > 4) return Errno.EINVAL;
        CallResult position = open.Seek(CallArguments.Long(call.C, call.B), call.E.Number);
        if (!position.IsValue) return position;
        return task.User.TryWrite(call.D.Address, position.Value) ? 0 : Errno.EFAULT;
    }
}
