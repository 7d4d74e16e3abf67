using Paging.Native;
using Paging.ReferenceModel.State;

namespace Paging.ReferenceModel.Rules;

/// <summary>An area with MAP_GROWSDOWN grows to an access below it (DIALECT section 5). Linux: expand_downwards (mm/vma.c).</summary>
internal static class Growth
{
    /// <summary>
    /// Grows the next area above a page that lies in none, if it may; rights do not matter yet. None: nothing covers the page.
    /// The area has a history afterwards even when a limit refuses.
    /// </summary>
    public static Area? GrowTo(ModelProcess process, PageNumber page)
    {
        if (process.Areas.FirstEndingAfter(page) is not { GrowsDown: true } area) return null;
        if (page < process.Lowest) return null;
        if (process.Areas.Before(area) is { GrowsDown: false, IsReadable: true } below && page - below.End < Placement.GuardGap)
            return null;

        Histories.Prepare(process.Areas, area);
        PageCount grown = area.First - page;
        if (grown.Value > area.Offset) return null;    // less room below its position than below its place, after mremap
        if (!Allowance.MayGrow(process, area.Flags, grown.Value)) return null;
        if ((area.End - page).Bytes > process.Limits.Stack) return null;
        if (!Allowance.MayLock(process, area.Flags, grown.Value)) return null;
        if (area.Has(AreaFlags.Accounted) && !process.CommitLimit.Allow(grown.Value)) return null;
        area.BeginAt(page);
        return area;
    }
}
