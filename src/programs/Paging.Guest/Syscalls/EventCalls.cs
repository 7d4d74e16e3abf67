using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;

namespace Paging.Guest.Syscalls;

/// <summary>eventfd. Linux: fs/eventfd.c.</summary>
internal sealed class EventCalls(GuestClock clock, WakeUps wakeUps)
{
    private const FileFlags Flags = FileFlags.CloseOnExec | FileFlags.NonBlocking;
    private const FileFlags SemaphoreFlag = (FileFlags)1;    // EFD_SEMAPHORE, which lies where O_WRONLY does

    public void AddTo(CallTable table)
    {
        table.Add(323, "eventfd", "n", (task, in call) => MakeEvent(task, call.A, 0));
        table.Add(328, "eventfd2", "nx", (task, in call) => MakeEvent(task, call.A, call.B.Flags));
    }

    private CallResult MakeEvent(GuestTask task, uint initial, FileFlags flags)
    {
        if ((flags & ~(Flags | SemaphoreFlag)) != 0) return Errno.EINVAL;
        return task.Process.Install(new EventFile(clock, wakeUps, initial, (flags & SemaphoreFlag) != 0,
            flags & FileFlags.NonBlocking), flags);
    }
}
