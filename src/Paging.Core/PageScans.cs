using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Searches an address space for pages of given categories.</summary>
public static class PageScans
{
    /// <summary>Finds pages by category, and protects them from writing if requested. Linux: the ioctl PAGEMAP_SCAN.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="request">The pages. <see cref="PageScanRequest.ProtectsMatching"/> needs a <see cref="Userfaultfd"/>.</param>
    /// <param name="regions">Receives the pages that match; empty if they are only protected.</param>
    /// <param name="count">The number of regions.</param>
    /// <param name="pages">The number of pages in them.</param>
    /// <param name="end">The page at which the scan has stopped: the end of the range, or before it.</param>
    /// <returns>
    /// None, even if the scan has stopped early. EINVAL: unknown categories, or not in the user half.
    /// EPERM: <see cref="PageScanRequest.RequiresProtection"/>, and an area where pages cannot be protected. ENOMEM: no frame for a table.
    /// </returns>
    /// <remarks>Cost: O(pages of the range that have a page table). Allocates nothing.</remarks>
    public static Errno ScanPages(
        this AddressSpace memory, in PageScanRequest request, Span<PageRegion> regions, out int count, out PageCount pages,
        out PageNumber end)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        (count, pages, end) = (0, default, request.Range.First);
        bool isKnown = ((request.Mask | request.AnyOf | request.Inverted | request.Return) & ~PageCategories.All) == 0;
        if (!isKnown || !request.Range.IsInUserHalf) return Errno.EINVAL;
        Errno error = memory.Calls.Userfaults.Scan.Execute(memory.Space, request, regions, out count, out uint found, out end);
        pages = new(found);
        return memory.Guard.Leave(error == Errno.ENOSPC ? Errno.None : error);    // stopped early. Linux: do_pagemap_scan
    }
}
