using System.Buffers;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>Copies from file to file without the program's memory. Linux: fs/splice.c splice_direct_to_actor.</summary>
internal sealed class FileCopy(FileSizeLimits limits)
{
    public const int BlockByteLength = 65536;    // as a pipe holds, through which Linux copies

    /// <summary>
    /// Copies until the source ends or the target takes no more. An error or wait after some bytes were copied is not reported. A file
    /// that is copied to its own end grows before it is read.
    /// </summary>
    /// <param name="task">The caller.</param>
    /// <param name="from">The source, read at the offset.</param>
    /// <param name="fromOffset">The offset in the source.</param>
    /// <param name="to">The target.</param>
    /// <param name="toOffset">The offset in the target; null to splice the bytes into it.</param>
    /// <param name="byteLength">The most bytes to copy.</param>
    public CallResult Copy(GuestTask task, OpenDescription from, long fromOffset, OpenDescription to, long? toOffset, uint byteLength)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockByteLength);
        try
        {
            int done = 0;
            while (done < byteLength)
            {
                int wanted = (int)Math.Min(byteLength - (uint)done, BlockByteLength);
                Errno error = limits.Cut(task, to, toOffset, done, ref wanted);
                if (error != Errno.None) return done > 0 ? done : error;
                CallResult read = from.ReadAt(fromOffset + done, buffer.AsSpan(0, wanted)), put = read;
                Span<byte> bytes = buffer.AsSpan(0, read.Count);
                if (!bytes.IsEmpty) put = toOffset is { } at ? to.WriteAt(at + done, bytes) : Splice(task, to, bytes);
                if (put.Count == 0) return done > 0 ? done : put;    // also an error or a wait, whose count is 0
                done += put.Count;
                if (put.Count < bytes.Length) break;    // the target is full: what it did not take stays unread
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
}
