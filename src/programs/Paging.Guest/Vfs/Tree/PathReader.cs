using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Vfs.Tree;

/// <summary>Resolves a descriptor and a string in a program's memory to a place in the tree, for the *at calls.</summary>
internal sealed class PathReader(FileTree tree)
{
    /// <summary>Finds a place. EFAULT, ENAMETOOLONG, ENOENT, EBADF, ENOTDIR and errors of the walk.</summary>
    public Errno Find(GuestTask task, Descriptor directory, VirtualAddress pathAt, LastLink last, out Place? place)
    {
        place = null;
        Errno error = task.User.ReadPath(pathAt, out string path);
        return error == Errno.None ? Find(task, directory, path, last, out place) : error;
    }

    /// <inheritdoc cref="Find(GuestTask, Descriptor, VirtualAddress, LastLink, out Place?)"/>
    public Errno Find(GuestTask task, Descriptor directory, string path, LastLink last, out Place? place)
    {
        place = null;
        TreeNode? start = task.Process.WorkingDirectory;
        if (path is [not '/', ..] && !directory.IsWorkingDirectory)    // an absolute path ignores the descriptor, even a bad one
        {
            if (task.Process.Descriptors.FindRaw(directory) is not { } open) return Errno.EBADF;
            start = open.Node;
            Errno gone = start?.CheckSearch() ?? Errno.ENOTDIR;
            if (gone != Errno.None) return gone;
            if (start!.Status(out FileStatus status) != Errno.None || !status.IsDirectory) return Errno.ENOTDIR;
        }

        return tree.Walk(task, start ?? tree.Root, path, last, out place);
    }

    /// <summary>Finds an existing file, held for the caller.</summary>
    public Errno FindExisting(GuestTask task, Descriptor directory, VirtualAddress pathAt, bool follow, out TreeNode? node) =>
        FindExisting(task, directory, pathAt, follow, mayBeEmpty: false, out node);

    /// <summary>The same; an empty path, if allowed, is the descriptor's own file. Linux: AT_EMPTY_PATH.</summary>
    public Errno FindExisting(GuestTask task, Descriptor directory, VirtualAddress pathAt, bool follow, bool mayBeEmpty,
        out TreeNode? node)
    {
        node = null;
        string path = "";
        Errno error = mayBeEmpty && pathAt == VirtualAddress.Zero ? Errno.None : task.User.ReadPath(pathAt, out path);
        if (error != Errno.None) return error;
        if (mayBeEmpty && path.Length == 0) return FindOpened(task, directory, out node);
        error = Find(task, directory, path, follow ? LastLink.Follow : LastLink.Keep, out Place? place);
        if (error != Errno.None) return error;
        using (place) node = place!.Node?.Hold();
        return node is null ? Errno.ENOENT : Errno.None;
    }

    /// <summary>Returns true for a path that names the descriptor's own file under AT_EMPTY_PATH. Linux: getname_maybe_null.</summary>
    public static bool IsEmpty(GuestTask task, VirtualAddress pathAt) =>
        pathAt == VirtualAddress.Zero || (task.User.ReadPath(pathAt, out string path) == Errno.None && path.Length == 0);

    /// <summary>Finds the file that a descriptor is open on, also one in no tree. EBADF.</summary>
    public Errno FindOpened(GuestTask task, Descriptor descriptor, out TreeNode? node)
    {
        node = null;
        if (descriptor.IsWorkingDirectory)
        {
            node = (task.Process.WorkingDirectory ?? tree.Root).Hold();
            return Errno.None;
        }

        if (task.Process.Descriptors.FindRaw(descriptor) is not { } open) return Errno.EBADF;
        node = OpenFileNode.Of(open, tree.Root.Mount);
        return Errno.None;
    }
}
