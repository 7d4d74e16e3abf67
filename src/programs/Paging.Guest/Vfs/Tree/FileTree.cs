using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The guest's tree of files: nested mounts, the first of which is the root.</summary>
/// <remarks>
/// Paths are walked a name at a time, with "..", links and absolute paths resolved inside the tree, so nothing outside can be named. Mount
/// points are found by names from the root.
/// </remarks>
internal sealed class FileTree
{
    private const int FirstMountNumber = 20;    // as on most machines: lower ones are the kernel's own mounts

    private readonly List<Mount> _mounts = [];
    private readonly MountPoint _top = new(null, "");

    /// <summary>The mounts in the order in which they were added.</summary>
    public IReadOnlyList<Mount> Mounts => _mounts;

    /// <summary>The number of a mount, as mountinfo, fdinfo and statx(2) show it.</summary>
    public int NumberOf(Mount mount) => FirstMountNumber + _mounts.IndexOf(mount);

    /// <summary>The directory of "/".</summary>
    public TreeNode Root => _top.Mount!.Root;

    /// <summary>Adds a mount, which hides the files there.</summary>
    public void Add(Mount mount)
    {
        MountPoint point = _top;
        foreach (string name in mount.Prefix.Split('/', StringSplitOptions.RemoveEmptyEntries)) point = point.Make(name);
        point.Mount = mount;
        mount.Root.MountPoint = point;
        _mounts.Add(mount);
    }

    /// <summary>Walks a path. The last name need not exist.</summary>
    /// <param name="task">The task whose rights apply; null for the machine.</param>
    /// <param name="start">The directory that a relative path begins in.</param>
    /// <param name="path">The path as the program has it.</param>
    /// <param name="last">The treatment of a link as the last name.</param>
    /// <param name="place">The result; to be disposed.</param>
    public Errno Walk(GuestTask? task, TreeNode start, string path, LastLink last, out Place? place) =>
        new PathWalk(this, task, start).Go(path, last, out place);

    /// <summary>Finds a name in a directory, mounts included; neither "." nor "..".</summary>
    public static Errno Find(TreeNode directory, string name, out TreeNode? child)
    {
        MountPoint? point = directory.MountPoint?.Find(name);
        if (point?.Mount is { } mount)
        {
            child = mount.Root.Hold();
            return Errno.None;
        }

        Errno error = directory.Find(name, out child);
        if (point is null) return error;
        // The root of the user may lack the directory that a mount is on
        if (error == Errno.ENOENT) (error, child) = (Errno.None, new MountPointNode(directory.Mount, point));
        if (child is not null) child.MountPoint = point;
        return error;
    }

    /// <summary>Finds the parent, across mounts; the root is its own parent.</summary>
    public Errno FindParent(TreeNode directory, out TreeNode? parent)
    {
        if (directory.MountPoint is { } point && (directory.IsMountRoot || directory is MountPointNode))
            return Reach(point.Parent ?? _top, out parent);
        Errno error = directory.FindParent(out parent);
        if (error == Errno.None && parent!.MountPoint is null && directory.MountPoint is { } below) parent.MountPoint = below.Parent;
        return error;
    }

    /// <summary>Finds the node of a mount point's directory.</summary>
    private static Errno Reach(MountPoint point, out TreeNode? node)
    {
        node = null;
        if (point.Mount is { } mount)
        {
            node = mount.Root.Hold();
            return Errno.None;
        }

        Errno error = Reach(point.Parent!, out TreeNode? above);
        if (error != Errno.None) return error;
        using (above) return Find(above!, point.Name, out node);
    }
}

/// <summary>A directory that exists only because of a mount below it.</summary>
internal sealed class MountPointNode(Mount mount, MountPoint point) : TreeNode
{
    public override Mount Mount => mount;

    public override string Path => point.Path;

    public override Errno Status(out FileStatus status)
    {
        status = FileStatus.MadeAt(0) with { Device = 3, Inode = 1, Mode = FileModes.Directory | FileModes.Fixed };
        return Errno.None;
    }

    public override Errno Open(FileFlags flags, out OpenDescription? open)
    {
        open = null;
        return Errno.EACCES;
    }

    public override Errno Find(string name, out TreeNode? child)
    {
        child = null;
        return Errno.ENOENT;
    }

    public override Errno List(List<DirectoryEntry> entries) => Errno.None;
}
