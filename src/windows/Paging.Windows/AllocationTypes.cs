namespace Paging.Windows;

/// <summary>Flags of allocations and releases: MEM_* of winnt.h. Some values have two meanings, by the call.</summary>
[Flags]
public enum AllocationTypes : uint
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>MEM_COALESCE_PLACEHOLDERS: joins adjacent placeholders.</summary>
    CoalescePlaceholders = 1,
    /// <summary>MEM_PRESERVE_PLACEHOLDER: leaves a placeholder where memory is released, or splits one.</summary>
    PreservePlaceholder = 2,
    /// <summary>MEM_COMMIT: pages can be used, and are charged.</summary>
    Commit = 0x1000,
    /// <summary>MEM_RESERVE: addresses are taken, and nothing is charged.</summary>
    Reserve = 0x2000,
    /// <summary>MEM_DECOMMIT: pages are reserved again, and their contents gone.</summary>
    Decommit = 0x4000,
    /// <summary>MEM_REPLACE_PLACEHOLDER.</summary>
    ReplacePlaceholder = 0x4000,
    /// <summary>MEM_RELEASE: addresses are free again.</summary>
    Release = 0x8000,
    /// <summary>MEM_FREE: a state that queries show.</summary>
    Free = 0x10000,
    /// <summary>MEM_RESERVE_PLACEHOLDER.</summary>
    ReservePlaceholder = 0x40000,
    /// <summary>MEM_RESET: the contents are not needed any more. Linux: MADV_FREE.</summary>
    Reset = 0x80000,
    /// <summary>MEM_TOP_DOWN: the highest place instead of the lowest.</summary>
    TopDown = 0x100000,
    /// <summary>MEM_WRITE_WATCH: written pages are noted.</summary>
    WriteWatch = 0x200000,
    /// <summary>AT_ROUND_TO_PAGE: a view may begin at any page.</summary>
    RoundToPage = 0x40000000,
}
