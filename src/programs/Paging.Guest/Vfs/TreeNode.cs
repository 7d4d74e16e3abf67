using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>A name in a directory.</summary>
/// <param name="Name">Without its path.</param>
/// <param name="Inode">What stat(2) says of it.</param>
/// <param name="Type">DT_*: the type bits of a mode, twelve further down.</param>
internal readonly record struct DirectoryEntry(string Name, ulong Inode, byte Type)
{
    public const byte CharacterDevice = 2, Directory = 4, SymbolicLink = 10;
}

/// <summary>
/// One file of the tree, of whatever kind, that is held: it stays the same file when its names change or go. Linux: struct path.
/// </summary>
/// <remarks>
/// Counted by its holders: what a method gives out is held for the caller, who disposes it. A place for a new name is a directory's node
/// and one name without a slash, neither "." nor "..". Nothing takes a path; <see cref="Tree.FileTree"/> walks them.
/// </remarks>
internal abstract class TreeNode : IDisposable
{
    private int _holders = 1;

    public abstract Mount Mount { get; }

    /// <summary>The directory it stands for has something mounted on it or below it; null, as nearly always: it has not.</summary>
    public MountPoint? MountPoint { get; set; }

    /// <summary>Its path in the guest's tree as of now; behind one without a name comes " (deleted)". Linux: d_path.</summary>
    public abstract string Path { get; }

    /// <summary>It is the first one of its mount.</summary>
    public bool IsMountRoot => ReferenceEquals(this, Mount.Root);

    /// <summary>What it is; a link is not followed.</summary>
    public abstract Errno Status(out FileStatus status);

    /// <summary>Opens it. ELOOP: a link; ENXIO: a device of the host, or a socket.</summary>
    public abstract Errno Open(FileFlags flags, out OpenDescription? open);

    /// <summary>faccessat(2) with the rights of the host's process.</summary>
    public virtual Errno Access(AccessRights wanted) => Errno.None;

    public virtual Errno ReadLink(out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    /// <summary>
    /// Where a link leads that is no text but a file itself (/proc/PID/fd/N); null: it is no such link. Linux: nd_jump_link.
    /// </summary>
    public virtual TreeNode? Jump() => null;

    public virtual Errno ChangeMode(FileModes mode) => Errno.EPERM;

    /// <summary>−1: stays.</summary>
    public virtual Errno ChangeOwner(uint user, uint group) => Errno.EPERM;

    /// <summary>Access and modification times, each as seconds and nanoseconds; UTIME_OMIT as nanoseconds.</summary>
    public virtual Errno SetTimes(ReadOnlySpan<long> times) => Errno.EPERM;

    // A directory.

    /// <summary>Whether it can be searched at all, by any task. ESRCH: a directory of /proc whose process is gone.</summary>
    public virtual Errno JudgeSearch() => Errno.None;

    /// <summary>What a name in it stands for. ENOENT, ENOTDIR, EACCES, ENAMETOOLONG.</summary>
    public virtual Errno Find(string name, out TreeNode? child)
    {
        child = null;
        return Errno.ENOTDIR;
    }

    /// <summary>A directory several names down, where nothing on the way is a link. Any error: go a name at a time.</summary>
    public virtual Errno FindBelow(string path, out TreeNode? directory)
    {
        directory = null;
        return Errno.ENOSYS;
    }

    /// <summary>The directory above, within its mount. ENOENT: there is none that may be seen.</summary>
    public virtual Errno FindParent(out TreeNode? parent)
    {
        parent = null;
        return Errno.ENOTDIR;
    }

    public virtual Errno List(List<DirectoryEntry> entries) => Errno.ENOTDIR;

    /// <summary>Makes a regular file and opens it. EEXIST: there is something of this name.</summary>
    public virtual Errno Create(string name, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        return Errno.EROFS;
    }

    /// <summary>Makes a regular file without a name and opens it (O_TMPFILE). EOPNOTSUPP: the file system has no such files.</summary>
    public virtual Errno CreateNameless(FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        return Errno.EOPNOTSUPP;
    }

    public virtual Errno MakeDirectory(string name, FileModes mode) => Errno.EROFS;

    public virtual Errno MakeNode(string name, FileModes mode, ulong device) => Errno.EROFS;

    public virtual Errno MakeLink(string name, string target) => Errno.EROFS;

    /// <summary>One more name for a file of the same mount.</summary>
    public virtual Errno Link(TreeNode file, string name) => Errno.EROFS;

    public virtual Errno RemoveDirectory(string name) => Errno.EROFS;

    public virtual Errno Unlink(string name) => Errno.EROFS;

    /// <summary>Moves a name of this directory to another one of the same mount. Flags: RENAME_*.</summary>
    public virtual Errno Rename(string name, TreeNode directory, string to, RenameFlags flags) => Errno.EROFS;

    public TreeNode Hold()
    {
        _holders++;
        return this;
    }

    /// <summary>One holder lets go of it.</summary>
    public void Dispose()
    {
        if (--_holders == 0) Close();
    }

    protected virtual void Close() { }
}
