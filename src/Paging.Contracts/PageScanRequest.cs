using Paging.Native;

namespace Paging.Core;

/// <summary>The categories of a page in a <see cref="PageScanRequest"/>. Values as PAGE_IS_* (include/uapi/linux/fs.h).</summary>
[Flags]
public enum PageCategories
{
    /// <summary>None of the others.</summary>
    None = 0,
    /// <summary>Its area is registered with a userfaultfd that protects silently, so the scan can protect it.</summary>
    WriteProtectable = 1 << 0,
    /// <summary>Written since it was protected; every page that is not protected.</summary>
    Written = 1 << 1,
    /// <summary>A page of a file or of shared memory.</summary>
    File = 1 << 2,
    /// <summary>In RAM.</summary>
    Present = 1 << 3,
    /// <summary>On a swap device, or marked in a way that Linux keeps in swap entries.</summary>
    Swapped = 1 << 4,
    /// <summary>The page of zeros.</summary>
    Zero = 1 << 5,
    /// <summary>Part of a huge page.</summary>
    Huge = 1 << 6,
    /// <summary>Written or newly mapped since clear_refs last cleared the mark.</summary>
    SoftDirty = 1 << 7,
    /// <summary>A guard of madvise(MADV_GUARD_INSTALL).</summary>
    Guard = 1 << 8,
    /// <summary>All of them.</summary>
    All = (1 << 9) - 1,
}

/// <summary>The pages that a scan selects. Linux: struct pm_scan_arg.</summary>
/// <param name="Range">The range to scan.</param>
/// <param name="Mask">A page matches if it has all of these categories, and one of <paramref name="AnyOf"/>.</param>
/// <param name="AnyOf">A page matches if it has one of these, too. None means that any page does.</param>
/// <param name="Inverted">Categories that count as set on a page that does not have them, and as clear on one that does.</param>
/// <param name="Return">The categories that are reported.</param>
/// <param name="PageCountMax">The most pages to find; 0 for no limit.</param>
public readonly record struct PageScanRequest(
    PageRange Range, PageCategories Mask, PageCategories AnyOf, PageCategories Inverted, PageCategories Return, uint PageCountMax = 0)
{
    /// <summary>Protects the pages that match. Areas in which that is not possible are skipped. PM_SCAN_WP_MATCHING.</summary>
    public bool ProtectsMatching { get; init; }

    /// <summary>Ends with EPERM at an area in which pages cannot be protected. PM_SCAN_CHECK_WPASYNC.</summary>
    public bool RequiresProtection { get; init; }
}

/// <summary>Adjacent pages with the same categories. Linux: struct page_region.</summary>
/// <param name="Range">The pages.</param>
/// <param name="Categories">The categories of each page.</param>
public readonly record struct PageRegion(PageRange Range, PageCategories Categories);
