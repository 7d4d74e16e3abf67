using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Ipc;
using Paging.Guest.Machine;
using Paging.Guest.Records;
using Paging.Guest.Signals;
using Paging.Guest.Tasks;
using Paging.Native;
using Paging.Processors;
using Paging.Reports;

namespace Paging.Guest.Processes;

/// <summary>Creates and ends processes and threads.</summary>
/// <remarks>Linux: kernel/fork.c, kernel/exit.c.</remarks>
internal sealed class ProcessTree(
    PagingEngine engine, IGuestProcessor processor, GuestClock clock, WakeUps wakeUps, TaskTable tasks, SignalSender signals,
        Timers timers,
    FutexTable futexes, SharedSegments segments, bool keepsMaps) : IDisposable
{
    private readonly TaskTable _tasks = tasks;
    private GuestProcess? _first;

    /// <summary>The outcome of the first process, once it has ended.</summary>
    public GuestOutcome? FirstEnded { get; private set; }

    /// <summary>/proc/PID/maps of the first process when it ended, if the options request them.</summary>
    public string? FinalMaps { get; private set; }

    /// <summary>Messages, as of the kernel's log, on processes killed for memory or by the host.</summary>
    public List<string> MemoryKills { get; } = [];

    /// <summary>Adds the first process.</summary>
    public GuestTask AddFirst(UserProcess core)
    {
        int id = _tasks.TakeId();
        GuestProcess process = new(id, null, new SharedMemory(core)) { StartedAt = clock.Monotonic };
        _first = process;
        return _tasks.Add(process, id, processor.CreateContext());
    }

    /// <summary>Adds a thread to a process that is being made.</summary>
    public GuestTask AddThread(GuestProcess process) => _tasks.Add(process, _tasks.TakeId(), processor.CreateContext());

    /// <summary>Ends a thread; with the last one the process ends. Linux: do_exit.</summary>
    /// <param name="task">The thread.</param>
    /// <param name="status">The status in wait4's form.</param>
    public void End(GuestTask task, int status)
    {
        if (task.IsDead) return;
        task.IsDead = true;
        GuestProcess process = task.Process;
        // Only if another thread can see it: the last one's memory is about to go (mm_release)
        if (task.ClearChildId != VirtualAddress.Zero && (process.Memory.IsShared || process.Threads.Count > 1))
        {
            task.User.TryWrite(task.ClearChildId, 0u);
            futexes.Wake(task, task.ClearChildId, 1, uint.MaxValue);
        }

        RobustFutexes.Release(futexes, task);    // while the thread still has its memory and its number
        futexes.Forget(task.Call.Awaited);
        task.LeaveCall();
        process.Threads.Remove(task);
        _tasks.Remove(task);
        ReleaseVforkParent(task);
        if (process.Threads.Count == 0) EndProcess(process, process.GroupExit ?? status);
        task.Context.Dispose();
        wakeUps.Add();
    }

    /// <summary>
    /// Ends all threads after an internal error. If that throws too, the thread is only removed from the lists, and its resources are held
    /// until the machine ends.
    /// </summary>
    /// <returns>The exception of ending it, or null.</returns>
    public Exception? Abandon(GuestTask task, int status)
    {
        GuestProcess process = task.Process;
        process.GroupExit ??= status;
        Exception? further = null;
        try
        {
            End(task, status);
        }
#pragma warning disable CA1031 // the caller reports it
        catch (Exception failure)
        {
            further = failure;
        }
#pragma warning restore CA1031

        process.Threads.Remove(task);    // the error may have come in the middle of its end
        _tasks.Remove(task);
        ReleaseVforkParent(task);
        if (process.Threads.Count == 0 && !process.IsZombie) LeaveZombie(process, process.GroupExit.Value);
        wakeUps.Add();
        return further;
    }

    /// <summary>
    /// Ends all threads with one status: the caller at once, the others before their next slice. Linux: do_group_exit.
    /// </summary>
    public void EndGroup(GuestTask task, int status)
    {
        task.Process.GroupExit ??= status;
        wakeUps.Add();
        End(task, task.Process.GroupExit.Value);
    }

    /// <summary>Ends the other threads at an execve. Linux: de_thread.</summary>
    public void EndOthers(GuestTask survivor)
    {
        foreach (GuestTask other in survivor.Process.Threads.Where(other => other != survivor).ToArray()) End(other, 0);
    }

    /// <summary>Resumes the parent of a vfork.</summary>
    public void ReleaseVforkParent(GuestTask child)
    {
        if (child.VforkParent is not { } parent) return;
        child.VforkParent = null;
        parent.IsVforking = false;
        wakeUps.Add();
    }

    /// <summary>
    /// No frame could be allocated, even after reclaim: kills the process that the out-of-memory score selects. Linux: out_of_memory.
    /// </summary>
    public void KillForMemory(GuestTask task)
    {
        GuestProcess victim = OutOfMemoryVictim(task.Process);
        MemoryKills.Add($"out of memory: killed process {victim.Id} ({victim.Threads[0].Name})");
        signals.Send(victim, new SignalInfo(SignalNumber.Kill, SignalInfo.FromKernel));
    }

    /// <summary>Kills a process whose stub the host has killed.</summary>
    public void KillAsLost(GuestTask task)
    {
        GuestProcess process = task.Process;
        MemoryKills.Add($"process {process.Id} ({task.Name}) was killed: the host has ended the process that executed it");
        signals.Send(process, new SignalInfo(SignalNumber.Kill, SignalInfo.FromKernel));
    }

    /// <summary>Removes a zombie. Linux: wait_task_zombie, release_task.</summary>
    /// <param name="child">The zombie.</param>
    /// <param name="wasAwaited">True if its parent has waited for it, and adds its time and faults to its own (RUSAGE_CHILDREN).</param>
    public void Reap(GuestProcess child, bool wasAwaited)
    {
        child.Parent?.Children.Remove(child);
        if (!wasAwaited || child.Parent is not { } parent)
        {
            Forget(child);
            return;
        }

        parent.ChildrenUserTime += child.UserTime + child.ChildrenUserTime;
        parent.ChildrenSystemTime += child.SystemTime + child.ChildrenSystemTime;
        parent.ChildrenMinorFaults += child.FinalFaults.Minor + child.ChildrenMinorFaults;
        parent.ChildrenMajorFaults += child.FinalFaults.Major + child.ChildrenMajorFaults;
        parent.ChildrenPeakResident =
            Math.Max(parent.ChildrenPeakResident, Math.Max(child.FinalPeakResident, child.ChildrenPeakResident));
        _tasks.Remove(child);
    }

    /// <summary>Reaps a process that no other waits for; its time counts for the machine only.</summary>
    private void Forget(GuestProcess process)
    {
        _tasks.TimeOfForgotten = (_tasks.TimeOfForgotten.User + process.UserTime + process.ChildrenUserTime,
            _tasks.TimeOfForgotten.System + process.SystemTime + process.ChildrenSystemTime);
        _tasks.Remove(process);
    }

    /// <summary>Saves the number of the first process, and its outcome.</summary>
    public void Save(RecordWriter writer)
    {
        writer.Write(_first?.Id ?? 0);
        writer.Write(FirstEnded is not null);
        if (FirstEnded is not { } outcome) return;
        writer.Write(outcome.End == GuestEnd.Killed);
        writer.Write(outcome.Code);
    }

    /// <summary>Loads both, after the processes.</summary>
    public void Load(RecordReader reader)
    {
        _first = _tasks.Find(reader.ReadNumber());
        if (reader.ReadFlag()) FirstEnded = new(reader.ReadFlag() ? GuestEnd.Killed : GuestEnd.Exited, reader.ReadNumber() & 0xFF);
        if (_first is null && FirstEnded is null) throw RecordReader.Damaged("it has no first process");
    }

    public void Dispose()
    {
        foreach (GuestTask task in _tasks.Tasks) task.Context.Dispose();
        foreach (GuestProcess process in _tasks.All.Where(static process => !process.IsZombie))
        {
            process.Descriptors.Release();
            process.Places = new();
            process.Memory.Release();
        }

        _tasks.Clear();
    }

    private void EndProcess(GuestProcess process, int status)
    {
        if (process == _first && keepsMaps && !process.Memory.Core.HasExited) FinalMaps = process.Memory.Space.FormatMaps();
        process.FinalFaults = process.Memory.Space.Faults;
        process.FinalPeakResident = process.Memory.Space.Usage.PeakResident.Value * 4;    // in KiB; the memory is gone afterwards
        segments.ProcessEnds(process);
        process.Descriptors.Release();
        process.Places = new();
        process.Memory.Release();
        LeaveZombie(process, status);    // last: the parent may reap it at once
    }

    /// <summary>Ends a process without threads: notifies its parent and its children.</summary>
    private void LeaveZombie(GuestProcess process, int status)
    {
        process.IsZombie = true;
        process.WaitStatus = status;
        process.RealTimer = default;
        timers.Changed();
        GiveChildrenAway(process);
        if (process == _first)
            FirstEnded = (status & 0x7F) == 0 ? new(GuestEnd.Exited, (status >> 8) & 0xFF) : new(GuestEnd.Killed, status & 0x7F);
        Report(process, status);
        wakeUps.Add();
    }

    private void Report(GuestProcess process, int status)
    {
        if (process.Parent is not { } parent)
        {
            Forget(process);
            return;
        }

        SignalAction action = parent.Actions[SignalNumber.Child];
        bool isReaped = process.ExitSignal == SignalNumber.Child    // wait(2), Notes: SIG_IGN leaves no zombies
            && (action.Handler == SignalAction.Ignore || action.Has(SignalAction.NoChildWait));
        bool killed = (status & 0x7F) != 0;    // WTERMSIG
        int code = SignalInfo.ChildExited;
        if (killed) code = (status & 0x80) != 0 ? SignalInfo.ChildDumped : SignalInfo.ChildKilled;    // WCOREDUMP
        signals.NotifyParent(process, code, killed ? status & 0x7F : (status >> 8) & 0xFF);
        if (isReaped) Reap(process, wasAwaited: false);
    }

    /// <summary>Leaves orphans without a parent: no process waits for them. Linux: forget_original_parent, with init as reaper.</summary>
    private void GiveChildrenAway(GuestProcess process)
    {
        foreach (GuestProcess child in process.Children)
        {
            child.Parent = null;
            if (child.IsZombie) Forget(child);    // init reaps it at once
            else if (child.ParentDeathSignal != SignalNumber.None) signals.Send(child, process.Describe(child.ParentDeathSignal));
        }

        process.Children.Clear();
    }

    /// <summary>Returns the process with the highest score; the asker if all are equal. Linux: oom_badness.</summary>
    private GuestProcess OutOfMemoryVictim(GuestProcess asker)
    {
        GuestProcess victim = asker;
        long worst = long.MinValue;
        foreach (GuestProcess process in _tasks.All)
        {
            if (OutOfMemoryScore.PointsOf(engine, process) is not { } points) continue;
            if (points > worst || (points == worst && process == asker)) (victim, worst) = (process, points);    // it can free at once
        }

        return victim;
    }
}
