using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>What fcntl(2) has of leases and of watches of directories. Linux: fs/locks.c, fs/notify/dnotify/dnotify.c.</summary>
internal sealed class LeaseCalls(FileLeases leases, DirectoryWatches watches)
{
    private const int SetLease = 1024, GetLease = 1025, Notify = 1026;

    public static bool IsLeaseCommand(int command) => command is SetLease or GetLease or Notify;

    public CallResult Control(GuestTask task, OpenDescription open, int command, CallWord argument)
    {
        switch (command)
        {
            case GetLease: return (int)leases.TypeOf(open);
            case SetLease: return Set(task, open, argument.Number);
            default:
                Descriptor descriptor = task.Call.A.Descriptor;
                Errno error = watches.Set(open, task.Process.Descriptors, descriptor, (DirectoryEvents)argument.Word);
                if (error == Errno.None && (argument.Word & ~(uint)DirectoryEvents.MultiShot) != 0) OwnUnlessOwned(task, open);
                return error;
        }
    }

    /// <summary>The call that has opened a file, or is about to cut it, waits until no lease stands in its way.</summary>
    public static CallResult Wait(GuestTask task, long? until)
    {
        task.Deadline = until;
        return task.Wait(RestartUnlessHandled);
    }

    /// <summary>
    /// EACCES: another one's file, without CAP_LEASE; EINVAL: not a regular file; EAGAIN: it is open in a way that conflicts. Linux:
    /// fcntl_setlease, vfs_setlease.
    /// </summary>
    private Errno Set(GuestTask task, OpenDescription open, int type)
    {
        if (type is < (int)LeaseType.Read or > (int)LeaseType.None) return Errno.EINVAL;
        Errno error = open.Status(out FileStatus status);
        if (error != Errno.None) return error;
        if (status.User != task.Credentials.FileUser && !task.Credentials.Can(Capability.Lease)) return Errno.EACCES;
        if (open is not RegularFile file) return Errno.EINVAL;
        if (type == (int)LeaseType.None) return leases.Remove(file);
        error = leases.Set(file, task.Call.A.Descriptor, (LeaseType)type);
        if (error == Errno.None) OwnUnlessOwned(task, open);
        return error;
    }

    /// <summary>Who asks is told, unless somebody has been named. Linux: __f_setown without force.</summary>
    private static void OwnUnlessOwned(GuestTask task, OpenDescription open)
    {
        if (open.Owner.Id != 0) return;
        Credentials who = task.Credentials;
        open.Owner = new(FileOwnerKind.Process, task.Process.Id, open.Owner.Signal, who.User, who.EffectiveUser);
    }
}
