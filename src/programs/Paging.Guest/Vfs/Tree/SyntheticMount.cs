using Paging.Core;
using Paging.Guest.Abi;

namespace Paging.Guest.Vfs.Tree;

/// <summary>A file system whose files are made when they are looked up: /proc, /sys, /dev.</summary>
/// <remarks>Files are identified by their paths in the mount, without dots, links, and slashes at either end.</remarks>
internal abstract class SyntheticMount : Mount
{
    protected SyntheticMount(string prefix) : base(prefix) => Root = new SyntheticNode(this, "");

    public sealed override TreeNode Root { get; }

    /// <summary>Gets the status of a file; links are not followed.</summary>
    public abstract Errno Status(string relative, out FileStatus status);

    public abstract Errno Open(TreeNode node, string relative, FileFlags flags, out OpenDescription? open);

    public abstract Errno List(string relative, List<DirectoryEntry> entries);

    public virtual Errno ReadLink(string relative, out string target)
    {
        target = "";
        return Errno.EINVAL;
    }

    /// <summary>Returns the target of a magic link, held, or null.</summary>
    public virtual TreeNode? Jump(string relative) => null;

    public virtual Errno ChangeMode(string relative, FileModes mode) => Errno.EPERM;

    /// <summary>
    /// True for the kernel's state (/proc, /sys): directories can be positioned at their end, and files cannot be written back.
    /// </summary>
    public virtual bool ShowsKernel => false;

    /// <summary>Linux: MAX_NON_LFS, if a file system sets no other.</summary>
    public override long PositionMax => ShowsKernel ? int.MaxValue : long.MaxValue;

    /// <summary>Checks whether a directory may be searched. ESRCH if its process no longer exists. Linux: proc_pid_permission.</summary>
    public virtual Errno CheckSearch(string relative) => Errno.None;

    /// <summary>The error of creating names. Linux: proc_lookup, devtmpfs of a user.</summary>
    public virtual Errno Refused => Errno.EROFS;

    /// <summary>The error of removing names, which such directories do not support. Linux: vfs_unlink, vfs_rmdir, vfs_rename.</summary>
    public virtual Errno RefusedRemoval => Errno.EPERM;
}

/// <summary>A file of a <see cref="SyntheticMount"/>.</summary>
internal sealed class SyntheticNode(SyntheticMount mount, string relative) : TreeNode
{
    public override Mount Mount => mount;

    public override string Path => relative.Length == 0 ? mount.Prefix : $"{mount.Prefix}/{relative}";

    public override Errno Status(out FileStatus status) => mount.Status(relative, out status);

    public override Errno CheckSearch() => mount.CheckSearch(relative);

    public override Errno Open(FileFlags flags, out OpenDescription? open)
    {
        Errno error = mount.Open(this, relative, flags, out open);
        if (open is { Node: null }) open.OpenedOn(this);
        return error;
    }

    public override Errno ReadLink(out string target) => mount.ReadLink(relative, out target);

    public override TreeNode? Jump() => mount.Jump(relative);

    public override Errno ChangeMode(FileModes mode) => mount.ChangeMode(relative, mode);

    public override Errno Find(string name, out TreeNode? child)
    {
        string path = relative.Length == 0 ? name : $"{relative}/{name}";
        Errno error = mount.Status(path, out _);
        child = error == Errno.None ? new SyntheticNode(mount, path) : null;
        return error;
    }

    public override Errno FindParent(out TreeNode? parent)
    {
        int slash = relative.LastIndexOf('/');
        parent = slash < 0 ? mount.Root.Hold() : new SyntheticNode(mount, relative[..slash]);
        return Errno.None;
    }

    public override Errno List(List<DirectoryEntry> entries) => mount.List(relative, entries);

    public override Errno Create(string name, FileFlags flags, FileModes mode, out OpenDescription? open)
    {
        open = null;
        return mount.Refused;
    }

    public override Errno MakeDirectory(string name, FileModes mode) => mount.Refused;

    public override Errno MakeNode(string name, FileModes mode, ulong device) => mount.Refused;

    public override Errno MakeLink(string name, string target) => mount.Refused;

    public override Errno Link(TreeNode file, string name) => mount.Refused;

    public override Errno RemoveDirectory(string name) => mount.RefusedRemoval;

    public override Errno Unlink(string name) => mount.RefusedRemoval;

    public override Errno Rename(string name, TreeNode directory, string to, bool mayReplace) => mount.RefusedRemoval;
}
