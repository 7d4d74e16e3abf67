using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The pipes behind FIFOs: the name lies in a directory, what flows through does not. Linux: fs/pipe.c fifo_open.</summary>
internal sealed class NamedPipes(GuestClock clock, Happenings happenings, CurrentTask current, PipeLimits limits)
{
    private readonly Dictionary<(ulong Device, ulong Inode), Pipe> _pipes = [];

    /// <summary>
    /// Opens an end. EINVAL: neither to read nor to write; ENXIO: for writing without waiting, and there is no reader. Whether the
    /// other end is there is for the caller to wait for (<see cref="PipeEnd.HasPartner"/>).
    /// </summary>
    public Errno Open(TreeNode node, in FileStatus status, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & FileFlags.AccessMask) == FileFlags.AccessMask) return Errno.EINVAL;
        (ulong Device, ulong Inode) key = (status.Device, status.Inode);
        bool writesOnly = (flags & FileFlags.AccessMask) == FileFlags.WriteOnly;
        Pipe? pipe = _pipes.GetValueOrDefault(key);
        if (writesOnly && (flags & FileFlags.NonBlocking) != 0 && (pipe?.ReaderCount ?? 0) == 0) return Errno.ENXIO;
        if (pipe is null)
        {
            pipe = limits.Make(current.Task?.Credentials ?? Credentials.OfHost);
            _pipes.Add(key, pipe);
        }

        open = new PipeEnd(clock, happenings, pipe, status.Inode, flags, last => Closed(key, last));
        open.OpenedOn(node);
        return Errno.None;
    }

    /// <summary>The last open end has closed: the pipe's contents are gone. Linux: put_pipe_info.</summary>
    private void Closed((ulong Device, ulong Inode) key, Pipe pipe)
    {
        if (_pipes.GetValueOrDefault(key) == pipe) _pipes.Remove(key);
    }
}
