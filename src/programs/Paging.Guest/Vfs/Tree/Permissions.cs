using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>Checks rights to read, write and execute files, by owner, group and others. Linux: fs/namei.c generic_permission.</summary>
/// <remarks>
/// Used only for processes that have changed their user; for the user of the host's process the host itself checks.
/// </remarks>
internal static class Permissions
{
    /// <summary>The rights needed to open a file.</summary>
    public static AccessRights ToOpen(FileFlags flags) => (flags & FileFlags.AccessMask) switch
    {
        FileFlags.None => AccessRights.Read,
        FileFlags.WriteOnly => AccessRights.Write,
        _ => AccessRights.Read | AccessRights.Write,
    };

    /// <summary>
    /// Returns true if the thread has the user and the rights of the host's process, so that the host's checks suffice.
    /// </summary>
    public static bool AreOfHost(GuestTask task)
    {
        Credentials who = task.Credentials;
        if (who.Can(Capability.OverrideRights)) return true;
        return who.EffectiveUser == Credentials.OfHost.EffectiveUser && !Credentials.OfHost.Can(Capability.OverrideRights);
    }

    /// <summary>Returns true if the caller owns a file, or has the capability to act as its owner. Linux: inode_owner_or_capable.</summary>
    public static bool IsOwner(GuestTask task, in FileStatus status) =>
        task.Credentials.EffectiveUser == status.User || task.Credentials.Can(Capability.OwnFiles);

    /// <summary>Returns true if the caller is in a group, or has the capability to act so. Linux: in_group_or_capable.</summary>
    public static bool IsInGroup(GuestTask task, uint group) =>
        task.Credentials.IsIn(group) || task.Credentials.Can(Capability.KeepSetIds);

    /// <summary>Checks the right to change names in a directory. Linux: may_create.</summary>
    public static Errno CheckDirectory(GuestTask task, TreeNode directory)
    {
        if (AreOfHost(task)) return Errno.None;
        Errno error = directory.Status(out FileStatus status);
        return error == Errno.None ? Check(task, status, AccessRights.ChangeNames) : error;
    }

    /// <summary>
    /// Checks the right to remove a name; in a sticky directory only for the owner of the file, the owner of the directory, and root.
    /// Linux: may_delete, check_sticky.
    /// </summary>
    public static Errno CheckRemoval(GuestTask task, TreeNode directory, in FileStatus status)
    {
        Errno error = CheckDirectory(task, directory);
        if (error != Errno.None || IsOwner(task, status)) return error;
        bool isFree = directory.Status(out FileStatus above) != Errno.None || (above.Mode & FileModes.Sticky) == 0
            || above.User == task.Credentials.EffectiveUser;
        return isFree ? Errno.None : Errno.EPERM;
    }

    /// <summary>
    /// Sets the owner of a new file; in a set-group-ID directory its group is the directory's, and directories inherit the bit. Linux:
    /// inode_init_owner, mode_strip_sgid.
    /// </summary>
    public static void GiveTo(GuestTask task, TreeNode directory, string name)
    {
        if (IsMakerOf(task, directory) || directory.Find(name, out TreeNode? made) != Errno.None) return;
        using (made) GiveTo(task, directory, made!);
    }

    /// <inheritdoc cref="GiveTo(GuestTask, TreeNode, string)"/>
    public static void GiveTo(GuestTask task, TreeNode directory, TreeNode made)
    {
        if (IsMakerOf(task, directory)) return;
        Credentials who = task.Credentials;
        bool inherits = directory.Status(out FileStatus above) == Errno.None && (above.Mode & FileModes.SetGroup) != 0;
        if (made.Status(out FileStatus status) != Errno.None) return;
        made.ChangeOwner(who.EffectiveUser, inherits ? above.Group : who.EffectiveGroup);
        if (status.IsSymbolicLink) return;
        const FileModes runsAsGroup = FileModes.SetGroup | FileModes.GroupExecute;    // without it the bit meant mandatory locks
        FileModes mode = status.Mode & FileModes.Changeable;
        if (inherits && status.IsDirectory) mode |= FileModes.SetGroup;
        else if (inherits && (mode & runsAsGroup) == runsAsGroup && !IsInGroup(task, above.Group)) mode &= ~FileModes.SetGroup;
        bool isAsMeant = made.Status(out FileStatus given) == Errno.None && (given.Mode & FileModes.Changeable) == mode;
        if (!isAsMeant) made.ChangeMode(mode);    // the change of owner has cleared set-user-ID
    }

    private static bool IsMakerOf(GuestTask task, TreeNode directory)
    {
        Credentials who = task.Credentials, host = Credentials.OfHost;
        return directory.Mount.IsOfHost && (who.EffectiveUser, who.EffectiveGroup) == (host.EffectiveUser, host.EffectiveGroup);
    }

    /// <summary>Returns EACCES if the process's class (owner, group or others) lacks one of the wanted rights.</summary>
    public static Errno Check(GuestTask task, in FileStatus status, AccessRights wanted)
    {
        Credentials who = task.Credentials;
        if (wanted == AccessRights.None || AreOfHost(task)) return Errno.None;
        uint mode = (uint)status.Mode;
        if (who.EffectiveUser == status.User) mode >>= 6;    // the first class that fits decides, even against the owner
        else if (who.IsIn(status.Group)) mode >>= 3;
        AccessRights missing = wanted & AccessRights.All & ~(AccessRights)mode;
        bool mayLook = who.Can(Capability.ReadAndSearch)
            && (missing & ~(status.IsDirectory ? AccessRights.Read | AccessRights.Execute : AccessRights.Read)) == 0;
        return missing == 0 || mayLook ? Errno.None : Errno.EACCES;
    }
}
