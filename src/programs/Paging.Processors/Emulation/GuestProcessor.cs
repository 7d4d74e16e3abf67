using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Paging.Processors.Emulation;

//   Switch(process, context) ── CR3 = its directory; registers in
//   Run ──► translated code runs on the page tables in RAM ──► #PF ──► Mmu.ResolveFault ──► resolved: goes on, unseen
//                                                         ├──► int 0x80, #DE, #UD …  ──► ProcessorExit      └──► refused: ProcessorExit
//                                                         └──► limit, RequestStop    ──► ProcessorExit
/// <summary>
/// An independent x86 (Unicorn) that executes user programs in ring 3 with CR0.PG, on the engine's own page tables.
/// </summary>
/// <remarks>
/// It walks the directory of the process switched to, sets A and D in RAM, and faults where the entries demand it. The engine resolves
/// every page fault. Its TLB is flushed when the engine has taken a translation away (<see cref="TranslationCache.Epoch"/>); code that it
/// has translated of a frame is dropped when the frame gets other bytes (<see cref="PhysicalMemory.TryTakeChangedCode"/>). Belongs to the
/// engine's thread; only <see cref="RequestStop"/> may be called from any other. One processor per engine, attached before the engine is in
/// use: its two frames must lie low. Costs, here: a system call 0.2 µs, a page fault 0.6 µs, a switch 0.5 µs.
/// </remarks>
public sealed class GuestProcessor : IGuestProcessor
{
    private const int None = -1, SystemEntry = 256;    // beside the vectors

    private readonly PagingEngine _engine;
    private readonly UnicornMachine _machine;
    private readonly MemoryCoherence _memory;
    private readonly ContextStore _contexts;
    private readonly CodeSteps _steps;
    private readonly ClosedPages _closed;
    private readonly RefusedInstructions _refusals;
    private readonly StopRequest _stop;
    private readonly DeviceSteps? _devices;
    private AccessTracer? _tracer;
    private DebugStops? _debug;
    private ExactRuns? _exact;
    private GCHandle _self;
    private int _vector = None;                 // of the interrupt that has ended the run
    private ProcessorExit? _refused;            // the engine's answer to the last page fault; null: resolved
    private (VirtualAddress Address, PageFaultErrorCode Code)? _deviceFault;    // that ends the run until the instruction is executed
    private ExceptionDispatchInfo? _thrown;     // in a callback: nothing may be thrown through the library
    private ProcessorCounters _counters;
    private bool _isRunning;

    /// <summary>Attaches a processor to an engine.</summary>
    /// <param name="engine">The engine whose tables it walks.</param>
    /// <param name="countsCode">True: executed code is counted, so that a limit ends a run at the same instruction every time, and
    /// <see cref="ProcessorCounters.CodeBytes"/> grows. False: a program takes two thirds of the time.</param>
    /// <param name="refusesTimeStamps">True: rdtsc is for the kernel alone, and a general protection fault in a program (CR4.TSD).</param>
    /// <exception cref="InvalidOperationException">The host has no suitable library (<see cref="IsAvailable"/> gives the reason), or the
    /// engine already has a processor.</exception>
    public GuestProcessor(PagingEngine engine, bool countsCode = true, bool refusesTimeStamps = false)
    {
        ArgumentNullException.ThrowIfNull(engine);
        if (!IsAvailable(out string reason)) throw new InvalidOperationException(reason);
        if (engine.Ram.TracksCode) throw new InvalidOperationException("The engine has a processor already.");
        _engine = engine;
        _self = GCHandle.Alloc(this);
        unsafe    // SAFETY: addresses of static methods, called only while the handle is allocated, which Dispose frees after the machine
        {
            _machine = new(engine, &OnInterrupt, &OnTranslated, GCHandle.ToIntPtr(_self), countsCode);
            _memory = new(engine, _machine);
            _steps = new(_machine, _memory);
            _closed = new(engine, _machine, _memory);
            _refusals = new(_machine, _memory);
            _contexts = new(this, _machine, _memory);
            _machine.EnterRing3(refusesTimeStamps);
            _machine.HookSystemEntries(&OnSystemEntry, GCHandle.ToIntPtr(_self));
        }

        _vector = None;
        _stop = new(_machine.RequestStop);
        _devices = new(engine, _machine, _memory, _closed);
    }

    /// <summary>Returns true if the host has a suitable library; otherwise false, with the reason and the remedy in one line.</summary>
    public static bool IsAvailable(out string reason) => UnicornLibrary.IsAvailable(out reason);

    /// <summary>The version of the library, for reports; empty without one.</summary>
    public static string LibraryVersion => UnicornLibrary.Version;

