using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>Calls that create, move and remove names. Linux: fs/namei.c.</summary>
internal sealed class NameCalls(FileTree tree)
{
    private const uint NoReplace = 1;    // RENAME_NOREPLACE

    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        Descriptor here = Descriptor.WorkingDirectory;
        table.Add(9, "link", "ss", (task, in call) => Link(task, here, call.A.Address, here, call.B.Address, 0));
        table.Add(303, "linkat", "DsDsx", (task, in call) =>
            Link(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, call.E.PathFlags));
        table.Add(10, "unlink", "s", (task, in call) => Unlink(task, here, call.A.Address));
        table.Add(40, "rmdir", "s", (task, in call) => RemoveDirectory(task, here, call.A.Address));
        table.Add(301, "unlinkat", "Dsx", UnlinkAt);
        table.Add(38, "rename", "ss", (task, in call) => Rename(task, here, call.A.Address, here, call.B.Address, mayReplace: true));
        table.Add(302, "renameat", "DsDs", (task, in call) =>
            Rename(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, mayReplace: true));
        table.Add(353, "renameat2", "DsDsx", (task, in call) =>
            (call.E & ~NoReplace) != 0 ? Errno.EINVAL
                : Rename(task, call.A.Descriptor, call.B.Address, call.C.Descriptor, call.D.Address, mayReplace: call.E == 0));
        table.Add(83, "symlink", "ss", (task, in call) => SymbolicLink(task, call.A.Address, here, call.B.Address));
        table.Add(304, "symlinkat", "sDs", (task, in call) => SymbolicLink(task, call.A.Address, call.B.Descriptor, call.C.Address));
        table.Add(39, "mkdir", "sx", (task, in call) => MakeDirectory(task, here, call.A.Address, call.B.Mode));
        table.Add(296, "mkdirat", "Dsx", (task, in call) => MakeDirectory(task, call.A.Descriptor, call.B.Address, call.C.Mode));
        table.Add(14, "mknod", "sxx", (task, in call) => MakeNode(task, here, call.A.Address, call.B.Mode, call.C));
        table.Add(297, "mknodat", "Dsxx", (task, in call) => MakeNode(task, call.A.Descriptor, call.B.Address, call.C.Mode, call.D));
    }

    private CallResult Link(GuestTask task, Descriptor fromDirectory, VirtualAddress from, Descriptor toDirectory, VirtualAddress to,
        PathFlags flags)
    {
        if ((flags & ~(PathFlags.Follow | PathFlags.EmptyPath)) != 0) return Errno.EINVAL;
        bool follow = (flags & PathFlags.Follow) != 0, mayBeEmpty = (flags & PathFlags.EmptyPath) != 0;
        Errno error = _paths.FindExisting(task, fromDirectory, from, follow, mayBeEmpty, out TreeNode? source);
        if (error != Errno.None) return error;
        using (source)
        {
            error = FindNew(task, toDirectory, to, isDirectory: false, out Place? place);
            if (error != Errno.None) return error;
            using (place)
            {
                if (source!.Mount != place!.Directory.Mount || source is OpenFileNode) return Errno.EXDEV;    // a pipe has no mount
                return place.Directory.Link(source, place.Name);
            }
        }
    }

    private CallResult UnlinkAt(GuestTask task, in CallArguments call)
    {
        PathFlags flags = call.C.PathFlags;
        if ((flags & ~PathFlags.RemoveDirectory) != 0) return Errno.EINVAL;
        return flags != PathFlags.None ? RemoveDirectory(task, call.A.Descriptor, call.B.Address)
            : Unlink(task, call.A.Descriptor, call.B.Address);
    }

    /// <summary>Linux: do_rmdir. ENOTEMPTY for "..", EINVAL for ".", EBUSY for the root.</summary>
    private CallResult RemoveDirectory(GuestTask task, Descriptor directory, VirtualAddress pathAt)
    {
        Errno error = _paths.Find(task, directory, pathAt, LastLink.Name, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            switch (place!.Kind)
            {
                case LastName.Root: return Errno.EBUSY;    // do_rmdir
                case LastName.Dot: return Errno.EINVAL;    // rmdir(2)
                case LastName.DotDot: return Errno.ENOTEMPTY;    // it has the directory itself in it
            }

            error = CheckRemoval(task, place, out FileStatus status);
            if (error == Errno.None && !status.IsDirectory) error = Errno.ENOTDIR;
            if (error == Errno.None && place.Node!.MountPoint is not null) error = Errno.EBUSY;
            if (error == Errno.None) error = place.Directory.RemoveDirectory(place.Name);
            return error;
        }
    }

    /// <summary>Linux: do_unlinkat, with EISDIR for all names such as "." and "..".</summary>
    private CallResult Unlink(GuestTask task, Descriptor directory, VirtualAddress pathAt)
    {
        Errno error = _paths.Find(task, directory, pathAt, LastLink.Name, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            if (place!.Kind != LastName.Normal) return Errno.EISDIR;    // dots and the root are directories (do_unlinkat)
            error = CheckRemoval(task, place, out FileStatus status);
            // Before the error of the rights is returned (do_unlinkat: slashes)
            if (place.EndsInSlash && place.Node is not null) return status.IsDirectory ? Errno.EISDIR : Errno.ENOTDIR;
            if (error == Errno.None && status.IsDirectory) error = Errno.EISDIR;
            if (error == Errno.None) error = place.Directory.Unlink(place.Name);
            return error;
        }
    }

    /// <summary>Linux: do_renameat2, with EBUSY (EEXIST with RENAME_NOREPLACE) for names such as "." and "..".</summary>
    private CallResult Rename(GuestTask task, Descriptor fromDirectory, VirtualAddress from, Descriptor toDirectory, VirtualAddress to,
        bool mayReplace)
    {
        Errno error = _paths.Find(task, fromDirectory, from, LastLink.Name, out Place? source);
        if (error != Errno.None) return error;
        using (source)
        {
            error = _paths.Find(task, toDirectory, to, LastLink.Name, out Place? target);
            if (error != Errno.None) return error;
            using (target) return Rename(task, source!, target!, mayReplace);
        }
    }

    private static CallResult Rename(GuestTask task, Place source, Place target, bool mayReplace)
    {
        if (source.Directory.Mount != target.Directory.Mount) return Errno.EXDEV;    // before EBUSY for "." and ".."
        if (source.Kind != LastName.Normal) return Errno.EBUSY;    // dots name no entry that could move
        // Dots and the root exist, and cannot be replaced
        if (target.Kind != LastName.Normal) return mayReplace ? Errno.EBUSY : Errno.EEXIST;
        if (source.Node is null) return Errno.ENOENT;
        if (target.Node is not null && !mayReplace) return Errno.EEXIST;
        Errno error = CheckRemoval(task, source, out FileStatus status);
        if (error != Errno.None) return error;
        if (source.Node.MountPoint is not null || target.Node?.MountPoint is not null) return Errno.EBUSY;    // is_local_mountpoint
        bool meansDirectory = source.EndsInSlash || target.EndsInSlash;    // Linux: do_renameat2, "slashes"
        if (meansDirectory && !status.IsDirectory) return Errno.ENOTDIR;
        error = target.Node is null ? Permissions.CheckDirectory(task, target.Directory) : CheckRemoval(task, target, out _);
        if (error == Errno.None) error = source.Directory.Rename(source.Name, target.Directory, target.Name, mayReplace);
        return error;
    }

    private CallResult SymbolicLink(GuestTask task, VirtualAddress targetAt, Descriptor directory, VirtualAddress pathAt)
    {
        Errno error = task.User.ReadPath(targetAt, out string target);
        if (error == Errno.None && target.Length == 0) error = Errno.ENOENT;    // before the new name is looked at
        if (error != Errno.None) return error;
        error = FindNew(task, directory, pathAt, isDirectory: false, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            error = place!.Directory.MakeLink(place.Name, target);
            if (error == Errno.None) Permissions.GiveTo(task, place.Directory, place.Name);
            return error;
        }
    }

    private CallResult MakeDirectory(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode)
    {
        Errno error = FindNew(task, directory, pathAt, isDirectory: true, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            error = place!.Directory.MakeDirectory(place.Name, mode & ~task.Process.FileMask & FileModes.StickyEverything);
            if (error == Errno.None) Permissions.GiveTo(task, place.Directory, place.Name);
            return error;
        }
    }

    private CallResult MakeNode(GuestTask task, Descriptor directory, VirtualAddress pathAt, FileModes mode, uint device)
    {
        FileModes type = mode & FileModes.TypeMask;
        if (type == FileModes.Directory) return Errno.EPERM;    // mkdir is the call for it (may_mknod)
        if (type is not (FileModes.None or FileModes.Regular or FileModes.Fifo or FileModes.Socket or FileModes.CharacterDevice
            or FileModes.BlockDevice)) return Errno.EINVAL;
        Errno error = FindNew(task, directory, pathAt, isDirectory: false, out Place? place);
        if (error != Errno.None) return error;
        using (place)
        {
            // guests get no devices of the host
            if (type is FileModes.CharacterDevice or FileModes.BlockDevice) return Errno.EPERM;    // no devices are made here, even by root
            if (type == FileModes.None) type = FileModes.Regular;    // mknod(2): no type is a regular file
            error = place!.Directory.MakeNode(place.Name, type | (mode & ~task.Process.FileMask & FileModes.Changeable), device);
            if (error == Errno.None) Permissions.GiveTo(task, place.Directory, place.Name);
            return error;
        }
    }

    /// <summary>Finds the place of a new name. EEXIST, EACCES and errors of the walk. Linux: filename_create.</summary>
    private Errno FindNew(GuestTask task, Descriptor directory, VirtualAddress pathAt, bool isDirectory, out Place? place)
    {
        Errno error = _paths.Find(task, directory, pathAt, LastLink.Name, out place);
        if (error != Errno.None) return error;
        error = place!.CheckNewName(isDirectory);
        if (error == Errno.None) error = Permissions.CheckDirectory(task, place.Directory);
        if (error == Errno.None) return error;
        place.Dispose();
        place = null;
        return error;
    }

    /// <summary>Checks whether an existing name may be removed from its directory. ENOENT, EACCES, EPERM.</summary>
    private static Errno CheckRemoval(GuestTask task, Place place, out FileStatus status)
    {
        status = default;
        if (place.Node is not { } node) return Errno.ENOENT;
        Errno error = node.Status(out status);
        return error == Errno.None ? Permissions.CheckRemoval(task, place.Directory, status) : error;
    }
}
