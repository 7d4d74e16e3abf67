using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;

namespace Paging.Guest.Syscalls;

/// <summary>Calls on working directories, roots and directory lists. Linux: fs/open.c, fs/d_path.c, fs/readdir.c.</summary>
internal sealed class DirectoryCalls(FileTree tree)
{
    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        table.Add(12, "chdir", "s", ChangeDirectory);
        table.Add(133, "fchdir", "d", ChangeDirectoryTo);
        table.Add(61, "chroot", "s", ChangeRoot);
        table.Add(183, "getcwd", "an", WorkingDirectory);
        table.Add(60, "umask", "x", Mask);
        table.Add(141, "getdents", "dan", (task, in call) => Entries(task, call, isOldForm: true));
        table.Add(220, "getdents64", "dan", (task, in call) => Entries(task, call, isOldForm: false));
    }

    private CallResult ChangeDirectory(GuestTask task, in CallArguments call)
    {
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.A.Address, follow: true, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node) return Enter(task, node!);
    }

    private CallResult ChangeDirectoryTo(GuestTask task, in CallArguments call)
    {
        // fchdir takes no AT_FDCWD: EBADF, where FindOpened would find the working directory
        Errno error = _paths.FindOpened(task, call.A.Descriptor.IsWorkingDirectory ? new(-1) : call.A.Descriptor, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node) return Enter(task, node!);
    }

    private static CallResult Enter(GuestTask task, TreeNode node)
    {
        Errno error = CheckSearch(task, node);
        if (error == Errno.None) task.Process.WorkingDirectory = node;
        return error;
    }

    /// <summary>Checks for a directory that may be searched. ENOTDIR, EACCES.</summary>
    private static Errno CheckSearch(GuestTask task, TreeNode node)
    {
        Errno error = node.Status(out FileStatus status);
        if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
        if (error == Errno.None) error = Permissions.Check(task, status, AccessRights.Execute);
        return error == Errno.None ? node.Access(AccessRights.Execute) : error;
    }

    /// <summary>chroot(2) of the root alone, as some programs begin. EPERM for other directories. Linux: ksys_chroot.</summary>
    private CallResult ChangeRoot(GuestTask task, in CallArguments call)
    {
        Errno error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.A.Address, follow: true, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node)
        {
            error = CheckSearch(task, node!);
            if (error != Errno.None) return error;
            return ReferenceEquals(node, tree.Root) && task.Credentials.Can(Capability.ChangeRoot) ? 0 : Errno.EPERM;
        }
    }

    /// <summary>getcwd(2). ENOENT if it has been removed; ERANGE if there is no room for it and its zero.</summary>
    private CallResult WorkingDirectory(GuestTask task, in CallArguments call)
    {
        TreeNode directory = task.Process.WorkingDirectory ?? tree.Root;
        string path = directory.Path;
        if (DeletedMark.IsOn(path) && IsRemoved(directory)) return Errno.ENOENT;    // the name alone may end so
        byte[] bytes = [.. ByteText.ToBytes(path), 0];
        if (bytes.Length > call.B) return Errno.ERANGE;    // glibc and musl then allocate a larger buffer
        return task.User.TryCopyTo(call.A.Address, bytes) ? bytes.Length : Errno.EFAULT;
    }

    private static bool IsRemoved(TreeNode directory) => directory.Status(out FileStatus status) != Errno.None || status.Links == 0;

    private static CallResult Mask(GuestTask task, in CallArguments call)
    {
        uint old = (uint)task.Process.FileMask;
        task.Process.FileMask = call.A.Mode & FileModes.Everything;
        return (int)old;
    }

    private static CallResult Entries(GuestTask task, in CallArguments call, bool isOldForm)
    {
        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.ENOTDIR, out DirectoryFile directory);
        if (error == Errno.None && call.C.Number < 0) error = Errno.EINVAL;    // Linux: the length is an int
        if (error != Errno.None) return error;
        byte[] bytes = new byte[Math.Min(call.C, 65536)];    // fewer entries are allowed; libc asks for 32 KiB at a time
        long before = directory.Position;
        CallResult count = directory.ReadEntries(bytes, isOldForm);
        if (count.Count == 0) return count;
        int copied = task.User.CopyTo(call.B.Address, bytes.AsSpan(0, count.Count));    // short on a bad page, or on one still to be read
        if (copied == count.Count) return count;
        (int whole, int names) = task.NeedsPage ? default : DirectoryFile.WholeEntries(bytes.AsSpan(0, count.Count), copied, isOldForm);
        directory.Position = before + names;    // entries completely before a bad page count. Linux: getdents64
        return names == 0 ? Errno.EFAULT : whole;    // those before the bad page have been returned
    }
}
