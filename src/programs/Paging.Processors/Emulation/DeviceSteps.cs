using Paging.Core;
using Paging.Native;
using Paging.Processors.Unicorn;

namespace Paging.Processors.Emulation;

//   fault on a device's page ──► probe: the instruction alone, loads see 0, stores go nowhere   which bytes does it load?
//                                  └─► the device is read, once for each load
//                                        └─► the instruction again, with the device's values ──► its stores go to the device
/// <summary>
/// Executes the instructions that access devices, whose pages are never present in the tables of a process, and those that access
/// reported pages (<see cref="ClosedPages"/>).
/// </summary>
/// <remarks>
/// One instruction at a time runs on a copy of the directory, in which the device's page is a window (<see cref="DeviceWindow"/>). A fault
/// meanwhile is resolved and the instruction begins anew, without reading the device again. An instruction that only stores needs no probe.
/// The library splits accesses as it likes, so its requests are joined again: <see cref="Mmu"/> then makes the accesses of a bus of them.
/// Cost: one to two instructions and as many flushes of the TLB for each access; nothing for other memory.
/// </remarks>
internal sealed class DeviceSteps : IDisposable
{
    private const uint TrapFlag = 0x100;

    private readonly UnicornMachine _machine;
    private readonly MemoryCoherence _memory;
    private readonly ClosedPages _closed;
    private readonly DeviceWindow _window;
    private readonly nint _start;    // the context before the instruction
    private readonly List<VirtualAddress> _faults = [];

    public DeviceSteps(PagingEngine engine, UnicornMachine machine, MemoryCoherence memory, ClosedPages closed)
    {
        (_machine, _memory, _closed) = (machine, memory, closed);
        _window = new(engine, machine.Handle);
        _start = machine.AllocateContext();
    }

    /// <summary>An instruction runs alone: every exception ends it.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The exception that has ended the instruction; negative: none.</summary>
    public int Vector { get; set; }

    /// <summary>Executes the instruction that has faulted on a device's page.</summary>
    /// <param name="process">The process of the instruction.</param>
    /// <param name="address">The address that it has accessed.</param>
    /// <param name="errorCode">The page fault's error code.</param>
    /// <param name="refusal">The exit that ends the run if it is not executed.</param>
    /// <returns>False if it is not executed: the registers are those before it.</returns>
    public bool TryExecute(UserProcess process, VirtualAddress address, PageFaultErrorCode errorCode, out ProcessorExit refusal)
    {
        refusal = new(ProcessorExitKind.OutOfMemory, ProcessorVector.PageFault, (uint)errorCode, address);
        if (!_window.TryOpen()) return false;
        _machine.Save(_start);
        uint eip = _machine.Read(UnicornRegister.Eip), flags = _machine.Read(UnicornRegister.Eflags);
        _faults.Clear();
        _window.Begin();
        IsRunning = true;
        bool isDone = false;
        try
        {
            MemoryFault fault = default;
            isDone = TryShow(address, errorCode, ref refusal) && TryRun(process, eip, flags, ref refusal);
            if (isDone && _window.HasLoads)
            {
                isDone = _window.TryLoad(process.Memory.Mmu, _faults, out fault) && TryRun(process, eip, flags, ref refusal);
            }

            isDone = isDone && _window.TryStore(process.Memory.Mmu, out fault);
            if (fault.IsFault) refusal = ExceptionSignals.ExitOf(fault, (uint)errorCode);
        }
        finally
        {
            IsRunning = false;
            if (!isDone) _machine.Restore(_start);
            _memory.Enter(process, isRestored: true);
            _machine.Write(UnicornRegister.Eflags, (_machine.Read(UnicornRegister.Eflags) & ~TrapFlag) | (flags & TrapFlag));
        }

        return isDone;
    }

    public void Dispose()
    {
        UnicornApi.FreeContext(_start);
        _window.Dispose();
    }

    /// <summary>Runs the instruction until no page that it needs is missing. False: it is refused.</summary>
    private bool TryRun(UserProcess process, uint eip, uint flags, ref ProcessorExit refusal)
    {
        while (true)
        {
            _machine.Restore(_start);
            _closed.CloseReported(eip, leavesCode: true);    // those that are shown lead to the window in the copy
            _window.Build(process.Memory.PrepareWalk());
            _machine.LoadDirectory(_window.Directory);
            _machine.Write(UnicornRegister.Eflags, flags | TrapFlag);
            _machine.Budget.Extend(BlockBudget.LongestInstruction);
            Vector = -1;
            int stopCount = _machine.StopCount;
            _ = UnicornApi.Start(_machine.Handle, eip, 0, 0, 0);
            _closed.Open();
            _window.ReturnMarks(process.Memory.PrepareWalk());
            switch ((ProcessorVector)Vector)
            {
                case ProcessorVector.Debug:
                    _machine.EndException(out _);
                    return true;
                case ProcessorVector.PageFault:
                    if (!TryResolve(process, ref refusal)) return false;
                    break;
                case var vector when Vector >= 0:
                    uint errorCode = _machine.EndException(out _);
                    if (_window.HasLoads) return true;    // a probe may divide by 0, as the device's value is not known yet
                    refusal = new(ProcessorExitKind.Exception, vector, errorCode, default, ExceptionSignals.Of(vector, new(eip), 0));
                    return false;
                default:
                    if (_machine.Budget.HasStopped) _machine.Budget.Resume();    // a request to stop: it is made again until it is taken
                    else if (!_machine.HasStopRequest(stopCount)) return false;    // not executable after all: the refusal stands
                    break;
            }
        }
    }

    private bool TryResolve(UserProcess process, ref ProcessorExit refusal)
    {
        VirtualAddress address = new(_machine.Read(UnicornRegister.Cr2));
        PageFaultErrorCode errorCode = (PageFaultErrorCode)_machine.EndException(out _);
        MemoryFault fault = _closed.IsReported(address, errorCode)
            ? new(MemoryFaultKind.Device, address) : process.Memory.Mmu.ResolveFault(address, errorCode);
        if (fault.Kind == MemoryFaultKind.Device) return TryShow(address, errorCode, ref refusal);
        if (!fault.IsFault) return true;
        refusal = ExceptionSignals.ExitOf(fault, (uint)errorCode);
        return false;
    }

    private bool TryShow(VirtualAddress address, PageFaultErrorCode errorCode, ref ProcessorExit refusal)
    {
        _faults.Add(address);
        if (_window.TryShow(address.Page, isWritable: (errorCode & PageFaultErrorCode.Write) != 0)) return true;
        refusal = ExceptionSignals.ExitOf(new(MemoryFaultKind.Device, address), (uint)errorCode);
        return false;
    }
}
