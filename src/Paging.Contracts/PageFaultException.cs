namespace Paging.Core;

/// <summary>A guest access that the host asked for with <c>Read</c> or <c>Write</c> faulted.</summary>
public sealed class PageFaultException : Exception
{
    /// <summary>Tells of a fault.</summary>
    public PageFaultException(MemoryFault fault) : base($"{Describe(fault.Kind)} at {fault.Address}.") => Fault = fault;

    /// <summary>A fault of which nothing is known.</summary>
    public PageFaultException() : this(default(MemoryFault)) { }

    /// <summary>Tells of a fault in other words.</summary>
    public PageFaultException(string message) : base(message) { }

    /// <summary>Tells of a fault in other words, with its cause.</summary>
    public PageFaultException(string message, Exception innerException) : base(message, innerException) { }

    /// <summary>What faulted and where.</summary>
    public MemoryFault Fault { get; }

    private static string Describe(MemoryFaultKind kind) => kind switch
    {
        MemoryFaultKind.NotMapped => "SIGSEGV: nothing is mapped",
        MemoryFaultKind.NotAllowed => "SIGSEGV: the area does not permit the access",
        MemoryFaultKind.BusError => "SIGBUS: the page lies beyond the end of its file or cannot be read",
        MemoryFaultKind.OutOfMemory => "Out of memory",
        _ => "No fault",
    };
}
