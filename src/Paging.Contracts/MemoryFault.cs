using Paging.Native;

namespace Paging.Core;

/// <summary>Why an access cannot be completed: the signal and its si_code.</summary>
public enum MemoryFaultKind
{
    /// <summary>The access happened.</summary>
    None = 0,
    /// <summary>SIGSEGV, SEGV_MAPERR: nothing is mapped there.</summary>
    NotMapped,
    /// <summary>SIGSEGV, SEGV_ACCERR: mapped, but not with that right.</summary>
    NotAllowed,
    /// <summary>SIGBUS, BUS_ADRERR: the page lies wholly beyond the end of its file, or cannot be brought in.</summary>
    BusError,
    /// <summary>No frame could be had; the policy for that case decides what becomes of it. Nothing is half done.</summary>
    OutOfMemory,
}

/// <summary>A guest access that faulted: what and where, as siginfo tells it.</summary>
/// <param name="Kind">What kind of fault, or <see cref="MemoryFaultKind.None"/>.</param>
/// <param name="Address">The faulting address (CR2, si_addr): the first byte of the access in the page at fault.</param>
public readonly record struct MemoryFault(MemoryFaultKind Kind, VirtualAddress Address)
{
    /// <summary>No fault.</summary>
    public static MemoryFault None => default;

    /// <summary>True when there was a fault.</summary>
    public bool IsFault => Kind != MemoryFaultKind.None;
}
