using Paging.Core.Faults;

namespace Paging.Core.SystemCalls;

/// <summary>The memory system calls of an engine, one object each. They keep no state of their own.</summary>
internal sealed record MemoryOperations(
    MapOperation Map, UnmapOperation Unmap, ProtectOperation Protect, RemapOperation Remap, BreakOperation Break, AdviseOperation Advise,
    SyncOperation Synchronize, LockOperation Lock, Residency Residency, ForkOperation Fork, ClearReferences ClearReferences,
    RemapFileOperation RemapFile, UserfaultOperations Userfaults, Populate Populate);
