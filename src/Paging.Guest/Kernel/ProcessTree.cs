using Paging.Core;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Reports;

namespace Paging.Guest;

/// <summary>Every process and thread there is, how they begin and end, and when their timers ring.</summary>
/// <remarks>Linux: kernel/fork.c, kernel/exit.c, kernel/time/itimer.c.</remarks>
internal sealed class ProcessTree(GuestKernel kernel) : IDisposable
{
    private const int FirstId = 1000;

    private readonly SortedDictionary<int, GuestProcess> _processes = [];
    private int _nextId = FirstId;
    private GuestProcess? _first;

    /// <summary>Threads in the order in which they were made.</summary>
    public List<GuestTask> Tasks { get; } = [];

    public IEnumerable<GuestProcess> All => _processes.Values;

    public int LastId => _nextId - 1;

    /// <summary>How the first process ended, once it has.</summary>
    public GuestOutcome? FirstEnded { get; private set; }

    public GuestProcess? Find(int id) => _processes.GetValueOrDefault(id);

    public GuestTask? FindTask(int id) => Tasks.Find(task => task.Id == id);

    /// <summary>The next number that nobody has.</summary>
    public int TakeId()
    {
        while (Find(_nextId) is not null || FindTask(_nextId) is not null) _nextId++;
        return _nextId++;
    }

    /// <summary>May somebody new have this number? EINVAL: it is none; EEXIST: taken, as 1 is by init. Linux: alloc_pid.</summary>
    public Errno TryId(int id)
    {
        if (id is < 1 or >= ProcSystemFiles.ProcessIdMax) return Errno.EINVAL;
        return id == 1 || Find(id) is not null || FindTask(id) is not null ? Errno.EEXIST : Errno.None;
    }

    /// <summary>The process that the host starts.</summary>
    public GuestTask AddFirst(Process core)
    {
        int id = TakeId();
        GuestProcess process = new(id, null, new SharedMemory(core)) { StartedAt = kernel.Clock.Monotonic };
        _first = process;
        return Add(process, id, kernel.Processor.CreateContext());
    }

    public GuestTask Add(GuestProcess process, int id, GuestContext context)
    {
        GuestTask task = new(id, process, context);
        process.Threads.Add(task);
        Tasks.Add(task);
        if (process.Threads.Count == 1) _processes[process.Id] = process;
        return task;
    }

    /// <summary>Ends a thread; with the last one the process ends. Linux: do_exit.</summary>
    /// <param name="task">Which.</param>
    /// <param name="status">As wait4 tells it.</param>
    public void End(GuestTask task, int status)
    {
        if (task.IsDead) return;
        task.IsDead = true;
        GuestProcess process = task.Process;
        if (task.ClearChildId != 0 && (process.Memory.IsShared || process.Threads.Count > 1))
        {
            task.User.TryWrite(task.ClearChildId, 0u);
            kernel.Shared.Wake(kernel, task, task.ClearChildId, 1, uint.MaxValue);
        }

        RobustFutexes.Release(kernel, task);
        kernel.Inheriting.Leave(task);
        if (task.Awaited is FutexWaiter waiter) kernel.Shared.Remove(waiter);
        process.Threads.Remove(task);
        Tasks.Remove(task);
        ReleaseVforkParent(task);
        if (process.Threads.Count == 0) EndProcess(process, process.GroupExit ?? status);
        task.Context.Dispose();
        kernel.Happened();
    }

    /// <summary>All threads end with one status: at once the one that says so, the others before their next turn. Linux: do_group_exit.</summary>
    public void EndGroup(GuestTask task, int status)
    {
        task.Process.GroupExit ??= status;
        kernel.Happened();
        End(task, task.Process.GroupExit.Value);
    }

    /// <summary>execve of one of several threads: the others go. Linux: de_thread.</summary>
    public void EndOthers(GuestTask survivor)
    {
        foreach (GuestTask other in survivor.Process.Threads.Where(other => other != survivor).ToArray()) End(other, 0);
    }

    /// <summary>The parent of a vfork goes on.</summary>
    public void ReleaseVforkParent(GuestTask child)
    {
        if (child.VforkParent is not { } parent) return;
        child.VforkParent = null;
        parent.IsVforking = false;
        kernel.Happened();
    }

    /// <summary>No frame to be had, even after reclaim: the program whose page it was ends. Linux: out_of_memory.</summary>
    public void KillForMemory(GuestTask task)
    {
        GuestProcess victim = OutOfMemoryVictim(task.Process);
        kernel.MemoryKills.Add($"out of memory: killed process {victim.Id} ({victim.Threads[0].Name})");
        kernel.Signals.Send(victim, new SignalInfo(SignalNumber.Kill, SignalInfo.FromKernel));
    }

    /// <summary>Takes a zombie away whose parent has seen it. Linux: release_task.</summary>
    public void Reap(GuestProcess child)
    {
        if (child.Parent is { } parent)
        {
            parent.ChildrenUserTime += child.UserTime + child.ChildrenUserTime;
            parent.ChildrenSystemTime += child.SystemTime + child.ChildrenSystemTime;
            parent.ChildrenMinorFaults += child.FinalFaults.Minor + child.ChildrenMinorFaults;
            parent.ChildrenMajorFaults += child.FinalFaults.Major + child.ChildrenMajorFaults;
            parent.ChildrenPeakResident = Math.Max(parent.ChildrenPeakResident, Math.Max(child.FinalPeakResident, child.ChildrenPeakResident));
            parent.Children.Remove(child);
        }

        _processes.Remove(child.Id);
    }

