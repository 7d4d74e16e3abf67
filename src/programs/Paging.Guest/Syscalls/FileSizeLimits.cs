using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>RLIMIT_FSIZE: a file does not grow beyond it. Linux: generic_write_check_limits, inode_newsize_ok.</summary>
internal sealed class FileSizeLimits(SignalSender signals)
{
    /// <summary>
    /// Shortens a write to the limit. Returns EFBIG if nothing can be written, with SIGXFSZ if nothing was written before.
    /// </summary>
    /// <param name="task">The writer.</param>
    /// <param name="open">The open file; only files with a position are limited.</param>
    /// <param name="offset">The offset; null for its position, or its end with O_APPEND.</param>
    /// <param name="done">The bytes of the call already written.</param>
    /// <param name="wanted">The bytes to write now; shortened to the limit.</param>
    public Errno Cut(GuestTask task, OpenDescription open, long? offset, int done, ref int wanted)
    {
        ulong limit = task.Process.Limits[LimitTable.FileSize].Soft;
        if (limit == LimitTable.Infinity || !open.HasSizeLimit) return Errno.None;
        long at = offset is { } from ? from + done : open.Seek(0, 1).Value;
        if ((open.Flags & FileFlags.Append) != 0 && open.Status(out FileStatus status) == Errno.None) at = status.ByteLength;
        if ((ulong)at >= limit)
        {
            if (done == 0) Report(task);
            return Errno.EFBIG;
        }

        wanted = (int)Math.Min((ulong)wanted, limit - (ulong)at);
        return Errno.None;
    }

    /// <summary>Checks a new length. Returns EFBIG and sends SIGXFSZ if it is beyond the limit.</summary>
    public Errno Check(GuestTask task, in FileStatus status, long byteLength)
    {
        ulong limit = task.Process.Limits[LimitTable.FileSize].Soft;
        if (byteLength <= status.ByteLength || (ulong)byteLength <= limit) return Errno.None;
        Report(task);
        return Errno.EFBIG;
    }

    private void Report(GuestTask task) => signals.Send(task, task.Process.Describe(SignalNumber.FileSize));
}
