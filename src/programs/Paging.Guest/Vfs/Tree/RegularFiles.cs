using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;

namespace Paging.Guest.Vfs.Tree;

/// <summary>Opens regular files.</summary>
internal sealed class RegularFiles(GuestClock clock)
{
    /// <summary>
    /// Opens an inode. ETXTBSY if a program executes it; ENFILE if there is no record for it.
    /// </summary>
    public Errno Open(RegularInode inode, TreeNode node, FileFlags flags, out OpenDescription? file)
    {
        Errno error = Open(inode, "", flags, out RegularFile? opened);
        opened?.OpenedOn(node);
        file = opened;
        return error;
    }

    public Errno Open(RegularInode inode, string path, FileFlags flags, out RegularFile? file)
    {
        file = null;
        bool isToChange = (flags & (FileFlags.AccessMask | FileFlags.Truncate)) != 0;    // O_RDONLY | O_TRUNC needs it too
        if (isToChange && inode.ExecutorCount > 0) return Errno.ETXTBSY;
        Errno error = inode.File.Open(RightsOf(flags), EngineFlags(flags), out OpenFileDescription? open);
        if (error == Errno.None) file = new RegularFile(this, clock, path, flags, open!, inode);
        return error;
    }

    /// <summary>Sets the guest's time on a file just created on the host.</summary>
    public void NoteBirth(OpenDescription? made) => made?.RegularInode?.NoteBirth(clock.RealTime);

    /// <summary>O_TRUNC, with any access mode. Linux: handle_truncate.</summary>
    public Errno Truncate(RegularInode inode)
    {
        Errno error = inode.File.Open(FileRights.Write, OpenFlags.None, out OpenFileDescription? writer);
        if (error != Errno.None) return error;
        using (writer) error = writer!.SetLength(0);
        if (error == Errno.None) inode.NoteWrite(clock.RealTime);
        return error;
    }

    private static FileRights RightsOf(FileFlags flags) => (flags & FileFlags.AccessMask) switch
    {
        FileFlags.None => FileRights.Read,
        FileFlags.WriteOnly => FileRights.Write,
        FileFlags.ReadWrite => FileRights.ReadWrite,
        _ => FileRights.None,    // O_ACCMODE: only for ioctls (open(2))
    };

    /// <summary>Converts O_* to the engine's flags.</summary>
    public static OpenFlags EngineFlags(FileFlags flags) =>
        ((flags & FileFlags.Append) != 0 ? OpenFlags.Append : OpenFlags.None)
            | ((flags & FileFlags.Direct) != 0 ? OpenFlags.Direct : OpenFlags.None);
}
