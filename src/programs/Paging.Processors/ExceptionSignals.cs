using Paging.Core;
using Paging.Native;

namespace Paging.Processors;

/// <summary>Converts exceptions of the processor to signals. Linux: arch/x86/kernel/traps.c, arch/x86/mm/fault.c.</summary>
internal static class ExceptionSignals
{
    /// <summary>Numbers of signals that exceptions become. Linux: arch/x86/include/uapi/asm/signal.h.</summary>
    public const int Illegal = 4, Trap = 5, Bus = 7, FloatingPoint = 8, Segment = 11;

    /// <summary>SI_KERNEL, SEGV_MAPERR, SEGV_ACCERR, FPE_INTDIV, BUS_ADRALN.</summary>
    public const int FromKernel = 0x80, NotMapped = 1, NotAllowed = 2, IntegerDivide = 1, BusAlignment = 1;

    private const int Kill = 9;
    private const int IllegalOperand = 2;                      // ILL_ILLOPN
    private const int TrapTrace = 2;                           // TRAP_TRACE
    private const int BusAddress = 2;                          // BUS_ADRERR
    private const int FloatDivide = 3, FloatOverflow = 4, FloatUnderflow = 5, FloatInexact = 6, FloatInvalid = 7, FloatUnknown = 14;

    /// <summary>The signal of a page fault that the engine has refused.</summary>
    public static GuestSignal Of(MemoryFault fault) => fault.Kind switch
    {
        MemoryFaultKind.NotMapped => new(Segment, NotMapped, fault.Address),
        MemoryFaultKind.NotAllowed or MemoryFaultKind.Unaddressable or MemoryFaultKind.Uninitialized =>
            new(Segment, NotAllowed, fault.Address),
        MemoryFaultKind.BusError or MemoryFaultKind.Device => new(Bus, BusAddress, fault.Address),
        _ => new(Kill, FromKernel, fault.Address),
    };

    /// <summary>The signal of any other exception at an instruction.</summary>
    /// <param name="vector">The vector.</param>
    /// <param name="at">EIP.</param>
    /// <param name="errors">
    /// For the two floating-point vectors: the error flags that are set and not masked, as in the x87 status word.
    /// </param>
    public static GuestSignal Of(ProcessorVector vector, VirtualAddress at, uint errors) => vector switch
    {
        ProcessorVector.DivideError => new(FloatingPoint, IntegerDivide, at),
        ProcessorVector.Debug => new(Trap, TrapTrace, at),
        ProcessorVector.Breakpoint => new(Trap, FromKernel, default),
        ProcessorVector.InvalidInstruction => new(Illegal, IllegalOperand, at),
        ProcessorVector.SegmentNotPresent or ProcessorVector.StackFault => new(Bus, FromKernel, default),
        ProcessorVector.FloatingPoint or ProcessorVector.SimdFloatingPoint => new(FloatingPoint, CodeOf(errors), at),
        ProcessorVector.Alignment => new(Bus, BusAlignment, default),
        _ => new(Segment, FromKernel, default),
    };

    /// <summary>Makes the exit for a page fault that the engine has refused.</summary>
    /// <param name="fault">The engine's answer.</param>
    /// <param name="errorCode">The processor's error code.</param>
    /// <param name="page">The page's entry, of a walk that checks no rights.</param>
    public static ProcessorExit ExitOf(MemoryFault fault, uint errorCode, in WalkResult page = default)
    {
        // A page of PROT_NONE keeps its frame without US here; Linux takes P away (_PAGE_PROTNONE), which the program sees
        if (page is { Succeeded: true, EffectiveUser: false } && !fault.Address.IsKernel) errorCode &= ~(uint)PageFaultErrorCode.Protection;
        // Linux: set_signal_archinfo hides addresses of the kernel half from users
        if (fault.Address.IsKernel) errorCode |= (uint)PageFaultErrorCode.Protection;
        ProcessorExitKind kind = fault.Kind switch
        {
            MemoryFaultKind.OutOfMemory => ProcessorExitKind.OutOfMemory,
            MemoryFaultKind.Pending => ProcessorExitKind.Pending,
            _ => ProcessorExitKind.Exception,
        };
        return new(kind, ProcessorVector.PageFault, errorCode, fault.Address, Of(fault));
    }

    /// <summary>Makes the exit for an instruction that a user may not execute: #GP.</summary>
    public static ProcessorExit ExitOfForbidden() => ExitOfBadSelector();

    /// <summary>Makes the exit for a code or stack selector that may not be loaded: #GP.</summary>
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
