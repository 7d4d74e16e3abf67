using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Processes;

//   instruction ──► pending ──► Wait ──► filled or woken ──► executed again
//   call ──► EFAULT or EAGAIN, and a page was pending ──► waits ──► filled or woken ──► made again
//   call ──► done, with changed mappings ──► waits until the event was read from the userfaultfd ──► its result
/// <summary>
/// Threads that wait for pages, or for readers of userfaultfds. Linux: handle_userfault, userfaultfd_event_wait_completion.
/// </summary>
internal sealed class PageWaits(WakeUps wakeUps)
{
    /// <summary>Notes that the thread continues, in its program or in a call.</summary>
    public static void Enter(GuestTask task, bool isSystemCall)
    {
        AddressSpace memory = task.Process.Memory.Space;
        if (!memory.Userfaultfds.WereOpened) return;
        memory.Userfaultfds.SetThread(task.Id, isSystemCall);
        task.Call.SeenChanges = memory.Userfaultfds.ChangeCount;
    }

    /// <summary>Makes a thread wait for a page that its instruction needs.</summary>
    public void Wait(GuestTask task)
    {
        AddressSpace memory = task.Process.Memory.Space;
        memory.TakePendingAccess();
        task.AwaitsHost = !NotifyReader(task);
        task.AwaitsPage = task.IsBlocked = true;
        task.SeenWakeUps = wakeUps.Count;
    }

    /// <summary>Notifies the reader of the userfaultfd, unless the host supplies the page.</summary>
    private bool NotifyReader(GuestTask task)
    {
        bool isReported = task.Process.Memory.Space.Userfaultfds.IsWaiting(task.Id);
        if (isReported) wakeUps.Add();
        return isReported;
    }

    /// <summary>Returns true if the thread may execute its instruction again, or has a signal to handle first.</summary>
    public bool TryLeave(GuestTask task)
    {
        AddressSpace memory = task.Process.Memory.Space;
        task.SeenWakeUps = wakeUps.Count;
        if (!task.HasSignal && memory.Userfaultfds.IsWaiting(task.Id)) return false;
        memory.Userfaultfds.DropAccesses(task.Id);
        task.AwaitsPage = task.AwaitsHost = task.IsBlocked = false;
        return true;
    }

    /// <summary>Returns true while a call must not be made again: its page is missing, or its event was not read.</summary>
    public static bool StillWaits(GuestTask task)
    {
        if (task.Process.GroupExit is not null) return false;
        AddressSpace memory = task.Process.Memory.Space;
        return task.Call.Held is not null ? memory.Userfaultfds.HasUnreadChange : memory.Userfaultfds.IsWaiting(task.Id);
    }

    /// <summary>Only a deadly signal ends the wait for a userfaultfd inside a call. Linux: TASK_KILLABLE.</summary>
    public static bool OutlastsSignals(GuestTask task) => task.Process.GroupExit is null
        && (task.Call.Held is not null || task.Process.Memory.Space.Userfaultfds.IsWaiting(task.Id));

    /// <summary>Checks whether a finished call must wait for a page or a userfaultfd.</summary>
    public CallResult Settle(GuestTask task, CallResult result)
    {
        if (task.IsDead || result.Outcome == CallOutcome.Keeps) return result;
        AddressSpace memory = task.Process.Memory.Space;
        if (memory.TakePendingAccess() && result.IsError && result.Error is Errno.EFAULT or Errno.EAGAIN)
        {
            task.AwaitsHost = !NotifyReader(task);
            return task.Wait(RestartAlways);
        }

        if (!memory.Userfaultfds.WereOpened) return result;
        memory.Userfaultfds.DropAccesses(task.Id);
        if (!memory.Userfaultfds.HasUnreadChange || memory.Userfaultfds.ChangeCount == task.Call.SeenChanges) return result;
        wakeUps.Add();
        task.Call.Held = result;
        return task.Wait(RestartAlways);
    }
}
