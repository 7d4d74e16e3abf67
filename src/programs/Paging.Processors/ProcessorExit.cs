using Paging.Native;

namespace Paging.Processors;

/// <summary>The reasons for the end of a run of the processor.</summary>
public enum ProcessorExitKind
{
    /// <summary>
    /// The limit is used up, or <see cref="IGuestProcessor.RequestStop"/> was called. The run can be continued at any time.
    /// </summary>
    Stopped,

    /// <summary><c>int 0x80</c>; EIP is after it.</summary>
    SystemCall,

    /// <summary>
    /// A fault, trap or interrupt for the program, as the signal in <see cref="ProcessorExit.Signal"/>.
    /// </summary>
    Exception,

    /// <summary>
    /// A page fault for which the engine has no memory left: the out-of-memory policy decides. The instruction can be tried again.
    /// </summary>
    OutOfMemory,

    /// <summary>
    /// A page fault whose page comes later: from a userfaultfd, or from the host. The instruction is then executed again.
    /// </summary>
    Pending,

    /// <summary>A debugger's breakpoint: the instruction at EIP has not been executed.</summary>
    Breakpoint,

    /// <summary>The instruction at EIP accesses a page that a debugger watches, and has not been executed.</summary>
    Watched,

    /// <summary>
    /// The host has ended the process that executed the program, and registers of the program are lost with it. It cannot continue.
    /// </summary>
    Lost,
}

/// <summary>Exceptions of the x86 by their vectors.</summary>
public enum ProcessorVector
{
    /// <summary>#DE: division by zero, or a quotient that does not fit.</summary>
    DivideError = 0,

    /// <summary>#DB: a single step.</summary>
    Debug = 1,

    /// <summary>#BP: <c>int3</c>.</summary>
    Breakpoint = 3,

    /// <summary>#OF: <c>into</c>.</summary>
    Overflow = 4,

    /// <summary>#BR: <c>bound</c>.</summary>
    Bound = 5,

    /// <summary>#UD: not an instruction of this processor.</summary>
    InvalidInstruction = 6,

    /// <summary>#NP: a segment that is not there.</summary>
    SegmentNotPresent = 11,

    /// <summary>#SS: beyond the stack segment.</summary>
    StackFault = 12,

    /// <summary>#GP: privileged instructions, bad selectors, interrupts that a user may not raise.</summary>
    GeneralProtection = 13,

    /// <summary>#PF.</summary>
    PageFault = 14,

    /// <summary>#MF: an unmasked error of the x87.</summary>
    FloatingPoint = 16,

    /// <summary>#AC.</summary>
    Alignment = 17,

    /// <summary>#XM: an unmasked error of SSE.</summary>
    SimdFloatingPoint = 19,

    /// <summary>The system call.</summary>
    SystemCall = 0x80,
}

/// <summary>A signal in the form of <c>siginfo</c>: number, si_code, si_addr. Numbers are those of i386.</summary>
/// <param name="Number">SIGILL 4, SIGTRAP 5, SIGBUS 7, SIGFPE 8, SIGSEGV 11; SIGKILL 9 where memory has run out.</param>
/// <param name="Code">si_code: SEGV_MAPERR 1, SEGV_ACCERR 2, BUS_ADRERR 2, FPE_INTDIV 1, ILL_ILLOPN 2, SI_KERNEL 0x80 …</param>
/// <param name="Address">si_addr: the address that faulted, or the instruction; 0 where Linux gives none.</param>
public readonly record struct GuestSignal(int Number, int Code, VirtualAddress Address);

/// <summary>The end of a run, with its reason.</summary>
/// <param name="Kind">The reason.</param>
/// <param name="Vector">For an exception or a system call, its vector. Linux: trapno of the signal frame.</param>
/// <param name="ErrorCode">The exception's error code, or 0. Linux: err of the signal frame.</param>
/// <param name="Address">For a page fault, CR2.</param>
/// <param name="Signal">The signal for the program; of no meaning for a stop or a system call.</param>
public readonly record struct ProcessorExit(ProcessorExitKind Kind, ProcessorVector Vector = default, uint ErrorCode = 0,
    VirtualAddress Address = default, GuestSignal Signal = default);
