using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>The result of handling a page fault. Linux: vm_fault_t.</summary>
internal enum FaultOutcome
{
    /// <summary>The entry now allows the access, which is tried again.</summary>
    Resolved,
    /// <summary>Like <see cref="Resolved"/>, but the page was read from its backing store: a major fault.</summary>
    ResolvedByReading,
    /// <summary>The handler waited or reclaimed and installed nothing. Read the area and the entry again.</summary>
    LookAgain,
    /// <summary>Like <see cref="LookAgain"/>, but the handler read a page of a file: a major fault.</summary>
    LookAgainHavingRead,
    /// <summary>SIGSEGV, SEGV_MAPERR.</summary>
    NotMapped,
    /// <summary>SIGSEGV, SEGV_ACCERR.</summary>
    NotAllowed,
    /// <summary>SIGBUS, BUS_ADRERR.</summary>
    BusError,
    /// <summary>No frame, page table or record was available. Nothing has changed.</summary>
    OutOfMemory,
    /// <summary>The page's source supplies it later. Nothing has changed.</summary>
    Pending,
    /// <summary>The access is allowed, and the page belongs to a device: the device makes the access itself.</summary>
    Device,
}

/// <summary>Translates outcomes for the program.</summary>
internal static class FaultOutcomeExtensions
{
    /// <summary>Returns the kind of fault of a refused access.</summary>
    public static MemoryFaultKind ToFaultKind(this FaultOutcome outcome) => outcome switch
    {
        FaultOutcome.NotMapped => MemoryFaultKind.NotMapped,
        FaultOutcome.NotAllowed => MemoryFaultKind.NotAllowed,
        FaultOutcome.BusError => MemoryFaultKind.BusError,
        FaultOutcome.Device => MemoryFaultKind.Device,
        FaultOutcome.Pending => MemoryFaultKind.Pending,
        _ => MemoryFaultKind.OutOfMemory,    // only refusals come here: the attempts end LookAgain and Resolved
    };
}

/// <summary>A page fault as the processor reports it: the page of CR2 and the kind of access.</summary>
internal readonly record struct PageFault(PageNumber Page, AccessKind Access)
{
    public bool IsWrite => Access == AccessKind.Write;
}
