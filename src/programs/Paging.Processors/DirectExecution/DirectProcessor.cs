using System.Diagnostics;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;

namespace Paging.Processors.DirectExecution;

//   Switch(process, context) ── its stub: a process of the host that maps the pages of this one
//   Run ──► the host's processor executes the program ──► SIGSEGV ──► walk of the tables ──► allowed: the page is mapped, it continues
//                                                    │               └─► Mmu.ResolveFault ──► resolved: walked again
//                                                    │                                   └──► refused: ProcessorExit
//                                                    ├──► int 0x80, #DE, #UD …  ──► ProcessorExit
//                                                    └──► end of the slice, RequestStop ──► ProcessorExit
/// <summary>The host's own processor: programs run in processes of the host that map the pages of the engine's page tables.</summary>
/// <remarks>
/// Code takes no longer than natively; a system call or a page fault costs some 10 to 20 µs, fifty times as much as with
/// <see cref="Emulation.GuestProcessor"/>. The walker sets A and D in RAM before a page is shown, so the tables are those that a
/// processor would leave. The pages that it has mapped are its TLB; those whose translations the engine has taken away are compared with
/// the tables (<see cref="TranslationCache.ShowLosses"/>). Programs see the host's processor (cpuid) and the segments of a 64-bit kernel.
/// Not for devices or memory of the host's own: their pages are refused with SIGBUS. All calls must come from the thread that has made it.
/// The process's handler for SIGCHLD, if it has one, is called for ends of children only from then on (SA_NOCLDSTOP).
/// </remarks>
public sealed class DirectProcessor : IGuestProcessor
{
    private const int StubCountMax = 64;  // processes of the host's; programs beyond that take turns with them
    private const int SpareCountMax = 8;  // of them without a program: a shell's pipeline ends, and the next one begins

    private readonly PagingEngine _engine;
    private readonly StubLauncher _launcher;
    private readonly DirectContexts _contexts;
    private readonly StopRequest _stop;
    private readonly StopReasons _reasons;
    private readonly TimeStampCode _stamps;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly Dictionary<UserProcess, MirroredSpace> _spaces = [];
    private readonly Stack<StubProcess> _spares = new();
    private readonly ThreadPin _pin = new();
    private MirroredSpace? _space;
    private GuestContext? _context;
    private volatile StubProcess? _running;
    private ProcessorCounters _counters;
    private long _slices;
    private bool _isRunning, _isDisposed;

    /// <summary>Attaches a processor to an engine.</summary>
    /// <param name="engine">The engine whose tables it obeys, and which shares its RAM (<see cref="EngineOptions.ShareRam"/>).</param>
    /// <exception cref="ArgumentException">The engine does not share its RAM.</exception>
    /// <exception cref="InvalidOperationException">The host does not support it (<see cref="IsAvailable"/> returns the reason).</exception>
    public DirectProcessor(PagingEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (!IsPossible(out string reason)) throw new InvalidOperationException(reason);
        if (engine.Ram.File is not { } ram)
            throw new ArgumentException("The engine does not share its RAM (EngineOptions.ShareRam).", nameof(engine));
        _engine = engine;
        _reasons = new(engine.Ram);
        _stamps = new(engine.Ram);
        _launcher = new(ram);
        try
        {
            _spares.Push(new(_launcher));
            _contexts = new(Enter, _spares.Peek());
        }
        catch
        {
            DisposeSpares();
            _launcher.Dispose();
            throw;
        }

        _stop = new(() => _running?.Interrupt());
    }

    /// <summary>
    /// Returns true if the host can execute programs in this way; otherwise the reason, in one line. Tries it, which takes some
    /// milliseconds.
    /// </summary>
    public static bool IsAvailable(out string reason)
    {
        if (!IsPossible(out reason)) return false;
        try
        {
            using PagingEngine engine = new(new EngineOptions { RamBytes = 1 << 20, ShareRam = true });
            using DirectProcessor tried = new(engine);
            return true;
        }
        catch (Exception failure) when (failure is InvalidOperationException or PlatformNotSupportedException)
        {
            reason = failure.Message;
            return false;
        }
    }

    /// <inheritdoc/>
    public ProcessorCounters Counters => _counters;

    /// <inheritdoc/>
    public GuestContext CreateContext()
    {
        Enter();
        GuestContext context = new(_contexts, _contexts.AllocateState());
        _contexts.Reset(context);
        return context;
    }

