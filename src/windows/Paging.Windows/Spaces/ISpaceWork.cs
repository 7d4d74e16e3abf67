using Paging.Native;

namespace Paging.Windows.Spaces;

/// <summary>The services that a space needs from the parts above it. The composition implements them.</summary>
internal interface ISpaceWork
{
    /// <summary>Takes away the entries of a range that show pages of files.</summary>
    void DropCached(WindowsSpace space, PageRange range);

    /// <summary>Frees the allocations and handles of a process that ends, and drops its space from the list.</summary>
    void End(WindowsSpace space);

    /// <summary>Checks the invariants of the space. Returns the number of checks.</summary>
    long Audit(WindowsSpace space, AuditReport report);
}
