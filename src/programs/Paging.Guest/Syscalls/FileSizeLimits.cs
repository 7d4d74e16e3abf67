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
    /// <inheritdoc cref="OpenDescription.CutToLimit"/>
    public Errno Cut(GuestTask task, OpenDescription open, long? offset, int done, ref int wanted)
    {
        Errno error = open.CutToLimit(task.Process.Limits[LimitTable.FileSize].Soft, offset, done, ref wanted);
        if (error != Errno.None && done == 0) Report(task);
        return error;
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
