using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Grows a stack area down to an access below it.</summary>
/// <remarks><code>
///   ├ below ┤ ≥ 256 pages │ access ▼ ░░░░░░░░░░├ growing ┤     it grows over ░, down to the page accessed
/// </code>
/// Linux: mm/vma.c expand_downwards, acct_stack_growth. Programs can observe the order of the checks: the root comes before the limits.
/// </remarks>
internal sealed class StackGrowth(Commitment commitment)
{
    /// <summary>Grows the area above the page until it covers the page. Returns false if it may not grow.</summary>
    public bool TryGrow(Space space, AreaIndex index, PageNumber page)
    {
        ref Area area = ref space.Areas[index];
        if (!area.Has(AreaFlags.GrowsDown) || page < space.Bounds.Lowest) return false;    // expand_downwards: mmap_min_addr

        if (area.Previous.IsSome)
        {
            ref Area below = ref space.Areas[area.Previous];
            bool holdsGap = !below.Has(AreaFlags.GrowsDown) && (below.IsAccessible || below.Has(AreaFlags.Foreign));
            if (holdsGap && page - below.End < Area.GuardGap) return false;    // the gap lies below the page accessed
        }

        if (!space.Areas.TryKeep(index) || !space.Areas.Roots.TryPrepare(space.Areas.Tree, index)) return false;

        PageCount grow = area.First - page;
        if (grow.Value > area.PageOffset.Value || !MayGrow(space, area, grow, area.End - page)) return false;    // PageOffset may not wrap

        space.Statistics.Account(area.Flags, grow.Value);    // all of it, though only one page is touched
        space.Areas.Tree.SetFirst(index, page);
        space.Faults.StackGrown++;
        return true;
    }

    private bool MayGrow(Space space, in Area area, PageCount grow, PageCount size) =>
        MemoryLimits.MayExpand(space, area.Flags, grow.Value)
        && size.Bytes <= space.Limits.Stack
        && MemoryLimits.MayLock(space, area.Flags, grow.Value)
        && (!area.Has(AreaFlags.Accounted) || commitment.TryCharge(grow.Value));    // last: it charges. acct_stack_growth
}
