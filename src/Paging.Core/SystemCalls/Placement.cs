using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Chooses the place of a mapping: a fixed address, a free hint, or the gap that a search finds.</summary>
/// <remarks>
/// Linux: mm/mmap.c __get_unmapped_area, arch/x86/kernel/sys_x86_64.c arch_get_unmapped_area_topdown,
/// mm/vma.c unmapped_area_topdown, unmapped_area.
/// </remarks>
internal static class Placement
{
    /// <summary>Checks a fixed address.</summary>
    /// <param name="bounds">The pages that the process may map.</param>
    /// <param name="address">The address.</param>
    /// <param name="count">The number of pages.</param>
    /// <param name="alignment">In pages. Checked before the range, as in hugetlb_get_unmapped_area.</param>
    /// <returns>ENOMEM: ends above the highest page. EINVAL: not aligned. EPERM: below the lowest page.</returns>
    public static Errno CheckFixed(in SpaceBounds bounds, VirtualAddress address, PageCount count, uint alignment = 1)
    {
        if (alignment > 1 && count <= bounds.Count && (address.Value & ((alignment << VirtualAddress.PageShift) - 1)) != 0)
            return Errno.EINVAL;
        // A difference, because the sum could wrap.
        if (count > bounds.Count || address.Value > bounds.Count.Bytes - count.Bytes) return Errno.ENOMEM;
        if (!address.IsPageAligned) return Errno.EINVAL;    // after the end, as in __get_unmapped_area
        return address.Page < bounds.LowestFixed ? Errno.EPERM : Errno.None;
    }

    /// <summary>Chooses a free range. A hint of 0 means no hint.</summary>
    /// <returns>ENOMEM: there is no gap.</returns>
    /// <remarks>
    /// The gap must be longer by alignment - 1 pages, even where it is aligned. Linux: unmapped_area_topdown, unmapped_area.
    /// </remarks>
    public static Errno Choose(Space space, PageNumber hint, PageCount count, out PageNumber first, uint alignment = 1)
    {
        first = default;
        if (count > space.Bounds.Count) return Errno.ENOMEM;
        if (hint.Value != 0 && HintIsFree(space, hint, count))
        {
            first = hint;
            return Errno.None;
        }

        PageNumber limit = space.Layout.MmapBase;
        if (!space.Layout.IsTopDown) return TryUpwards(space, limit, count, alignment, out first) ? Errno.None : Errno.ENOMEM;
        if (TryDownwards(space, ref limit, count, alignment, out first)) return Errno.None;

        // A growing area's guard gap reaches down to 0. Linux computes the next limit as "below 0", which wraps to the top. It finds
        // a gap beyond the user half and fails, instead of searching upwards.
        if (limit.Value == 0) return Errno.ENOMEM;
        return TryUpwards(space, MemoryLayout.LegacyBase, count, alignment, out first) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Rounds a hint down to a page. Page 0 means no hint; other pages below the lowest page become the lowest page.</summary>
    /// <remarks>Linux: round_hint_to_min.</remarks>
    public static PageNumber RoundHint(in SpaceBounds bounds, VirtualAddress address)
    {
        PageNumber page = address.Page;
        return page.Value != 0 && page < bounds.Lowest ? bounds.Lowest : page;
    }

    private static bool HintIsFree(Space space, PageNumber hint, PageCount count)
    {
        PageNumber end = hint + count;
        if (end > space.Bounds.End) return false;
        AreaIndex above = space.Areas.Tree.FirstEndingAfter(hint);
        return above.IsNone || end <= space.Areas[above].FirstWithGuard;
    }

    private static bool TryDownwards(Space space, ref PageNumber limit, PageCount count, uint alignment, out PageNumber first)
    {
        first = default;
        PageCount searched = new(count.Value + alignment - 1);
        PageNumber lowest = space.Bounds.Lowest;
        while (limit > lowest)
        {
            GapSearch search = new(space.Areas.Slab, space.Areas.Tree, PageRange.Between(lowest, limit), searched);
            if (!search.TryHighest()) return false;
            PageNumber end = search.Found.End;
            if (search.Above.IsNone || space.Areas[search.Above].FirstWithGuard >= end)
            {
                first = new((end - count).Value & ~(alignment - 1));    // down: the gap has alignment - 1 pages to spare
                return true;
            }

            limit = space.Areas[search.Above].FirstWithGuard;    // too near to a growing area: search below its guard gap
        }

        return false;
    }

    private static bool TryUpwards(Space space, PageNumber from, PageCount count, uint alignment, out PageNumber first)
    {
        first = default;
        PageCount searched = new(count.Value + alignment - 1);
        PageNumber low = from > space.Bounds.Lowest ? from : space.Bounds.Lowest, highest = space.Bounds.End;
        while (low < highest)
        {
            GapSearch search = new(space.Areas.Slab, space.Areas.Tree, PageRange.Between(low, highest), searched);
            if (!search.TryLowest()) return false;
            first = new((search.Found.First.Value + alignment - 1) & ~(alignment - 1));
            if (search.Above.IsNone || !space.Areas[search.Above].Has(AreaFlags.GrowsDown)) return true;
            if (space.Areas[search.Above].FirstWithGuard >= first + searched) return true;    // Linux adds the alignment twice
            low = space.Areas[search.Above].End;
        }

        return false;
    }
}
