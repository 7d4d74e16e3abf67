using Paging.Core;
using Paging.Guest.Abi;
using Paging.Native;

namespace Paging.Guest.Processor;

/// <summary>Which signal an exception of the processor is. Linux: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.</summary>
internal static class ExceptionSignals
{
    private const int IllegalOperand = 2;                      // ILL_ILLOPN
    private const int TrapTrace = 2;                           // TRAP_TRACE
    private const int NotMapped = 1, NotAllowed = 2;           // SEGV_MAPERR, SEGV_ACCERR
    private const int BusAlignment = 1, BusAddress = 2;        // BUS_ADRALN, BUS_ADRERR
    private const int IntegerDivide = 1;                       // FPE_INTDIV
    private const int FloatDivide = 3, FloatOverflow = 4, FloatUnderflow = 5, FloatInexact = 6, FloatInvalid = 7, FloatUnknown = 14;

    /// <summary>The signal of a page fault that the engine has refused.</summary>
    public static GuestSignal Of(MemoryFault fault) => fault.Kind switch
    {
        MemoryFaultKind.NotMapped => new(SignalNumber.Segment, NotMapped, fault.Address),
        MemoryFaultKind.NotAllowed => new(SignalNumber.Segment, NotAllowed, fault.Address),
        MemoryFaultKind.BusError or MemoryFaultKind.Device => new(SignalNumber.Bus, BusAddress, fault.Address),
        _ => new(SignalNumber.Kill, SignalInfo.FromKernel, fault.Address),
    };

    /// <summary>The signal of any other exception at an instruction.</summary>
    /// <param name="vector">Which.</param>
    /// <param name="at">EIP.</param>
    /// <param name="errors">
    /// For the two floating-point vectors: the error flags that are set and not masked, as in the x87 status word.
    /// </param>
    public static GuestSignal Of(ProcessorVector vector, VirtualAddress at, uint errors) => vector switch
    {
        ProcessorVector.DivideError => new(SignalNumber.FloatingPoint, IntegerDivide, at),
        ProcessorVector.Debug => new(SignalNumber.Trap, TrapTrace, at),
        ProcessorVector.Breakpoint => new(SignalNumber.Trap, SignalInfo.FromKernel, default),
        ProcessorVector.InvalidInstruction => new(SignalNumber.Illegal, IllegalOperand, at),
        ProcessorVector.SegmentNotPresent or ProcessorVector.StackFault => new(SignalNumber.Bus, SignalInfo.FromKernel, default),
        ProcessorVector.FloatingPoint or ProcessorVector.SimdFloatingPoint => new(SignalNumber.FloatingPoint, CodeOf(errors), at),
        ProcessorVector.Alignment => new(SignalNumber.Bus, BusAlignment, default),
        _ => new(SignalNumber.Segment, SignalInfo.FromKernel, default),
    };

    /// <summary>How the processor comes back with a page fault that the engine has refused.</summary>
    public static ProcessorExit ExitOf(MemoryFault fault, uint errorCode)
    {
        // Linux: set_signal_archinfo tells users nothing of the kernel half
        if (fault.Address.IsKernel) errorCode |= (uint)PageFaultErrorCode.Protection;
        ProcessorExitKind kind = fault.Kind switch
        {
            MemoryFaultKind.OutOfMemory => ProcessorExitKind.OutOfMemory,
            MemoryFaultKind.Pending => ProcessorExitKind.Pending,
            _ => ProcessorExitKind.Exception,
        };
        return new(kind, ProcessorVector.PageFault, errorCode, fault.Address, Of(fault));
    }

    /// <summary>How it comes back with a code or stack selector that may not be loaded: #GP.</summary>
    public static ProcessorExit ExitOfBadSelector() =>
        new(ProcessorExitKind.Exception, ProcessorVector.GeneralProtection, 0, default,
            Of(ProcessorVector.GeneralProtection, default, 0));

    /// <summary>Linux: fpu__exception_code (arch/x86/kernel/fpu/core.c).</summary>
    private static int CodeOf(uint errors) => errors switch
    {
        _ when (errors & 0x01) != 0 => FloatInvalid,
        _ when (errors & 0x04) != 0 => FloatDivide,
        _ when (errors & 0x08) != 0 => FloatOverflow,
        _ when (errors & 0x12) != 0 => FloatUnderflow,
        _ when (errors & 0x20) != 0 => FloatInexact,
        _ => FloatUnknown,
    };
}
