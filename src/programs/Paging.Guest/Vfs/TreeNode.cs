using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>A name in a directory.</summary>
/// <param name="Name">The name, without its path.</param>
/// <param name="Inode">Its number in stat(2).</param>
/// <param name="Type">DT_*: the type bits of a mode, shifted right by twelve.</param>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type)
{
    public const byte CharacterDevice = 2, Directory = 4, SymbolicLink = 10;    // DT_*: the upper four bits of the mode
}

/// <summary>
/// A held file of the tree, of any kind: it remains the same file when its names change or are removed. Linux: struct path.
/// </summary>
/// <remarks>
/// Reference-counted: nodes returned by methods are held for the caller, which disposes them. A place for a new name is a directory's node
/// and one name without a slash, neither "." nor "..". No method takes a path; <see cref="Tree.FileTree"/> walks them.
/// </remarks>
internal abstract class TreeNode : IDisposable
{
    private int _holders = 1;

    public abstract Mount Mount { get; }

    /// <summary>The mount point of a directory with mounts on or below it; usually null.</summary>
    public MountPoint? MountPoint { get; set; }

    /// <summary>The file's current path in the guest's tree; with " (deleted)" if it has no name. Linux: d_path.</summary>
    public abstract string Path { get; }

    /// <summary>True for the root of its mount.</summary>
    public bool IsMountRoot => ReferenceEquals(this, Mount.Root);

    /// <summary>Gets its status; a link is not followed.</summary>
    public abstract Errno Status(out FileStatus status);

    /// <summary>Opens it. ELOOP for a link; ENXIO for a device of the host, or a socket.</summary>
    public abstract Errno Open(FileFlags flags, out OpenDescription? open);

    /// <summary>faccessat(2) with the rights of the host's process.</summary>
    public virtual Errno Access(AccessRights wanted) => Errno.None;

    public virtual Errno ReadLink(out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    /// <summary>
    /// Returns the target of a magic link (/proc/PID/fd/N); null for other files. Linux: nd_jump_link.
    /// </summary>
    public virtual TreeNode? Jump() => null;

    public virtual Errno ChangeMode(FileModes mode) => Errno.EPERM;

    /// <summary>Changes the owner; −1 changes nothing.</summary>
    public virtual Errno ChangeOwner(uint user, uint group) => Errno.EPERM;

    /// <summary>Sets access and modification times, each as seconds and nanoseconds; UTIME_OMIT as nanoseconds.</summary>
    public virtual Errno SetTimes(ReadOnlySpan<long> times) => Errno.EPERM;

    // A directory.

    /// <summary>Checks whether it can be searched by any task. ESRCH for a directory of /proc whose process no longer exists.</summary>
    public virtual Errno CheckSearch() => Errno.None;

    /// <summary>Finds a name in it. ENOENT, ENOTDIR, EACCES, ENAMETOOLONG.</summary>
    public virtual Errno Find(string name, out TreeNode? child)
    {
        child = null;
        return Errno.ENOTDIR;
    }

    /// <summary>Finds a directory several names below, with no link on the way. After any error, walk name by name.</summary>
    public virtual Errno FindBelow(string path, out TreeNode? directory)
    {
        directory = null;
        return Errno.ENOSYS;
    }

    /// <summary>Finds the parent within its mount. ENOENT if there is none inside the root.</summary>
    public virtual Errno FindParent(out TreeNode? parent)
    {
        parent = null;
        return Errno.ENOTDIR;
    }

    public virtual Errno List(List<DirectoryEntry> entries) => Errno.ENOTDIR;

    /// <summary>Creates a regular file and opens it. EEXIST if the name exists.</summary>
    public virtual Errno Create(string name, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        return Errno.EROFS;
    }

    /// <summary>
    /// Creates a regular file without a name and opens it (O_TMPFILE). EOPNOTSUPP if the file system does not support it.
    /// </summary>
    public virtual Errno CreateNameless(FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        return Errno.EOPNOTSUPP;
    }

    public virtual Errno MakeDirectory(string name, FileModes mode) => Errno.EROFS;

    public virtual Errno MakeNode(string name, FileModes mode, ulong device) => Errno.EROFS;

    public virtual Errno MakeLink(string name, string target) => Errno.EROFS;

    /// <summary>Makes another name for a file of the same mount.</summary>
    public virtual Errno Link(TreeNode file, string name) => Errno.EROFS;

    public virtual Errno RemoveDirectory(string name) => Errno.EROFS;

    public virtual Errno Unlink(string name) => Errno.EROFS;

    /// <summary>Moves a name of this directory to another one of the same mount. Flags: RENAME_*.</summary>
    public virtual Errno Rename(string name, TreeNode directory, string to, bool mayReplace) => Errno.EROFS;

    public TreeNode Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>Drops one reference.</summary>
    public void Dispose()
    {
        if (--_holders == 0) Close();
    }

    protected virtual void Close() { }
}
