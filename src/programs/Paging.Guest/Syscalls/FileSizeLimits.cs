using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;

namespace Paging.Guest.Syscalls;

/// <summary>RLIMIT_FSIZE: a file does not grow beyond it. Linux: generic_write_check_limits, inode_newsize_ok.</summary>
internal sealed class FileSizeLimits(SignalSender signals)
{
    /// <summary>What lies beyond is not written; when nothing can be, EFBIG, and SIGXFSZ if nothing has been.</summary>
    /// <param name="task">Who writes.</param>
    /// <param name="open">Where to; what is no file with a position has no limit.</param>
    /// <param name="offset">Where in it; null: at its position, or at its end with O_APPEND.</param>
    /// <param name="done">How many bytes of the call are written already.</param>
    /// <param name="wanted">How many are to be written now.</param>
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

    /// <summary>Whether a file may get a length: EFBIG and SIGXFSZ.</summary>
    public Errno Judge(GuestTask task, in FileStatus status, long byteLength)
    {
        ulong limit = task.Process.Limits[LimitTable.FileSize].Soft;
        if (byteLength <= status.ByteLength || (ulong)byteLength <= limit) return Errno.None;
        Report(task);
        return Errno.EFBIG;
    }

    private void Report(GuestTask task) => signals.Send(task, task.Process.Describe(SignalNumber.FileSize));
}
