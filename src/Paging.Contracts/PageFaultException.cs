namespace Paging.Core;

/// <summary>Thrown if a guest access that the host makes with <c>Read</c> or <c>Write</c> faults.</summary>
public sealed class PageFaultException : Exception
{
    /// <summary>Creates the exception for a fault.</summary>
    public PageFaultException(MemoryFault fault) : base($"{Describe(fault.Kind)} at {fault.Address}.") => Fault = fault;

    /// <summary>Creates the exception for an unknown fault.</summary>
    public PageFaultException() : this(default(MemoryFault)) { }

    /// <summary>Creates the exception with a message.</summary>
    public PageFaultException(string message) : base(message) { }

    /// <summary>Creates the exception with a message and its cause.</summary>
    public PageFaultException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>The fault: its kind and address.</summary>
    public MemoryFault Fault { get; }

    private static string Describe(MemoryFaultKind kind) => kind switch
    {
        MemoryFaultKind.NotMapped => "SIGSEGV: nothing is mapped",
        MemoryFaultKind.NotAllowed => "SIGSEGV: the area does not permit the access",
        MemoryFaultKind.BusError => "SIGBUS: the page lies beyond the end of its file or cannot be read",
        MemoryFaultKind.OutOfMemory => "Out of memory",
        MemoryFaultKind.Pending => "The page will be supplied later",
        MemoryFaultKind.Device => "The page belongs to a device",
        MemoryFaultKind.Unaddressable => "The byte is marked as unaddressable",
        MemoryFaultKind.Uninitialized => "The byte was read before it was written",
        _ => "No fault",
    };
}
