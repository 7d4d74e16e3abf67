using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The pipes behind FIFOs of the host's directory: the name is the host's, what flows through is not.</summary>
internal sealed class NamedPipes(GuestClock clock, Happenings happenings)
{
    private readonly Dictionary<(ulong Device, ulong Inode), Pipe> _pipes = [];

    /// <summary>
    /// Opens an end. ENXIO: for writing without waiting, and there is no reader. Waiting for the other end happens in the first read or
    /// write.
    /// </summary>
    public Errno Open(string path, in FileStatus status, int flags, out OpenDescription? open)
    {
        open = null;
        (ulong, ulong) key = (status.Device, status.Inode);
        if (!_pipes.TryGetValue(key, out Pipe? pipe)) _pipes.Add(key, pipe = new Pipe());
        bool writesOnly = (flags & OpenDescription.AccessMask) == OpenDescription.WriteOnly;
        if (writesOnly && (flags & OpenDescription.NonBlocking) != 0 && pipe.ReaderCount == 0) return Errno.ENXIO;
        open = new PipeEnd(clock, happenings, pipe, status.Inode, flags, path);
        return Errno.None;
    }
}
