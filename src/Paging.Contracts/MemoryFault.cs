using Paging.Native;

namespace Paging.Core;

/// <summary>The reasons why an access cannot be completed. Most correspond to a signal and its si_code.</summary>
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
    /// No frame was available. The engine's <see cref="OutOfMemoryPolicy"/> decides the consequence; the fault has changed nothing.
    /// </summary>
    OutOfMemory,
    /// <summary>
    /// The page is supplied later, by an <see cref="IPageSource"/> or a userfaultfd. Nothing has changed; the access can then be retried.
    /// </summary>
    Pending,
    /// <summary>
    /// The page belongs to a device or has a watchpoint, so no span of its bytes exists. Values can be read and written, which calls the
    /// device or the watchpoint's handler.
    /// </summary>
    Device,
    /// <summary>A byte of a byte shadow is unaddressable: a red zone or a freed block.</summary>
    Unaddressable,
    /// <summary>A byte of a byte shadow was read before it was written.</summary>
    Uninitialized,
}

/// <summary>A guest access that faulted: its kind and address, as siginfo gives them.</summary>
/// <param name="Kind">The kind of fault, or <see cref="MemoryFaultKind.None"/>.</param>
/// <param name="Address">The faulting address (CR2, si_addr): the first byte of the access in the page at fault.</param>
public readonly record struct MemoryFault(MemoryFaultKind Kind, VirtualAddress Address)
{
    /// <summary>No fault.</summary>
    public static MemoryFault None => default;

    /// <summary>True if there was a fault.</summary>
    public bool IsFault => Kind != MemoryFaultKind.None;
}
