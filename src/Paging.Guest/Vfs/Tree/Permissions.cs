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

    /// <param name="task">Who asks.</param>
    /// <param name="status">The file.</param>
    /// <param name="wanted">4 read, 2 write, 1 execute.</param>
    public static Errno Judge(GuestTask task, in FileStatus status, int wanted)
    {
        Credentials who = task.Process.Credentials;
        if (wanted == 0 || who.EffectiveUser == Credentials.OfHost.EffectiveUser || who.Can(Capability.OverrideRights)) return Errno.None;
        uint mode = (uint)status.Mode;
        if (who.EffectiveUser == status.User) mode >>= 6;
        else if (who.EffectiveGroup == status.Group || who.Groups.Contains(status.Group)) mode >>= 3;
        return (wanted & ~(int)mode & 7) == 0 ? Errno.None : Errno.EACCES;
    }
}
