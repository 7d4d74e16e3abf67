using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>userfaultfd(2), and /dev/userfaultfd. Linux: fs/userfaultfd.c.</summary>
internal sealed class UserfaultCalls(GuestClock clock, WakeUps wakeUps, CurrentTask current)
{
    private const FileFlags Flags = FileFlags.CloseOnExec | FileFlags.NonBlocking;
    private const FileFlags UserModeOnly = (FileFlags)1;    // UFFD_USER_MODE_ONLY, which lies where O_WRONLY does

    public void AddTo(CallTable table) => table.Add(374, "userfaultfd", "x", Open);

    /// <summary>EINVAL for unknown flags; EPERM without UFFD_USER_MODE_ONLY, if the program may not trace; EMFILE.</summary>
    private CallResult Open(GuestTask task, in CallArguments call)
    {
        bool isForUserMode = (call.A.Flags & UserModeOnly) != 0;
        if (!isForUserMode && !task.Credentials.Can(Capability.Trace)) return Errno.EPERM;    // vm.unprivileged_userfaultfd is 0
        return Open(task, call.A.Flags);
    }

    /// <summary>ioctl(2) of the device: every opener may create one. Linux: userfaultfd_dev_ioctl.</summary>
    public CallResult Ioctl(GuestTask task, uint request, FileFlags flags)
    {
        const uint make = 0xAA00;    // USERFAULTFD_IOC_NEW
        return request == make ? Open(task, flags) : Errno.EINVAL;
    }

    private CallResult Open(GuestTask task, FileFlags flags)
    {
        if ((flags & ~(Flags | UserModeOnly)) != 0) return Errno.EINVAL;    // after EPERM, as in userfaultfd
        bool isForUserMode = (flags & UserModeOnly) != 0;
        UserfaultFile file = new(clock, wakeUps, current, task.Process.Memory, isForUserMode, flags & Flags);
        return task.Process.Install(file, flags);
    }
}
