using Paging.Core.Faults;

namespace Paging.Core.SystemCalls;

/// <summary>The memory system calls of an engine, one object each. They keep no state of their own.</summary>
internal sealed class MemoryOperations
{
    public required MapOperation Map { get; init; }
    public required UnmapOperation Unmap { get; init; }
    public required ProtectOperation Protect { get; init; }
    public required RemapOperation Remap { get; init; }
    public required BreakOperation Break { get; init; }
    public required AdviseOperation Advise { get; init; }
    public required SyncOperation Synchronize { get; init; }
    public required LockOperation Lock { get; init; }
    public required Residency Residency { get; init; }
    public required ForkOperation Fork { get; init; }
    public required ClearReferences ClearReferences { get; init; }
    public required RemapFileOperation RemapFile { get; init; }
    public required UserfaultOperations Userfaults { get; init; }
    public required Populate Populate { get; init; }
}