    /// <inheritdoc/>
    public void Switch(UserProcess process, GuestContext context)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(context);
        _contexts.Check(context, nameof(context));
        if (process == _space?.Process && context == _context) return;
        if (process.Memory.HighestAddress.IsKernel)
            throw new ArgumentException("The process has no kernel half (ProcessOptions.HighestAddress), and the processor needs one.",
                nameof(process));
        if (!_spaces.TryGetValue(process, out MirroredSpace? space)) _spaces.Add(process, space = Attach(process));
        (_space, _context) = (space, context);
        _counters.Switches++;
    }

    /// <inheritdoc/>
    public ProcessorExit Run(long codeByteLimit = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(codeByteLimit);
        if (codeByteLimit != 0) throw new InvalidOperationException("The host's processor does not count code.");
        if (_space is null || _context is null) throw new InvalidOperationException("Switch to a process and a context first.");
        Enter();
        _isRunning = true;
        long started = Stopwatch.GetTimestamp();
        _pin.Begin();
        try
        {
            return Execute(_space, _context);
        }
        finally
        {
            _isRunning = false;
            _running = null;
            _pin.End();
            _counters.RunTicks += Stopwatch.GetTimestamp() - started;
        }
    }

    /// <inheritdoc/>
    public ProcessorExit RunFor(TimeSpan slice)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slice, TimeSpan.Zero);
        Enter();
        _stop.BeginSlice(slice);
        try
        {
            return Run();
        }
        finally
        {
            _stop.EndSlice();
        }
    }

    /// <inheritdoc/>
    public void RequestStop() => _stop.Request();

    /// <summary>Ends all stubs. Contexts cannot be used afterwards.</summary>
    /// <exception cref="InvalidOperationException">The processor is executing.</exception>
    public void Dispose()
    {
        if (_isDisposed) return;
        CheckIsIdle();
        _isDisposed = true;
        _stop.Dispose();
        foreach (MirroredSpace space in _spaces.Values) space.Stub.Dispose();
        _spaces.Clear();
        DisposeSpares();
        _launcher.Dispose();
        _contexts.Dispose();
    }

    /// <summary>For tests only: receives every page fault before it is resolved.</summary>
    internal Action<VirtualAddress, PageFaultErrorCode>? FaultSeen { get; set; }

    /// <summary>For tests only: the host's process that executes the current program.</summary>
    internal int StubId => _space?.Stub.Id ?? 0;

    /// <summary>For tests only: true if rdtsc is a fault in the current program.</summary>
    internal bool RefusesTimeStamps => _space?.Stub.RefusesTimeStamps ?? false;

    /// <summary>
    /// Many runs follow, until <see cref="EndRuns"/>: the calling thread stays on one of the host's processors between most of them, too.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host lets only the thread that has made the processor control its stubs.</exception>
    public void BeginRuns()
    {
        CheckThread();
        _pin.Keep(true);
    }

    /// <summary>Ends <see cref="BeginRuns"/>, and restores the thread's affinity.</summary>
    public void EndRuns() => _pin.Keep(false);

    private void CheckThread()
    {
        if (_thread != Environment.CurrentManagedThreadId)
            throw new InvalidOperationException("Programs that run on the host's processor must be run by one thread, the first one.");
    }

    private static bool IsPossible(out string reason)
    {
        bool isPossible = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;
        reason = isPossible ? "" : "Programs run on the host's processor only under Linux on x86-64.";
        return isPossible;
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        CheckThread();
        CheckIsIdle();
        _engine.CheckCaller();
    }

    private void CheckIsIdle()
    {
        if (_isRunning) throw new InvalidOperationException("The processor is executing: nothing that it calls may use it.");
    }

    /// <summary>A stub for a process: one that is left over, a new one, or that of the process that has not run for longest.</summary>
    private MirroredSpace Attach(UserProcess process)
    {
        if (!_engine.Processes.Contains(process))
            throw new ArgumentException("The process is not one of the processor's engine.", nameof(process));
        foreach ((UserProcess before, MirroredSpace left) in _spaces)
        {
            if (before.HasExited || left.Stub.IsLost) Release(before, left);
        }

        if (_spares.Count == 0 && _spaces.Count >= StubCountMax) ReleaseLongest();
        ChildSignals.LeaveOutStops();    // here, as the runtime sets its handler when a host first starts a process of its own
        return new(_engine, process, _spares.TryPop(out StubProcess? spare) ? spare : Start(), _stamps);
    }

    /// <summary>A new stub; where the host gives no more, that of the process that has not run for longest.</summary>
    private StubProcess Start()
    {
        try
        {
            return new(_launcher);
        }
        catch (InvalidOperationException) when (_spaces.Count > 0)    // limits of processes or descriptors
        {
            while (_spares.Count == 0 && _spaces.Count > 0) ReleaseLongest();
            if (_spares.TryPop(out StubProcess? left)) return left;
            throw;
        }
    }

    private void DisposeSpares()
    {
        while (_spares.TryPop(out StubProcess? spare)) spare.Dispose();
    }

    private void ReleaseLongest()
    {
        (UserProcess longest, MirroredSpace left) = _spaces.MinBy(static one => one.Value.LastSlice);
        Release(longest, left);
    }

    /// <summary>Drops the mappings of a process; its stub is kept for another one, if few are.</summary>
    private void Release(UserProcess process, MirroredSpace space)
    {
        _spaces.Remove(process);
        if (space.Stub.Holder is { } holder) _contexts.TakeBack(holder);
        if (_spares.Count < SpareCountMax && !space.Stub.IsLost) _spares.Push(space.Stub);
        else space.Stub.Dispose();
    }

    private ProcessorExit Execute(MirroredSpace space, GuestContext context)
    {
        HostRegisters registers = default;
        StubProcess stub = space.Stub;
        while (true)
        {
            if (_stop.TryTake()) return new(ProcessorExitKind.Stopped);
            if (stub.IsLost) return new(ProcessorExitKind.Lost);
            if (context.Registers.Cs != _contexts.Selectors.UserCode) return ExceptionSignals.ExitOfBadSelector();
            if (space.BringUpToDate()) _counters.Flushes++;
            space.Prepare(new(context.Registers.Eip));
            space.LastSlice = ++_slices;
            _contexts.Place(context, stub);
            registers.Set(context.Registers, context.BaseOf(context.Registers.Fs), context.BaseOf(context.Registers.Gs));
            _running = stub;
            int stop = stub.Run(ref registers);
            _counters.Stops++;
            _running = null;
            if (stop == StubProcess.RefusedStop && !space.TryStartAgain() && !stub.IsLost)
                return new(ProcessorExitKind.OutOfMemory, ProcessorVector.PageFault, (uint)PageFaultErrorCode.User, space.Shown);
            if (stop is 0 or StubProcess.RefusedStop) continue;
            registers.CopyTo(ref context.Registers);
            if (stop == StubProcess.SystemCallStop)
            {
                if (!_reasons.IsSystemCall(space, registers)) return StopReasons.RefuseSystemEntry(context);
                context.Registers.Eax = (uint)registers.OriginalRax;
                _counters.SystemCalls++;
                return new(ProcessorExitKind.SystemCall, ProcessorVector.SystemCall);
            }

            if (stop == StubProcess.StopSignal) continue;
            if (!TryGoOn(space, context, stop, out ProcessorExit exit)) return exit;
        }
    }

    /// <summary>Handles an exception. Returns true if it was a page fault and the page is mapped now.</summary>
    private bool TryGoOn(MirroredSpace space, GuestContext context, int signal, out ProcessorExit exit)
    {
        HostSignalInfo info = space.Stub.ReadSignal();
        exit = default;
        if (StopReasons.IsSent(info)) return true;    // by another process of the host: not the program's
        if (!StopReasons.IsPageFault(info))
        {
            exit = _reasons.Raise(space, context, signal, info);
            if (exit.Vector == ProcessorVector.GeneralProtection) space.NoteTimeStamp();    // it may be rdtsc
            return false;
        }

        VirtualAddress address = new((uint)info.Address);
        AccessKind kind = _reasons.KindOf(space, context, address, info);
        return TryShow(space, address, kind, out exit);
    }

    /// <summary>Emulates the processor's part of an access to an unmapped page: the walk, and the page fault if there is one.</summary>
    private bool TryShow(MirroredSpace space, VirtualAddress address, AccessKind kind, out ProcessorExit exit)
    {
        exit = default;
        WalkResult walk = space.Walk(address, kind);
        while (!walk.Succeeded)
        {
            _counters.PageFaults++;
            FaultSeen?.Invoke(address, walk.ErrorCode);
            long started = Stopwatch.GetTimestamp();
            MemoryFault fault = space.Process.Memory.Mmu.ResolveFault(address, walk.ErrorCode);
            _counters.EngineTicks += Stopwatch.GetTimestamp() - started;
            if (fault.IsFault)
            {
                exit = ExceptionSignals.ExitOf(fault, (uint)walk.ErrorCode, space.Peek(fault.Address.Page));
                return false;
            }

            walk = space.Walk(address, kind);
        }

        if (walk.Physical.Frame.Value >= _engine.Ram.FrameCount.Value)
        {
            exit = ExceptionSignals.ExitOf(new(MemoryFaultKind.BusError, address), (uint)PageFaultErrorCode.User);
            return false;
        }

        space.Show(address.Page, kind);
        return true;
    }
}