    /// <summary>The counters of the processor's work so far.</summary>
    public ProcessorCounters Counters =>
        _counters with { Flushes = _memory.FlushCount, Translations = _memory.TranslationCount, DroppedFrames = _memory.DroppedFrameCount };

    /// <summary>The context switched to.</summary>
    public GuestContext? Current => _contexts.Current;

    /// <summary>Reports every access from now on. To be called before the first run: translated code reports nothing.</summary>
    /// <remarks>Watchpoints and shadows of the engine do not see the processor's accesses then: the sink has all of them.</remarks>
    public void Trace(IGuestAccessSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Enter();
        _tracer ??= new(_engine, this, _memory, sink);
        _closed.LeavesReported = true;
    }

    /// <summary>Makes a task's context, as it is after execve(2): see <see cref="GuestContext.Reset"/>.</summary>
    public GuestContext CreateContext()
    {
        Enter();
        GuestContext context = new(_contexts, _machine.AllocateContext());
        _contexts.Reset(context);
        return context;
    }

    /// <inheritdoc/>
    public void Switch(UserProcess process, GuestContext context)
    {
        ArgumentNullException.ThrowIfNull(process);
        ArgumentNullException.ThrowIfNull(context);
        _contexts.Check(context, nameof(context));    // and that the processor is idle
        _memory.Check(process);
        if (process.Memory.HighestAddress.IsKernel)
            throw new ArgumentException("The process has no kernel half (ProcessOptions.HighestAddress), and the processor needs one.",
                nameof(process));
        if (_contexts.Switch(process, context)) _counters.Switches++;
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Code is counted the same in every run, some 3.5 bytes per instruction. The run stops before the block of code that would exceed the
    /// limit; less than two pages counts as two pages.
    /// </remarks>
    public ProcessorExit Run(long codeByteLimit = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(codeByteLimit);
        if (codeByteLimit != 0 && !_machine.IsCounting) throw new InvalidOperationException("Code is not counted: see the constructor.");
        return RunOn(codeByteLimit == 0 ? BlockBudget.Unlimited : Math.Max(codeByteLimit, BlockBudget.LongestBlock));
    }

    /// <inheritdoc/>
    public ProcessorExit RunFor(TimeSpan slice)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slice, TimeSpan.Zero);
        Enter();
        _stop.BeginSlice(slice);
        try
        {
            return RunOn(BlockBudget.Unlimited);
        }
        finally
        {
            _stop.EndSlice();
        }
    }

    /// <summary>Runs until a block of code begins for which there is no room, or an event ends the run.</summary>
    internal ProcessorExit RunOn(long codeBytes)
    {
        (_, GuestContext context) = _contexts.RequireSwitched();
        Enter();
        _isRunning = true;
        try
        {
            return Execute(context, codeBytes);
        }
        finally
        {
            _isRunning = false;
        }
    }

    private ProcessorExit Execute(GuestContext context, long codeBytes)
    {
        long started = Stopwatch.GetTimestamp();
        if (!_machine.WriteChanged(ref context.Registers)) return ExceptionSignals.ExitOfBadSelector();
        uint eip = context.Registers.Eip;
        ProcessorExit exit;
        _machine.Budget.Begin(codeBytes);
        while (true)
        {
            if (_stop.TryTake())
            {
                exit = new(ProcessorExitKind.Stopped);
                break;
            }

            if (_machine.Budget.HasStopped) _machine.Budget.Resume();    // for a request that was taken before
            _refusals.Apply();
            _memory.BringUpToDate();
            _vector = None;
            int stopCount = _machine.StopCount;
            _steps.Begin(eip);
            _exact?.Begin(eip, context.Registers.Eflags);
            _debug?.Close(_closed);
            _closed.CloseReported(eip, leavesCode: _memory.IsStepping);
            _closed.Apply();
            UnicornError error = UnicornApi.Start(_machine.Handle, eip, 0, 0, 0);
            _closed.Open();
            if ((_thrown ??= _tracer?.Thrown) is not null) Rethrow();
            bool isStepOver = _steps.End(_vector);
            eip = _machine.ReadPosition();
            _exact?.End(eip, hasStepped: _vector == (int)ProcessorVector.Debug);
            if (!isStepOver && (_debug?.TryTake(eip, out exit) == true || _tracer?.TryTake(eip, out exit) == true
                || TryFinish(error, eip, stopCount, out exit))) break;
            eip = _machine.Read(UnicornRegister.Eip);    // an instruction that accesses a device has been executed
        }

        if (exit.Kind == ProcessorExitKind.Stopped) _memory.NoteSlice();
        _tracer?.End(eip, exit.Kind);
        _counters.CodeBytes += _machine.Budget.Used;
        _exact?.Add(_machine.Budget.Used);
        _machine.ReadAll(ref context.Registers);
        _counters.RunTicks += Stopwatch.GetTimestamp() - started;
        return exit;
    }

    /// <inheritdoc/>
    public void RequestStop() => _stop.Request();

    /// <summary>Detaches the processor from the engine, before or after that is disposed of. Its contexts are of no use any more.</summary>
    /// <exception cref="InvalidOperationException">The processor is executing.</exception>
    public void Dispose()
    {
        if (!_self.IsAllocated) return;
        CheckIsIdle();
        _memory.Dispose();
        _stop.Dispose();
        _devices?.Dispose();
        _machine.Dispose();
        _tracer?.Dispose();
        _debug?.Release();
        _self.Free();
    }

    internal UnicornMachine Machine => _machine;

    /// <summary>Checks that the processor is not disposed of, that it executes nothing, and that this is the engine's thread.</summary>
    internal void Enter()
    {
        ObjectDisposedException.ThrowIf(!_self.IsAllocated, this);
        CheckIsIdle();
        _engine.CheckCaller();
    }

    internal void CheckIsIdle()
    {
        if (_isRunning) throw new InvalidOperationException("The processor is executing: nothing that it calls may use it.");
    }

    /// <summary>True while one instruction is executed on a device's page, perhaps not for the first time.</summary>
    internal bool IsAccessingDevice => _devices is { IsRunning: true };

    /// <summary>Breakpoints and watched pages. After the first use, the processor can stop at every instruction, and runs slower.</summary>
    public DebugStops Debug => _debug ??= new(this, _memory);

    /// <summary>Positions in the execution. After the first use, code is counted to the instruction; see <see cref="ExactRuns"/>.</summary>
    public ExactRuns Exact => _exact ??= new(this, _memory, _contexts);

    /// <summary>For tests only: the occasions on which the TLB is flushed.</summary>
    internal FlushPolicy FlushPolicy { get => _memory.Policy; set => _memory.Policy = value; }

    /// <summary>For tests only: receives every page fault before it is resolved.</summary>
    internal Action<VirtualAddress, PageFaultErrorCode>? FaultSeen { get; set; }

    /// <summary>Examines the reason for the library's return. False: the engine has handled it, and the program continues.</summary>
    private bool TryFinish(UnicornError error, uint eip, int stopCount, out ProcessorExit exit)
    {
        exit = default;
        int vector = _vector;
        if (vector == SystemEntry)
        {
            exit = ExceptionExits.RefuseSystemEntry(_machine, eip);
            return true;
        }

        if (vector == (int)ProcessorVector.SystemCall)
        {
            _counters.SystemCalls++;
            exit = new(ProcessorExitKind.SystemCall, ProcessorVector.SystemCall);
            return true;
        }

        if (vector == (int)ProcessorVector.PageFault)
        {
            if (_deviceFault is { } fault)
            {
                _deviceFault = null;
                return !_devices!.TryExecute(_memory.Process!, fault.Address, fault.Code, out exit);
            }

            exit = _refused.GetValueOrDefault();
            return _refused is not null;
        }

        if (vector >= 0 || error == UnicornError.InvalidInstruction)
        {
            exit = ExceptionExits.Raise(_machine, vector >= 0 ? (ProcessorVector)vector : ProcessorVector.InvalidInstruction, new(eip));
            if (exit.Vector == ProcessorVector.InvalidInstruction && _memory.IsRdpmc(new(eip))) exit = ExceptionSignals.ExitOfForbidden();
            return true;
        }

        if (error != UnicornError.None) ExceptionExits.ThrowLibraryError(error, eip);
        if (_refusals.TryRefuse(eip, out exit)) return true;
        if (_refusals.HasChanges) return false;
        if (_machine.Budget.WasInterrupted || _machine.HasStopRequest(stopCount)) return false;    // the loop takes it, or it is an old one
        exit = new(ProcessorExitKind.Stopped);
        return true;
    }

    /// <summary>A page fault, still inside the library. True: it is resolved, and the instruction can be executed again at once.</summary>
    /// <remarks>Leaving the library and entering it again would cost as much as the fault itself.</remarks>
    private bool TryResolve()
    {
        VirtualAddress address = new(_machine.Read(UnicornRegister.Cr2));
        uint errorCode = _machine.EndException(out bool isSoftware);
        if (isSoftware)
        {
            _refused = ExceptionExits.ForbiddenInterrupt(_machine, ProcessorVector.PageFault);
            return false;
        }

        _counters.PageFaults++;
        _tracer?.NoteFault(_machine.Read(UnicornRegister.Eip));
        _refused = null;
        bool wasClosed = _closed.Has(address.Page);
        _closed.Open();
        if (wasClosed && _debug?.IsWatched(address, (PageFaultErrorCode)errorCode) == true) return false;
        FaultSeen?.Invoke(address, (PageFaultErrorCode)errorCode);
        if (wasClosed && _closed.IsReported(address, (PageFaultErrorCode)errorCode))
        {
            LeaveToEngine(address, (PageFaultErrorCode)errorCode);
            return false;
        }

        bool isReplaceable = _memory.IsReplaceable(address.Page, (PageFaultErrorCode)errorCode);
        long started = Stopwatch.GetTimestamp();
        MemoryFault fault = _memory.Process!.Memory.Mmu.ResolveFault(address, (PageFaultErrorCode)errorCode);
        _counters.EngineTicks += Stopwatch.GetTimestamp() - started;
        bool isFetch = fault.Address.Value - _machine.Read(UnicornRegister.Eip) < BlockBudget.LongestInstruction;
        if (fault.Kind == MemoryFaultKind.Device && !isFetch)
        {
            _deviceFault = (address, (PageFaultErrorCode)errorCode);
            return false;
        }

        if (fault.IsFault)
        {
            if (!isFetch && _contexts.IsStore(fault.Address)) errorCode |= (uint)PageFaultErrorCode.Write;
            _refused = ExceptionSignals.ExitOf(fault, errorCode, _memory.Peek(fault.Address.Page));
            return false;
        }

        if ((_memory.HasStaleCode && _steps.NoteFault(address.Page)) || _tracer is not null) return false;    // dropped outside
        if (_debug is { IsEmpty: false } || _closed.HasReported) return false;    // watched pages are closed again outside
        _memory.NoteResolved(address.Page, isReplaceable);
        _exact?.Resume(_machine.Read(UnicornRegister.Eip));
        return true;
    }

    /// <summary>Leaves an access to a reported page to the engine, once the library has come back. A fetch is reported here.</summary>
    private void LeaveToEngine(VirtualAddress address, PageFaultErrorCode errorCode)
    {
        VirtualAddress eip = new(_machine.Read(UnicornRegister.Eip));
        if (address - eip >= (uint)BlockBudget.LongestInstruction)
        {
            _deviceFault = (address, errorCode);
            return;
        }

        if (address == eip && !_memory.Process!.Memory.Mmu.TryFetch(eip, out byte _, out MemoryFault fault))
            _refused = ExceptionSignals.ExitOf(fault, (uint)errorCode);
        else _steps.StepAlone();
    }

    private void Rethrow()
    {
        ExceptionDispatchInfo thrown = _thrown!;
        _thrown = null;
        _tracer?.Thrown = null;
        thrown.Throw();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnInterrupt(nint handle, uint vector, nint user)
    {
        GuestProcessor self = (GuestProcessor)GCHandle.FromIntPtr(user).Target!;
        if (self._devices is { IsRunning: true } devices)    // none while ring 3 is entered for the first time
        {
            devices.Vector = (int)vector;
            _ = UnicornApi.Stop(handle);
            return;
        }

        if (self._vector == SystemEntry) return;    // the step after an instruction that is refused has not happened
        try
        {
            if (vector == (uint)ProcessorVector.PageFault && self._memory.Process is not null && self.TryResolve()) return;
        }
#pragma warning disable CA1031 // nothing may be thrown through native frames: Run throws it again
        catch (Exception exception)
        {
            self._thrown = ExceptionDispatchInfo.Capture(exception);
        }
#pragma warning restore CA1031

        self._vector = (int)vector;
        _ = UnicornApi.Stop(handle);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnSystemEntry(nint handle, nint user)
    {
        ((GuestProcessor)GCHandle.FromIntPtr(user).Target!)._vector = SystemEntry;
        _ = UnicornApi.Stop(handle);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    // SAFETY: the library's own records, valid during the call
    private static unsafe void OnTranslated(nint handle, TranslatedBlock* block, TranslatedBlock* before, nint user)
    {
        GuestProcessor self = (GuestProcessor)GCHandle.FromIntPtr(user).Target!;
        try
        {
            self._memory.NoteBlock(new((uint)block->Address), block->ByteLength);
            if (self._refusals.NoteBlock(new((uint)block->Address), block->ByteLength)) _ = UnicornApi.Stop(handle);
        }
#pragma warning disable CA1031 // nothing may be thrown through native frames: Run throws it again
        catch (Exception exception)
        {
            self._thrown = ExceptionDispatchInfo.Capture(exception);
            _ = UnicornApi.Stop(handle);
        }
#pragma warning restore CA1031
    }
}
