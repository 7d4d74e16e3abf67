using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Guest.Vfs.Tree;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Syscalls;

/// <summary>inotify(7). Linux: fs/notify/inotify/inotify_user.c.</summary>
internal sealed class InotifyCalls(GuestClock clock, Happenings happenings, FileTree tree, FileNotices notices)
{
    private readonly PathReader _paths = new(tree);

    public void AddTo(CallTable table)
    {
        table.Add(291, "inotify_init", "", (task, in call) => Make(task, FileFlags.None));
        table.Add(332, "inotify_init1", "x", (task, in call) => Make(task, call.A.Flags));
        table.Add(292, "inotify_add_watch", "dsx", Watch);
        table.Add(293, "inotify_rm_watch", "dd", Unwatch);
    }

    private CallResult Make(GuestTask task, FileFlags flags)
    {
        if ((flags & ~(FileFlags.CloseOnExec | FileFlags.NonBlocking)) != 0) return Errno.EINVAL;
        if (notices.IsFull) return Errno.EMFILE;
        InotifyFile file = new(clock, happenings, notices, flags & FileFlags.NonBlocking);
        notices.Add(file);
        return task.Process.Install(file, flags);
    }

    private CallResult Watch(GuestTask task, in CallArguments call)
    {
        FileNotice mask = (FileNotice)call.C.Word;
        if ((mask & FileNotice.All) == 0) return Errno.EINVAL;
        const FileNotice both = FileNotice.MaskAdd | FileNotice.MaskCreate;
        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EINVAL, out InotifyFile file);
        if (error == Errno.EBADF) return error;
        if ((mask & both) == both) return Errno.EINVAL;
        if (error != Errno.None) return error;
        bool follow = (mask & FileNotice.DoNotFollow) == 0;
        error = _paths.FindExisting(task, Descriptor.WorkingDirectory, call.B.Address, follow, out TreeNode? node);
        if (error != Errno.None) return error;
        using (node)
        {
            error = node!.Status(out FileStatus status);
            if (error == Errno.None && (mask & FileNotice.OnlyDirectory) != 0 && !status.IsDirectory) error = Errno.ENOTDIR;
            if (error == Errno.None) error = Permissions.Judge(task, status, AccessRights.Read);
            return error == Errno.None ? file.Watch(status, mask) : error;
        }
    }

    private static CallResult Unwatch(GuestTask task, in CallArguments call)
    {
        Errno error = task.Process.Descriptors.Find(call.A.Descriptor, otherKind: Errno.EINVAL, out InotifyFile file);
        return error == Errno.None ? file.Unwatch(call.B.Number) : error;
    }
}
