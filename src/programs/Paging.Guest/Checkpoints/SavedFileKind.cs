using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Host;
using Paging.Guest.Ipc;
using Paging.Guest.Sockets;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Host;
using Paging.Guest.Vfs.Memory;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>The kind of an open file in a checkpoint.</summary>
internal enum SavedFileKind
{
    /// <summary>One of the standard streams, which becomes that of the resuming process.</summary>
    Stream,

    /// <summary>A file, a directory or a device with a path.</summary>
    Named,

    /// <summary>A descriptor opened with O_PATH.</summary>
    Place,

    /// <summary>An end of a pipe without a name.</summary>
    Pipe,

    /// <summary>An end of a FIFO.</summary>
    NamedPipe,

    /// <summary>A file in the engine's memory without a path.</summary>
    InMemory,

    /// <summary>An unlinked file of the host.</summary>
    Lost,

    /// <summary>eventfd.</summary>
    Event,

    /// <summary>pidfd.</summary>
    Process,

    /// <summary>epoll.</summary>
    Epoll,

    /// <summary>A socket of AF_UNIX whose peer is in this machine.</summary>
    Socket,
}

/// <summary>Determines the kind of an open file.</summary>
internal static class SavedFileKinds
{
    public const int Count = (int)SavedFileKind.Socket + 1;

    /// <summary>Returns the kind; null if it cannot be saved.</summary>
    public static SavedFileKind? Of(OpenDescription file) => file switch
    {
        HostStream => SavedFileKind.Stream,
        PipeEnd { Node: null } => SavedFileKind.Pipe,
        PipeEnd => SavedFileKind.NamedPipe,
        { IsPathOnly: true } => SavedFileKind.Place,
        RegularFile regular => OfRegular(regular),
        EventFile => SavedFileKind.Event,
        PidFile => SavedFileKind.Process,
        EpollFile => SavedFileKind.Epoll,
        UnixSocket => SavedFileKind.Socket,
        { Node: null } => null,
        _ => SavedFileKind.Named,
    };

    private static SavedFileKind? OfRegular(RegularFile file) => file.Inode switch
    {
        MemoryContent content => SavedTrees.IsOrphan(content.Inode) ? SavedFileKind.InMemory : SavedFileKind.Named,
        HostInode inode => IsLost(inode) ? SavedFileKind.Lost : SavedFileKind.Named,
        _ => null,
    };

    /// <summary>Returns true if a file of the host is unlinked.</summary>
    public static bool IsLost(HostInode inode) => inode.Status(out FileStatus status) == Errno.None && status.Links == 0;
}
