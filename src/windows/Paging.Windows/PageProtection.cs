namespace Paging.Windows;

/// <summary>Protections of pages, in calls and queries: PAGE_* of winnt.h.</summary>
/// <remarks>
/// Exactly one of the base values, with modifiers. Linux has three rights that combine (<c>MemoryProtection</c>); here each combination
/// is a value of its own, and copy on write is one of them.
/// </remarks>
[Flags]
public enum PageProtection : uint
{
    /// <summary>The protection that a query shows of memory that is not committed.</summary>
    None = 0,
    /// <summary>PAGE_NOACCESS.</summary>
    NoAccess = 1,
    /// <summary>PAGE_READONLY.</summary>
    ReadOnly = 2,
    /// <summary>PAGE_READWRITE.</summary>
    ReadWrite = 4,
    /// <summary>PAGE_WRITECOPY: a store gives the view a page of its own.</summary>
    WriteCopy = 8,
    /// <summary>PAGE_EXECUTE. On x86 it can be read as well.</summary>
    Execute = 0x10,
    /// <summary>PAGE_EXECUTE_READ.</summary>
    ExecuteRead = 0x20,
    /// <summary>PAGE_EXECUTE_READWRITE.</summary>
    ExecuteReadWrite = 0x40,
    /// <summary>PAGE_EXECUTE_WRITECOPY.</summary>
    ExecuteWriteCopy = 0x80,
    /// <summary>PAGE_GUARD: the next access clears the bit and raises an exception.</summary>
    Guard = 0x100,
    /// <summary>PAGE_NOCACHE: belongs to the allocation, not to the page.</summary>
    NoCache = 0x200,
    /// <summary>PAGE_WRITECOMBINE.</summary>
    WriteCombine = 0x400,
}
