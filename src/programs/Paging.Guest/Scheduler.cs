using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Checking;
using Paging.Guest.Debugging;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Signals;
using Paging.Guest.Syscalls;
using Paging.Guest.Tasks;
using Paging.Guest.Vfs;
using Paging.Processors;

namespace Paging.Guest;

/// <summary>Decides which task runs next and for how long, and advances the clock. One processor, always the same order.</summary>
/// <remarks>
/// A task runs until it has to wait or its slice is over. The call of a waiting task is made again after an event, its timeout or a signal.
/// Between two tries a call keeps <see cref="CallInProgress.Done"/> and <see cref="CallInProgress.Awaited"/>.
/// </remarks>
internal sealed class Scheduler(IGuestProcessor processor, GuestKernelOptions options, EmbedderCalls embedder, ServiceFailures failures,
    GuestClock clock, WakeUps wakeUps, HostWaits hostWaits, CurrentTask current, TaskTable tasks, SignalSender signals,
    Timers timers, PendingSignals pending, ProcessTree processes, ProcessCopies copies, CallTable calls, CoreDumps cores, CallTrace? trace,
    GuestDebugger? debugger, MemoryChecker? checker, WritebackTimer writeback)
{
    private const long LeavingNanoseconds = 60 * TimeWords.Second;    // of the guest's time, for orphans
    private const int SliceCalls = 500;    // calls cost 8 µs each: a slice of 4 ms, as one of code
    private const uint TrapFlag = 0x100;
    private const int TrapTrace = 2;    // TRAP_TRACE
    private const int HostPatienceMilliseconds = 50;    // so that a requested stop is seen

    private readonly SignalDelivery _delivery = new(signals, pending, processes, new(wakeUps), cores, trace, debugger);
    private readonly PageWaits _pages = new(wakeUps);
    private readonly TimeStampCounter _stamps = new(clock);
    private readonly SliceMeter _meter = new(processor, options.EffectivePace);
    private int _next;
    private GuestTask? _last;    // the task of the last slice
    private long? _leavingAt;
    private long _stepCount;

    public void RequestStop()
    {
        tasks.Stop.IsSet = true;
        processor.RequestStop();
    }

    private bool IsLimitReached => _stepCount >= options.StepLimit;    // never, without one

    public GuestOutcome Run()
    {
        GuestOutcome outcome = RunToEnd();
        writeback.WriteNow();
        debugger?.ReportEnd(outcome);
        checker?.Finish();
        return outcome;
    }

    private GuestOutcome RunToEnd()
    {
        embedder.Reset();
        wakeUps.Add();    // the host may have supplied pages since the last run
        while (true)
        {
            if (tasks.Stop.IsSet)
            {
                tasks.Stop.IsSet = false;    // the next run continues
                return new(GuestEnd.Stopped, 0);
            }

            if (IsLimitReached) return new(GuestEnd.LimitReached, 0);
            if (copies.TakeEnd() is { } end) return end;
            if (processes.FirstEnded is { } outcome && MayLeave()) return outcome;
            timers.Ring();
            writeback.WriteIfDue();
            debugger?.Poll(tasks);
            if (debugger is { IsKilled: true }) return new(GuestEnd.Stopped, 0);
            if (!TryPick(out GuestTask? task))
            {
                if (!LetTimePass()) return processes.FirstEnded ?? new(EndOfWaiting, 0);
                continue;
            }

            if (_last is { IsBlocked: false, IsDead: false, IsVforking: false } last && last != task) last.Scheduling.PreemptionCount++;
            _last = task;
            RunSliceOrEnd(task!);
        }
    }

    /// <summary>Gives the task a slice. An exception ends its process, unless the embedder's code has thrown it.</summary>
    private void RunSliceOrEnd(GuestTask task)
    {
        try
        {
            RunSlice(task);
        }
#pragma warning disable CA1031 // after any exception, other processes continue
        catch (Exception failure) when (!embedder.IsUnderWay)
        {
            failures.Contain(task, failure);
        }
#pragma warning restore CA1031
    }

    /// <summary>Returns true while the remaining processes may run after the first one's end, for a limited time.</summary>
    private bool MayLeave()
    {
        _leavingAt ??= clock.Now + LeavingNanoseconds;
        return tasks.Tasks.Count == 0 || clock.Now > _leavingAt;
    }

    /// <summary>Picks the next task in the circle that can run.</summary>
    private bool TryPick(out GuestTask? picked)
    {
        List<GuestTask> all = tasks.Tasks;
        for (int i = 0; i < all.Count; i++)
        {
            int at = (_next + i) % all.Count;
            if (!CanRun(all[at])) continue;
            picked = all[at];
            _next = at + 1;
            return true;
        }

        picked = null;
        return false;
    }

    private GuestEnd EndOfWaiting => tasks.Tasks.Exists(IsForHost) ? GuestEnd.PagesPending : GuestEnd.AllWait;

    private static bool IsForHost(GuestTask task) => task is { IsBlocked: true, AwaitsHost: true };

    private bool CanRun(GuestTask task)
    {
        if (task.Process == copies.Held) return false;
        if (task.IsDead || task.IsVforking) return task.IsVforking && task.Process.GroupExit is not null;
        if (task.Process.IsStopped && task.Process.GroupExit is null) return false;    // SIGKILL ends even a stopped one
        if (!task.IsBlocked) return true;
        return task.SeenWakeUps != wakeUps.Count || task.Call.Deadline <= clock.Now
            || (task.HasSignal && !PageWaits.OutlastsSignals(task));
    }

    private void RunSlice(GuestTask task)
    {
        if (task.IsBlocked && !(task.AwaitsPage ? _pages.TryLeave(task) : TryCallAgain(task))) return;
        for (int made = 0; made < SliceCalls && !task.MustStop; made++)
        {
            if (IsLimitReached || !_delivery.MayGoOn(task)) return;
            if (debugger is not null && !debugger.MayRun(task)) return;
            _stepCount++;
            PageWaits.Enter(task, isSystemCall: false);
            processor.Switch(task.Process.Memory.Core, task.Context);
            if (task.FirstTls is { } tls)
            {
                task.Context.SetTls(tls.Entry, tls.Descriptor);
                task.FirstTls = null;    // once: the context keeps it
            }

            debugger?.Arm(task);
            checker?.BeginRun(task);
            ProcessorExit exit = _meter.Run(out long nanoseconds);
            TimeStampRead stamp = TimeStampCounter.ReadAt(task, exit);
            if (debugger is not null) exit = debugger.OnExit(task, exit, readsStamp: stamp != TimeStampRead.None);
            Charge(task, nanoseconds);    // before the exit is handled, which may read the clock
            ReportProgress(task, null);
            if (checker?.EndRun(task, exit) == true) continue;
            if (stamp != TimeStampRead.None) Step(task, stamp);    // rdtsc trapped: it goes on after it
            else if (!GoesOn(task, exit)) return;
            timers.Ring();
            if (!task.Scheduling.YieldsSlice) continue;
            task.Scheduling.YieldsSlice = false;
            return;
        }
    }

    /// <summary>Emulates an instruction, with the trap after it if the program has set TF.</summary>
    private void Step(GuestTask task, TimeStampRead stamp)
    {
        _stamps.Execute(task, stamp);
        if ((task.Registers.Eflags & TrapFlag) == 0) return;
        task.LastFault = ((uint)ProcessorVector.Debug, 0, 0);
        signals.Force(task, new SignalInfo(SignalNumber.Trap, TrapTrace, task.Registers.Eip));
    }

    private void Charge(GuestTask task, long nanoseconds)
    {
        clock.Advance(nanoseconds);
        task.UserTime += nanoseconds;
        task.Process.UserTime += nanoseconds;
        ProcessorTimers.Ring(signals, task);
    }

    /// <summary>Handles an exit of the processor. Returns false if the slice is over.</summary>
    private bool GoesOn(GuestTask task, in ProcessorExit exit)
    {
        switch (exit.Kind)
        {
            case ProcessorExitKind.SystemCall:
                return Enter(task);
            case ProcessorExitKind.Exception:
                task.LastFault = ((uint)exit.Vector, exit.ErrorCode, exit.Address.Value);
                signals.Force(task, new SignalInfo((SignalNumber)exit.Signal.Number, exit.Signal.Code, exit.Signal.Address.Value));
                return true;
            case ProcessorExitKind.OutOfMemory:
                processes.KillForMemory(task);
                return true;
            case ProcessorExitKind.Lost:
                processes.KillAsLost(task);
                return true;
            case ProcessorExitKind.Pending:
                _pages.Wait(task);
                return false;
            default:
                return false;
        }
    }

    private bool Enter(GuestTask task)
    {
        if (copies.Holds(task)) return false;    // before anything of the call is noted: it is made again
        ref GuestRegisters registers = ref task.Registers;
        task.Call.Number = registers.Eax;
        task.Call.Arguments = new(registers.Ebx, registers.Ecx, registers.Edx, registers.Esi, registers.Edi, registers.Ebp);
        task.Call.Returned = null;
        clock.Advance(GuestClock.CallNanoseconds);
        task.SystemTime += GuestClock.CallNanoseconds;
        task.Process.SystemTime += GuestClock.CallNanoseconds;
        ProcessorTimers.Ring(signals, task);
        trace?.Enter(task, calls[task.Call.Number]);
        return Finish(task, Execute(task));
    }

    private CallResult Execute(GuestTask task)
    {
        KnownCall? known = calls[task.Call.Number];
        current.Task = task;
        task.Call.IsUnderWay = true;
        if (known is null) return Errno.ENOSYS;
        PageWaits.Enter(task, isSystemCall: true);
        task.Process.Memory.BeginCall();
        checker?.CheckCall(task, known.Name);
        CallResult result = _pages.Settle(task, known.Handler(task, task.Call.Arguments));
        ReportProgress(task, known.Name);
        return result;
    }

    private void ReportProgress(GuestTask task, string? call) =>
        embedder.Observe(task.Process.Memory.Core, call, clock.Now - clock.StartedAt);

    private bool TryCallAgain(GuestTask task)
    {
        task.SeenWakeUps = wakeUps.Count;
        if (PageWaits.StillWaits(task)) return false;
        if (task.Call.Held is not null) return Finish(task, _pages.GoOn(task));
        if (task.Call.HeldFiles.Length == 0) return Finish(task, Execute(task));
        DescriptorSet descriptors = task.Process.Descriptors;
        descriptors.HeldByCall = task.Call.HeldFiles;    // its number may have been closed meanwhile
        CallResult result = Execute(task);
        descriptors.HeldByCall = [];
        return Finish(task, result);
    }

    /// <summary>
    /// Stores a call's result in EAX, or makes the task wait unless a signal is pending. Returns false if the slice is over.
    /// </summary>
    private bool Finish(GuestTask task, CallResult result)
    {
        if (result.IsWaiting)
        {
            if (!task.HasSignal || PageWaits.OutlastsSignals(task))
            {
                if (!task.IsBlocked)
                {
                    task.SeenWakeUps = wakeUps.Count;
                    task.Scheduling.WaitCount++;
                }

                task.IsBlocked = true;
                return false;
            }

            result = task.Call.Interrupted;    // EINTR, or what is done so far
        }

        task.LeaveCall();
        calls.Count(task.Call.Number, failed: result.IsError || result.IsRestart);
        if (result.Outcome == CallOutcome.Keeps) trace?.Abandon(task);    // execve and sigreturn: EAX is another program's, or the frame's
        else trace?.Leave(task, calls[task.Call.Number], result);
        if (task.IsDead) return false;
        if (result.Outcome == CallOutcome.Keeps) return !task.IsVforking;
        task.Call.Returned = result;    // a signal that comes now may restart it
        task.Registers.Eax = result.Word;
        return !task.IsVforking;
    }

    /// <summary>
    /// Called when no task can run: moves the clock to the next event, or waits for the host. Returns false if there will be no event.
    /// </summary>
    private bool LetTimePass()
    {
        long? due = timers.NextDue();
        if (!hostWaits.IsEmpty)
        {
            int descriptor = hostWaits.First;
            long before = HostCalls.RealTime();
            CallResult ready = HostCalls.Poll(descriptor, PollEvents.In, due is { } at
                ? (int)Math.Clamp((at - clock.Now) / 1_000_000, 0, HostPatienceMilliseconds) : HostPatienceMilliseconds);
            clock.Advance(Math.Max(HostCalls.RealTime() - before, 0));    // the host's clock may be set back
            if (ready == 0) return true;
            hostWaits.Clear();
            wakeUps.Add();
            return true;
        }

        if (due is not { } next) return false;
        clock.JumpTo(next);    // no task could see the time in between
        return true;
    }
}
