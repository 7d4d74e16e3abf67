using Paging.Core;
using Paging.Core.Files;
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
        if (!engine.Parts.Files.OpenFiles.TryOpen(inode.File, RightsOf(flags), EngineFlags(flags), out OpenFileIndex open)) return Errno.ENFILE;
        file = new RegularFile(engine, clock, inodes, locks, path, flags, open, inode, default);
        return Errno.None;
    }

    /// <summary>memfd_create(2).</summary>
    public Errno MakeMemory(string name, in FileStatus birth, out RegularFile? file)
    {
        file = null;
        string path = $"/memfd:{name} (deleted)";
        FileObject memory = engine.Parts.Files.OpenFiles.CreateObject(path, FileKind.Memory, 0);
        memory.HolderCount++;
        bool opened = engine.Parts.Files.OpenFiles.TryOpen(memory, FileRights.ReadWrite, OpenFlags.None, out OpenFileIndex open);
        engine.Parts.Files.OpenFiles.ReleaseObject(memory);    // the open file holds it now, or nothing does
        if (!opened) return Errno.ENFILE;
        const int flags = OpenDescription.ReadWriteAccess | OpenDescription.LargeFile;
        file = new RegularFile(engine, clock, inodes, locks, path, flags, open, null, birth);
        return Errno.None;
    }

    private static FileRights RightsOf(int flags) => (flags & OpenDescription.AccessMask) switch
    {
        0 => FileRights.Read,
        OpenDescription.WriteOnly => FileRights.Write,
        _ => FileRights.ReadWrite,
    };

    private static OpenFlags EngineFlags(int flags) =>
        ((flags & OpenDescription.Append) != 0 ? OpenFlags.Append : OpenFlags.None)
            | ((flags & OpenDescription.Direct) != 0 ? OpenFlags.Direct : OpenFlags.None);
}
