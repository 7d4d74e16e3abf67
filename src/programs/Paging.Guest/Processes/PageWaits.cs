using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using static Paging.Guest.Abi.CallResult;

namespace Paging.Guest.Processes;

//   instruction ──► pending ──► Wait ──► filled or woken ──► executed again
//   call ──► EFAULT or EAGAIN, and a page was pending ──► waits ──► filled or woken ──► made again
//   call ──► done but for pages that it fills ahead, or for its results in memory ──► waits ──► goes on with them ──► its result
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

    /// <summary>Notes that the kernel accesses memory on behalf of the thread, between its program and a call.</summary>
    public static void EnterKernel(GuestTask task)
    {
        AddressSpace memory = task.Process.Memory.Space;
        if (memory.Userfaultfds.WereOpened) memory.Userfaultfds.SetThread(task.Id, isSystemCall: true);
    }

    /// <summary>Makes a thread wait for a page that the frame of a signal needs. Other signals do not end the wait.</summary>
    public void WaitForFrame(GuestTask task)
    {
        Wait(task);
        task.AwaitsFrame = true;
    }

    /// <summary>Makes a call of the thread wait for a page of another process's memory.</summary>
    public CallResult WaitElsewhere(GuestTask task, SharedMemory memory)
    {
        memory.Space.TakePendingAccess();
        task.Call.Elsewhere = memory;
        task.AwaitsHost = !NotifyReader(task, memory);
        return task.Wait(RestartAlways);
    }

    /// <summary>Makes a thread wait for a page that its instruction needs.</summary>
    public void Wait(GuestTask task)
    {
        AddressSpace memory = task.Process.Memory.Space;
        memory.TakePendingAccess();
        task.AwaitsHost = !NotifyReader(task, task.Process.Memory);
        task.AwaitsPage = task.IsBlocked = true;
        task.SeenWakeUps = wakeUps.Count;
    }

    /// <summary>Notifies the reader of the userfaultfd, unless the host supplies the page.</summary>
    private bool NotifyReader(GuestTask task, SharedMemory memory)
    {
        bool isReported = memory.Space.Userfaultfds.IsWaiting(task.Id);
        if (isReported) wakeUps.Add();
        return isReported;
    }

    /// <summary>Returns true if the thread may execute its instruction again, or has a signal to handle first.</summary>
    public bool TryLeave(GuestTask task)
    {
        AddressSpace memory = task.Process.Memory.Space;
        task.SeenWakeUps = wakeUps.Count;
        bool isInterrupted = task.AwaitsFrame ? task.Process.GroupExit is not null : task.HasSignal;
        if (!isInterrupted && memory.Userfaultfds.IsWaiting(task.Id)) return false;
        memory.Userfaultfds.DropAccesses(task.Id);
        task.AwaitsPage = task.AwaitsFrame = task.AwaitsHost = task.IsBlocked = false;
        return true;
    }

    /// <summary>Returns true while a call must not be made again: its page is missing, or its event was not read.</summary>
    public static bool StillWaits(GuestTask task)
    {
        if (task.Process.GroupExit is not null) return false;
        bool awaitsReader = task.Call.Held is not null && task.Call.Fill is null && task.Call.LateWrites is null;
        return awaitsReader ? task.Process.Memory.Space.Userfaultfds.HasUnreadChange : IsWaiting(task);
    }

    private static bool IsWaiting(GuestTask task)
    {
        SharedMemory memory = task.Call.Elsewhere ?? task.Process.Memory;
        return !memory.Core.HasExited && memory.Space.Userfaultfds.IsWaiting(task.Id);
    }

    /// <summary>Only a deadly signal ends the wait for a userfaultfd inside a call. Linux: TASK_KILLABLE.</summary>
    public static bool OutlastsSignals(GuestTask task) => task.Process.GroupExit is null
        && (task.Call.Held is not null || IsWaiting(task));

    /// <summary>
    /// Goes on with a call that was finished but for pages to fill, results to write, or an event to be read. Precondition: it is held.
    /// </summary>
    public CallResult GoOn(GuestTask task)
    {
        CallResult result = task.Call.Held!.Value;
        AddressSpace memory = task.Process.Memory.Space;
        memory.Userfaultfds.SetThread(task.Id, isSystemCall: true);
        if (task.Call.Fill is { } fill)
        {
            task.Call.Fill = null;
            Errno error = memory.Userfaultfds.GoOn(fill);
            if (fill.DecidesResult) result = error;
        }

        if (task.Call.LateWrites is { } late)
        {
            task.Call.LateWrites = null;
            task.Process.Memory.BeginCall();
            if (!late.TryWriteAll(task.User)) result = Errno.EFAULT;
        }

        return Settle(task, result);
    }

    /// <summary>Checks whether a finished call must wait for a page or a userfaultfd.</summary>
    public CallResult Settle(GuestTask task, CallResult result)
    {
        if (task.IsDead || result.Outcome == CallOutcome.Keeps) return result;
        SharedMemory memory = task.Process.Memory;
        bool needsPage = memory.Space.TakePendingAccess(), mustFill = memory.Space.Userfaultfds.TakePendingFill(out PendingFill fill);
        LateWrites? late = memory.TakeLateWrites();
        if (mustFill || late is not null)
        {
            (task.Call.Fill, task.Call.LateWrites, task.Call.Held) = (mustFill ? fill : null, late, result);
            return WaitForPage(task, RestartAlways);
        }

        if (needsPage && result.IsWaiting) return WaitForPage(task, task.Call.Interrupted);
        if (needsPage && result.IsError && result.Error is Errno.EFAULT or Errno.EAGAIN) return WaitForPage(task, RestartAlways);
        if (result.IsWaiting || !memory.Space.Userfaultfds.WereOpened) return result;
        memory.Space.Userfaultfds.DropAccesses(task.Id);
        if (!memory.Space.Userfaultfds.HasUnreadChange || memory.Space.Userfaultfds.ChangeCount == task.Call.SeenChanges) return result;
        wakeUps.Add();
        task.Call.Held = result;
        return task.Wait(RestartAlways);
    }

    private CallResult WaitForPage(GuestTask task, CallResult interrupted)
    {
        task.AwaitsHost = !NotifyReader(task, task.Process.Memory);
        return task.Wait(interrupted);
    }
}
