using Paging.Native;

namespace Paging.Windows;

/// <summary>The state of a run of pages: MEM_COMMIT, MEM_RESERVE and MEM_FREE.</summary>
public enum MemoryState : uint
{
    /// <summary>Addresses in no allocation.</summary>
    Free = 0x10000,
    /// <summary>Taken, and without contents.</summary>
    Reserve = 0x2000,
    /// <summary>Usable.</summary>
    Commit = 0x1000,
}

/// <summary>The kind of allocation that pages belong to.</summary>
public enum MemoryKind : uint
{
    /// <summary>None: free.</summary>
    None = 0,
    /// <summary>MEM_PRIVATE.</summary>
    Private = 0x20000,
    /// <summary>MEM_MAPPED: a view of a section.</summary>
    Mapped = 0x40000,
    /// <summary>MEM_IMAGE: a view of an executable image.</summary>
    Image = 0x1000000,
}

/// <summary>The result of VirtualQuery for an address: MEMORY_BASIC_INFORMATION.</summary>
/// <param name="Base">The page of the query, which need not be the first of its run.</param>
/// <param name="Count">The equal pages from there on.</param>
/// <param name="State">Their state.</param>
/// <param name="Protection">Their protection; none unless they are committed.</param>
/// <param name="AllocationBase">The first page of the allocation.</param>
/// <param name="AllocationProtection">The protection that the allocation was made with.</param>
/// <param name="Kind">The kind of allocation.</param>
public readonly record struct MemoryBasicInformation(
    PageNumber Base, PageCount Count, MemoryState State, PageProtection Protection, PageNumber AllocationBase,
    PageProtection AllocationProtection, MemoryKind Kind);
