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

/// <summary>What an open file of a checkpoint is.</summary>
internal enum SavedFileKind
{
    /// <summary>One of the standard streams, which becomes that of the resuming process.</summary>
    Stream,

    /// <summary>A file, a directory or a device with a path.</summary>
    Named,

    /// <summary>A place that was only named (O_PATH).</summary>
    Place,

    /// <summary>An end of a pipe without a name.</summary>
    Pipe,

    /// <summary>An end of a FIFO.</summary>
    NamedPipe,

    /// <summary>A file in the engine's memory that no path leads to.</summary>
    InMemory,

    /// <summary>A file of the host that has lost its name.</summary>
    Lost,

    /// <summary>eventfd.</summary>
    Event,

    /// <summary>pidfd.</summary>
    Process,

    /// <summary>epoll.</summary>
    Epoll,

    /// <summary>A socket of AF_UNIX, which ends in this machine.</summary>
    Socket,
}

/// <summary>Which kind an open file is of.</summary>
internal static class SavedFileKinds
{
    public const int Count = (int)SavedFileKind.Socket + 1;

    /// <summary>Null: it cannot be saved.</summary>
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

    /// <summary>No name of a file of the host is left.</summary>
    public static bool IsLost(HostInode inode) => inode.Status(out FileStatus status) == Errno.None && status.Links == 0;
}
