using Paging.Core;
using Paging.Native;
using Paging.Windows.Entries;

namespace Paging.Windows.Spaces;

/// <summary>The services that a space needs from the parts above it. The composition implements them.</summary>
internal interface ISpaceWork
{
    /// <summary>Takes away the entries of a range that show pages of files.</summary>
    void DropCached(WindowsSpace space, PageRange range);

    /// <summary>The protection of a page that is committed.</summary>
    /// <returns>False if it is free or only reserved.</returns>
    bool TryProtectionOf(WindowsSpace space, PageNumber page, out ProtectionCode protection);

    /// <summary>Describes the allocations as areas.</summary>
    IEnumerable<AreaSnapshot> Describe(WindowsSpace space);

    /// <summary>Frees the allocations and handles of a process that ends, and drops its space from the list.</summary>
    void End(WindowsSpace space);

    /// <summary>Checks the invariants of the space. Returns the number of checks.</summary>
    long Audit(WindowsSpace space, AuditReport report);
}
