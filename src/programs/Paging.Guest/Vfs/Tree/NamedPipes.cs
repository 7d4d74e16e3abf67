using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The pipes of FIFOs: only the name is in a directory. Linux: fs/pipe.c fifo_open.</summary>
internal sealed class NamedPipes(GuestClock clock, WakeUps wakeUps, PipePages pages)
{
    private readonly Dictionary<(ulong Device, ulong Inode), Pipe> _pipes = [];

    /// <summary>
    /// Opens an end. EINVAL for neither reading nor writing; ENXIO for nonblocking writing without a reader. The caller waits for the other
    /// end (<see cref="PipeEnd.HasPartner"/>).
    /// </summary>
    public Errno Open(TreeNode node, in FileStatus status, FileFlags flags, out OpenDescription? open)
    {
        open = null;
        if ((flags & FileFlags.AccessMask) == FileFlags.AccessMask) return Errno.EINVAL;    // fifo_open: no mode of the three
        (ulong Device, ulong Inode) key = (status.Device, status.Inode);
        bool writesOnly = (flags & FileFlags.AccessMask) == FileFlags.WriteOnly;
        Pipe? pipe = _pipes.GetValueOrDefault(key);
        if (writesOnly && (flags & FileFlags.NonBlocking) != 0 && (pipe?.ReaderCount ?? 0) == 0) return Errno.ENXIO;    // fifo(7)
        if (pipe is null)
        {
            pipe = new(pages);
            _pipes.Add(key, pipe);
        }

        open = new PipeEnd(clock, wakeUps, pipe, status.Inode, flags, last => Closed(key, last));
        open.OpenedOn(node);
        return Errno.None;
    }

    /// <summary>Drops the pipe and its contents after its last end has closed. Linux: put_pipe_info.</summary>
    private void Closed((ulong Device, ulong Inode) key, Pipe pipe)
    {
        if (_pipes.GetValueOrDefault(key) == pipe) _pipes.Remove(key);
    }
}