    // Timers.

    /// <summary>The next timer that rings, whoever's it is.</summary>
    public long? NextTimer { get; private set; }

    /// <summary>A timer has been set: the next one is looked for again.</summary>
    public void TimersChanged()
    {
        NextTimer = null;
        foreach (TimerFile file in kernel.TimerFiles)
        {
            if (file.WakesSomebody && file.Timer.RingsAt is { } due && !(due >= NextTimer)) NextTimer = due;
        }

        foreach (GuestProcess process in _processes.Values)
        {
            if (process.IsZombie) continue;
            if (process.RealTimer.RingsAt is { } at && !(at >= NextTimer)) NextTimer = at;
            foreach (PosixTimer timer in process.Timers.Values)
            {
                if (!timer.IsOnOwnTime && timer.Ring.RingsAt is { } rings && !(rings >= NextTimer)) NextTimer = rings;
            }
        }
    }

    /// <summary>Sends the signals of timers whose time has come.</summary>
    public void RingTimers()
    {
        if (!(NextTimer <= kernel.Clock.Now)) return;
        foreach (TimerFile file in kernel.TimerFiles) file.Ring(kernel.Clock.Now);
        foreach (GuestProcess process in _processes.Values)
        {
            if (process.IsZombie) continue;
            foreach (PosixTimer timer in process.Timers.Values)
            {
                if (!timer.IsOnOwnTime) timer.RingAt(kernel, process, kernel.Clock.Now);
            }

            if (!process.RealTimer.IsDue(kernel.Clock.Now)) continue;
            process.RealTimer = process.RealTimer.Next(kernel.Clock.Now);
            kernel.Signals.Send(process, new SignalInfo(SignalNumber.Alarm, SignalInfo.FromKernel));
        }

        TimersChanged();
    }

    /// <summary>When the next timer rings or the next wait is over; none: nothing is due.</summary>
    public long? NextDue()
    {
        long? due = NextTimer;
        foreach (GuestTask task in Tasks)
        {
            if (task is { IsBlocked: true, Deadline: { } at } && !task.Process.IsStopped && !(at >= due)) due = at;
        }

        return due;
    }

    public void Dispose()
    {
        foreach (GuestTask task in Tasks) task.Context.Dispose();
        foreach (GuestProcess process in _processes.Values.Where(static process => !process.IsZombie))
        {
            process.Descriptors.Release();
            process.Memory.Release();
        }

        Tasks.Clear();
        _processes.Clear();
    }

    private void EndProcess(GuestProcess process, int status)
    {
        if (process == _first && kernel.Options.KeepMaps) kernel.FinalMaps = process.Memory.Space.FormatMaps();
        process.FinalFaults = process.Memory.Space.Faults;
        process.FinalPeakResident = process.Memory.Space.Usage.PeakResident.Value * 4;
        kernel.SystemV.ProcessEnds(process);
        process.Descriptors.Release();
        process.Memory.Release();
        process.IsZombie = true;
        process.WaitStatus = status;
        process.RealTimer = default;
        TimersChanged();
        GiveChildrenAway(process);
        if (process == _first) FirstEnded = (status & 0x7F) == 0 ? new(GuestEnd.Exited, (status >> 8) & 0xFF) : new(GuestEnd.Killed, status & 0x7F);
        Tell(process, status);
        kernel.Happened();
    }

    private void Tell(GuestProcess process, int status)
    {
        if (process.Parent is not { } parent)
        {
            _processes.Remove(process.Id);
            return;
        }

        SignalAction action = parent.Actions[SignalNumber.Child];
        bool nobodyWaits = process.ExitSignal == SignalNumber.Child && (action.Handler == SignalAction.Ignore || action.Has(SignalAction.NoChildWait));
        bool killed = (status & 0x7F) != 0;
        int code = SignalInfo.ChildExited;
        if (killed) code = (status & 0x80) != 0 ? SignalInfo.ChildDumped : SignalInfo.ChildKilled;
        kernel.Signals.TellParent(process, code, killed ? status & 0x7F : (status >> 8) & 0xFF);
        if (nobodyWaits) Reap(process);
    }

    /// <summary>Orphans have no parent here: when they end nobody needs to wait for them. Linux: forget_original_parent, with init as the reaper.</summary>
    private void GiveChildrenAway(GuestProcess process)
    {
        foreach (GuestProcess child in process.Children)
        {
            child.Parent = null;
            if (child.IsZombie) _processes.Remove(child.Id);
            else if (child.ParentDeathSignal != 0) kernel.Signals.Send(child, SignalInfo.Of(process, child.ParentDeathSignal));
        }

        process.Children.Clear();
    }

    /// <summary>The process with the most memory, adjusted as it wished; who asked where all are alike. Linux: oom_badness.</summary>
    private GuestProcess OutOfMemoryVictim(GuestProcess asker)
    {
        GuestProcess victim = asker;
        long worst = long.MinValue;
        foreach (GuestProcess process in _processes.Values)
        {
            if (process.IsZombie || process.OutOfMemoryAdjustment == -1000) continue;
            MemoryUsage usage = process.Memory.Space.Usage;
            long points = usage.Resident.Value + usage.PageTables.Value + (process.OutOfMemoryAdjustment * (long)kernel.Engine.Ram.FrameCount.Value / 1000);
            if (points > worst || (points == worst && process == asker)) (victim, worst) = (process, points);
        }

        return victim;
    }
}
