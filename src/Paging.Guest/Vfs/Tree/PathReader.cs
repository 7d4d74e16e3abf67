using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Vfs.Tree;

/// <summary>From a descriptor and a string in a program's memory to a place in the tree: what every *at call begins with.</summary>
internal sealed class PathReader(FileTree tree)
{
    /// <summary>EFAULT, ENAMETOOLONG, ENOENT, EBADF, ENOTDIR and what the walk says.</summary>
    public Errno Find(GuestTask task, Descriptor directory, VirtualAddress pathAt, bool follow, out Place place)
    {
        place = default;
        Errno error = task.User.ReadPath(pathAt, out string path);
        return error == Errno.None ? Find(task, directory, path, follow, out place) : error;
    }

    public Errno Find(GuestTask task, Descriptor directory, string path, bool follow, out Place place)
    {
        place = default;
        string start = task.Process.WorkingDirectory;
        if (path.Length > 0 && path[0] != '/' && !directory.IsWorkingDirectory)
        {
            if (task.Process.Descriptors.FindRaw(directory) is not { } open) return Errno.EBADF;
            if (open is not DirectoryFile named || named.Status(out FileStatus status) != Errno.None || !status.IsDirectory)
                return Errno.ENOTDIR;
            start = named.Path;
        }

        return tree.Resolve(task, start, path, follow, out place);
    }

    /// <summary>Also that it exists.</summary>
    public Errno FindExisting(GuestTask task, Descriptor directory, VirtualAddress pathAt, bool follow, out Place place,
        out FileStatus status)
    {
        status = default;
        Errno error = Find(task, directory, pathAt, follow, out place);
        return error == Errno.None ? place.Mount.Status(task, place.Relative, out status) : error;
    }
}
