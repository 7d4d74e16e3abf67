using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Events;
using Paging.Guest.Machine;
using Paging.Guest.Tasks;
using Paging.Native;

namespace Paging.Guest.Syscalls;

/// <summary>
/// Descriptors of processes. Linux: kernel/pid.c. For their signals see <see cref="KillCalls"/>, for waiting <see cref="WaitCalls"/>.
/// </summary>
internal sealed class PidFileCalls(GuestClock clock, WakeUps wakeUps, TaskTable tasks)
{
    public void AddTo(CallTable table)
    {
        table.Add(434, "pidfd_open", "dx", Open);
        table.Add(448, "process_mrelease", "dx", Release);
        table.Add(440, "process_madvise", "danvx", Advise);
    }

    /// <summary>pidfd_open(2). ESRCH if there is no such process; ENOENT for a thread that is not its process's first.</summary>
    private CallResult Open(GuestTask task, in CallArguments call)
    {
        int id = call.A.Number;
        FileFlags flags = call.B.Flags;
        if (id <= 0 || (flags & ~FileFlags.NonBlocking) != 0) return Errno.EINVAL;
        if (tasks.Find(id) is not { } process) return tasks.FindTask(id) is null ? Errno.ESRCH : Errno.ENOENT;
        PidFile file = new(clock, wakeUps, tasks, process, flags);
        return task.Process.Install(file, closeOnExec: true);
    }

    /// <summary>
    /// madvise(2) for ranges of any process. Returns the advised bytes, or the first range's error. Linux: mm/madvise.c process_madvise.
    /// EINVAL for flags, too many ranges, or advice that only the process itself may give; EBADF; ESRCH if it has ended; EPERM; EFAULT.
    /// </summary>
    private static CallResult Advise(GuestTask task, in CallArguments call)
    {
        const uint willNeed = 3, cold = 20, pageOut = 21, collapse = 25;    // MADV_*
        if (call.E != 0) return Errno.EINVAL;
        Errno error = UserParts.Read(task.User, call.B.Address, call.C, tooMany: Errno.EINVAL, out UserParts parts);
        if (error != Errno.None) return error;
        error = FindProcess(task, call.A, out GuestProcess process);
        if (error != Errno.None) return error;
        if (process.IsZombie) return Errno.ESRCH;
        if (process.Memory != task.Process.Memory)
        {
            // Only hints, which lose no data of the other process (process_madvise_remote_valid); they cost it time, hence CAP_SYS_NICE
            if (call.D.Word is not (willNeed or cold or pageOut or collapse)) return Errno.EINVAL;
            if (!MayTrace(task, process) || !task.Credentials.Can(Capability.Nice)) return Errno.EPERM;
        }

        long done = 0;
        foreach ((VirtualAddress at, uint length) in parts.Pieces)
        {
            error = process.Memory.Space.Advise(at, length, (MemoryAdvice)Math.Min(call.D, byte.MaxValue));
            if (error != Errno.None) return done > 0 ? (int)done : error;    // the error then comes with the next call
            done += length;
        }

        return (int)done;
    }

    /// <summary>
    /// process_mrelease(2): frees the private pages of a process that is being killed, before it runs again to end itself.
    /// EINVAL if it is not; ESRCH if it has ended.
    /// </summary>
    /// <remarks>Linux: mm/oom_kill.c process_mrelease, task_will_free_mem, __oom_reap_task_mm.</remarks>
    private static CallResult Release(GuestTask task, in CallArguments call)
    {
        if (call.B != 0) return Errno.EINVAL;
        Errno error = FindProcess(task, call.A, out GuestProcess process);
        if (error != Errno.None) return error;
        if (process.IsZombie) return Errno.ESRCH;
        bool isEnding = process.GroupExit is not null || process.Pending.Set.Contains(SignalNumber.Kill)
            || process.Threads.Exists(static thread => thread.Pending.Set.Contains(SignalNumber.Kill));
        if (!isEnding || process.Memory.IsShared) return Errno.EINVAL;    // every process that has the memory must be ending
        AddressSpace space = process.Memory.Space;
        foreach (AreaSnapshot area in space.Areas.Snapshot())
            if (!area.IsShared) _ = space.Advise(area.Range.First.Address, (uint)area.Range.Count.Bytes, MemoryAdvice.DontNeedLocked);
        return 0;
    }

    /// <summary>Finds the process of a descriptor, or the caller's own for PIDFD_SELF. EBADF. Linux: pidfd_get_task (6.15).</summary>
    private static Errno FindProcess(GuestTask task, CallWord descriptor, out GuestProcess process)
    {
        process = task.Process;
        if (descriptor.Number is PidFile.SelfThread or PidFile.SelfThreadGroup) return Errno.None;
        Errno error = task.Process.Descriptors.Find(descriptor.Descriptor, otherKind: Errno.EBADF, out PidFile file);
        if (error == Errno.None) process = file.Process;
        return error;
    }

    /// <summary>Linux: ptrace_may_access, as far as users and capabilities decide.</summary>
    private static bool MayTrace(GuestTask task, GuestProcess process)
    {
        Credentials own = task.Credentials;
        return own.User == process.Credentials.User || own.Can(Capability.Trace);
    }
}
