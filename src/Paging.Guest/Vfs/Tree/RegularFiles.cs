using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs.Tree;

/// <summary>Opens regular files: inodes of the host, and files that are memory.</summary>
internal sealed class RegularFiles(PagingEngine engine, GuestClock clock, HostInodes inodes, FileLocks locks)
{
    /// <summary>Opens an inode of the host. ENFILE: no record to be had.</summary>
    public Errno Open(HostInode inode, string path, int flags, out OpenDescription? file)
    {
        file = null;
        Errno error = inode.File.Open(RightsOf(flags), EngineFlags(flags), out OpenGuestFile? open);
        if (error == Errno.None) file = new RegularFile(clock, inodes, locks, path, flags, open!, inode, default);
        return error;
    }

    /// <summary>memfd_create(2).</summary>
    public Errno MakeMemory(string name, in FileStatus birth, out RegularFile? file)
    {
        file = null;
        string path = $"/memfd:{name} (deleted)";
        GuestFile memory = engine.CreateMemoryFile(path);
        Errno error = memory.Open(FileRights.ReadWrite, OpenFlags.None, out OpenGuestFile? open);
        if (error != Errno.None)
        {
            memory.Dispose();
            return error;
        }

        const int flags = OpenDescription.ReadWriteAccess | OpenDescription.LargeFile;
        file = new RegularFile(clock, inodes, locks, path, flags, open!, null, birth);
        return Errno.None;
    }

    private static FileRights RightsOf(int flags) => (flags & OpenDescription.AccessMask) switch
    {
        0 => FileRights.Read,
        OpenDescription.WriteOnly => FileRights.Write,
        _ => FileRights.ReadWrite,
    };

    /// <summary>What the engine knows of O_*.</summary>
    public static OpenFlags EngineFlags(int flags) =>
        ((flags & OpenDescription.Append) != 0 ? OpenFlags.Append : OpenFlags.None)
            | ((flags & OpenDescription.Direct) != 0 ? OpenFlags.Direct : OpenFlags.None);
}
