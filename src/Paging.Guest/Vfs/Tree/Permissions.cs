using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>May a process read, write, execute a file, by owner, group and others? Linux: fs/namei.c generic_permission.</summary>
/// <remarks>
/// Asked only for a process that has changed its user; for the user of the host's process the host itself decides.
/// </remarks>
internal static class Permissions
{
    /// <summary>What a file is opened for: 4 read, 2 write.</summary>
    public static int ToOpen(int flags) => (flags & OpenDescription.AccessMask) switch
    {
        0 => 4,
        OpenDescription.WriteOnly => 2,
        _ => 6,
    };

    /// <summary>The process is still the user that runs the host's: the host's own checks are its checks.</summary>
    public static bool AreOfHost(GuestTask task) =>
        task.Process.Credentials.EffectiveUser == Credentials.OfHost.EffectiveUser
            || task.Process.Credentials.Can(Capability.OverrideRights);

    /// <summary>May names come and go in a directory? Linux: may_create.</summary>
    public static Errno JudgeDirectory(GuestTask task, TreeNode directory)
    {
        if (AreOfHost(task)) return Errno.None;
        Errno error = directory.Status(out FileStatus status);
        return error == Errno.None ? Judge(task, status, 3) : error;
    }

    /// <summary>
    /// May a name be taken away? In a sticky directory by the owner of the file, the owner of the directory, and root. Linux: may_delete,
    /// check_sticky.
    /// </summary>
    public static Errno JudgeRemoval(GuestTask task, TreeNode directory, in FileStatus status)
    {
        Errno error = JudgeDirectory(task, directory);
        Credentials who = task.Process.Credentials;
        if (error != Errno.None || who.EffectiveUser == status.User || who.Can(Capability.OwnFiles)) return error;
        bool isFree = directory.Status(out FileStatus above) != Errno.None || (above.Mode & FileModes.Sticky) == 0
            || above.User == who.EffectiveUser;
        return isFree ? Errno.None : Errno.EPERM;
    }

    /// <summary>
    /// A file that a process has made belongs to it; its group is the directory's where that is set-group-ID. Linux: inode_init_owner.
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
        Credentials who = task.Process.Credentials;
        bool inherits = directory.Status(out FileStatus above) == Errno.None && (above.Mode & FileModes.SetGroup) != 0;
        made.ChangeOwner(who.EffectiveUser, inherits ? above.Group : who.EffectiveGroup);
    }

    private static bool IsMakerOf(GuestTask task, TreeNode directory)
    {
        Credentials who = task.Process.Credentials, host = Credentials.OfHost;
        return directory.Mount.IsOfHost && (who.EffectiveUser, who.EffectiveGroup) == (host.EffectiveUser, host.EffectiveGroup);
    }

    /// <param name="task">Who asks.</param>
    /// <param name="status">The file.</param>
    /// <param name="wanted">4 read, 2 write, 1 execute.</param>
    public static Errno Judge(GuestTask task, in FileStatus status, int wanted)
    {
        Credentials who = task.Process.Credentials;
        if (wanted == 0 || AreOfHost(task)) return Errno.None;
        uint mode = (uint)status.Mode;
        if (who.EffectiveUser == status.User) mode >>= 6;
        else if (who.EffectiveGroup == status.Group || who.Groups.Contains(status.Group)) mode >>= 3;
        return (wanted & ~(int)mode & 7) == 0 ? Errno.None : Errno.EACCES;
    }
}
