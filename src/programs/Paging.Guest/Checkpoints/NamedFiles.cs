using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Checkpoints;

/// <summary>Files that a checkpoint names by their paths in the guest's tree.</summary>
internal static class NamedFiles
{
    /// <summary>The flags that take effect only once, when a file is opened.</summary>
    public const FileFlags OfOpening = FileFlags.CreateNew | FileFlags.Truncate | FileFlags.DirectoryOnly | FileFlags.NoFollow
        | FileFlags.CloseOnExec | FileFlags.Temporary;

    /// <summary>Returns true if a path leads to this file.</summary>
    public static bool Leads(FileTree tree, string path, TreeNode file) =>
        TryStatus(tree, path, out FileStatus there) && file.Status(out FileStatus status) == Errno.None
        && (there.Device, there.Inode, there.Mode) == (status.Device, status.Inode, status.Mode);

    /// <summary>Gets the status of the file at a path. Returns false if there is none.</summary>
    public static bool TryStatus(FileTree tree, string path, out FileStatus status)
    {
        status = default;
        if (tree.Walk(null, tree.Root, path, LastLink.Keep, out Place? place) != Errno.None) return false;
        using (place) return place!.Node is { } found && found.Status(out status) == Errno.None;
    }

    /// <summary>Finds the file at a path, and holds it.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    public static TreeNode Find(FileTree tree, string path)
    {
        Errno error = tree.Walk(null, tree.Root, path, LastLink.Keep, out Place? place);
        if (error != Errno.None) throw Missing(path, error);
        using (place) return place!.Node?.Hold() ?? throw Missing(path, Errno.ENOENT);
    }

    /// <summary>Opens a file without <see cref="OfOpening"/>, so that it is neither created nor truncated again.</summary>
    /// <exception cref="FileNotFoundException">It cannot be opened.</exception>
    public static OpenDescription Open(FileTree tree, string path, FileFlags flags)
    {
        using TreeNode node = Find(tree, path);
        Errno error = node.Open(flags & ~OfOpening, out OpenDescription? open);
        return error == Errno.None ? open! : throw Missing(path, error);
    }

    private static FileNotFoundException Missing(string path, Errno error)
    {
        string name = ByteText.ToHost(path);
        return new($"The checkpoint needs {name}, which cannot be opened here: {error}.", name);
    }
}
