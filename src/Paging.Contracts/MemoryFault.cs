using Paging.Native;

namespace Paging.Core;

/// <summary>Why an access cannot be completed. Each kind corresponds to a signal and its si_code.</summary>
public enum MemoryFaultKind
{
    /// <summary>The access was completed.</summary>
    None = 0,
    /// <summary>SIGSEGV, SEGV_MAPERR: nothing is mapped there.</summary>
    NotMapped,
    /// <summary>SIGSEGV, SEGV_ACCERR: mapped, but without the right for this access.</summary>
    NotAllowed,
    /// <summary>SIGBUS, BUS_ADRERR: the page lies wholly beyond the end of its file, or cannot be read.</summary>
    BusError,
    /// <summary>
    /// No frame was available. The engine's <see cref="OutOfMemoryPolicy"/> decides what follows; the fault has changed nothing.
    /// </summary>
    OutOfMemory,
    /// <summary>
    /// The page's <see cref="IPageSource"/> supplies it later. Nothing has changed; the access can be made again when it is there.
    /// </summary>
    Pending,
    /// <summary>
    /// The page belongs to a device or has a watchpoint, so there are no bytes to hand out. Reading and writing values works, and calls
    /// the device or the watchpoint's handler.
    /// </summary>
    Device,
    /// <summary>A byte of a byte shadow is unaddressable: a red zone or a freed block.</summary>
    Unaddressable,
    /// <summary>A byte of a byte shadow was read before it was written.</summary>
    Uninitialized,
}

/// <summary>A guest access that faulted: its kind and address, as siginfo gives them.</summary>
/// <param name="Kind">What kind of fault, or <see cref="MemoryFaultKind.None"/>.</param>
/// <param name="Address">The faulting address (CR2, si_addr): the first byte of the access in the page at fault.</param>
public readonly record struct MemoryFault(MemoryFaultKind Kind, VirtualAddress Address)
{
    /// <summary>No fault.</summary>
    public static MemoryFault None => default;

    /// <summary>True if there was a fault.</summary>
    public bool IsFault => Kind != MemoryFaultKind.None;
}
