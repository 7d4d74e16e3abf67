using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>What came of a page fault. Linux: vm_fault_t.</summary>
internal enum FaultOutcome
{
    /// <summary>The entry allows the access now: it is tried again.</summary>
    Resolved,
    /// <summary>Like <see cref="Resolved"/>, and the page was read from its backing: a major fault.</summary>
    ResolvedByReading,
    /// <summary>Something had to be waited for or reclaimed, and nothing was installed: look at area and entry again.</summary>
    LookAgain,
    /// <summary>Like <see cref="LookAgain"/>, and what had to be waited for was a page of a file: the fault is a major one.</summary>
    LookAgainHavingRead,
    /// <summary>SIGSEGV, SEGV_MAPERR.</summary>
    NotMapped,
    /// <summary>SIGSEGV, SEGV_ACCERR.</summary>
    NotAllowed,
    /// <summary>SIGBUS, BUS_ADRERR.</summary>
    BusError,
    /// <summary>No frame, table or record to be had. Nothing is half done.</summary>
    OutOfMemory,
}

/// <summary>A page fault as the processor reports it: the page of CR2, and what was attempted.</summary>
internal readonly record struct PageFault(PageNumber Page, AccessKind Access)
{
    public bool IsWrite => Access == AccessKind.Write;
}
