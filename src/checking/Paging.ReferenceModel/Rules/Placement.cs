using Paging.Native;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Rules;

/// <summary>
/// The kernel's choice of a place for a mapping without a fixed one (DIALECT section 5).
/// Linux: arch_get_unmapped_area_topdown, unmapped_area.
/// </summary>
internal static class Placement
{
    /// <summary>The gap below a growing area: 1 MiB. Linux: stack_guard_gap.</summary>
    public static readonly PageCount GuardGap = new(256);

    private static readonly PageNumber BottomUpBase = new(0x40000);    // where the upward search of the flexible layout begins

    /// <summary>A hint as mmap takes it: rounded down to a page, then up to 0x10000 unless it is 0. Linux: round_hint_to_min.</summary>
    public static PageNumber RoundHint(ModelProcess process, VirtualAddress hint) =>
        hint.Page.Value != 0 && hint.Page < process.Lowest ? process.Lowest : hint.Page;

    /// <summary>A place for that many pages, or none.</summary>
    /// <param name="process">The process.</param>
    /// <param name="hint">The wanted place; page 0 means no hint.</param>
    /// <param name="count">The number of pages.</param>
    /// <param name="alignment">The alignment of the place, and of its hint, in pages: more than one for memory of the pool.</param>
    public static PageNumber? Find(ModelProcess process, PageNumber hint, PageCount count, uint alignment = 1)
    {
        if (count > process.UserPages.Count) return null;
        if (hint.Value != 0 && TakesHint(process, new PageRange(hint, count))) return hint;
        PageNumber start = process.Header.MmapBase.Page;
        if (process.Header.Layout == LayoutKind.Classic) return FindLowest(process, start, count, alignment);
        PageNumber? found = FindHighest(process, ref start, count, alignment);
        // below 0 is above everything: the kernel finds room that is not the user's, and that is the end
        bool hasWrapped = start.Value == 0;
        return found is not null || hasWrapped ? found : FindLowest(process, BottomUpBase, count, alignment);
    }

    /// <summary>The start of a growing area less its gap; never below 0. Linux: vm_start_gap.</summary>
    public static PageNumber StartWithGap(Area area) =>
        !area.GrowsDown ? area.First : area.First.Value < GuardGap.Value ? new PageNumber(0) : area.First - GuardGap;

    private static bool TakesHint(ModelProcess process, PageRange range)
    {
        if (!process.IsFree(range)) return false;
        return process.Areas.FirstEndingAfter(range.First) is not { } above || range.End <= StartWithGap(above);
    }

    /// <summary>A range must have room for the most that aligning can lose, whether it does or not. Linux: unmapped_area_topdown.</summary>
    private static PageNumber? FindHighest(ModelProcess process, ref PageNumber limit, PageCount count, uint alignment)
    {
        PageCount searched = new(count.Value + alignment - 1);
        List<Gap> gaps = GapsOf(process);
        for (int i = gaps.Count - 1; i >= 0; i--)
        {
            Gap gap = gaps[i].ClippedTo(process.Lowest, limit);
            if (!gap.Holds(searched)) continue;
            if (gap.Above is { } above && StartWithGap(above) < gap.End)
            {
                limit = StartWithGap(above);    // and everything above that line is passed over, other gaps included
                i = gaps.Count;
                continue;
            }
            PageNumber place = gap.End - count;
            return place - new PageCount(place.Value % alignment);
        }
        return null;
    }

    private static PageNumber? FindLowest(ModelProcess process, PageNumber start, PageCount count, uint alignment)
    {
        PageCount searched = new(count.Value + alignment - 1);
        foreach (Gap whole in GapsOf(process))
        {
            Gap gap = whole.ClippedTo(start, process.Header.TaskSize.Page);
            if (!gap.Holds(searched)) continue;
            PageNumber place = gap.First + new PageCount((alignment - (gap.First.Value % alignment)) % alignment);
            if (gap.Above is not { GrowsDown: true } above || place + searched <= StartWithGap(above)) return place;
        }
        return null;
    }

    /// <summary>The free ranges of the user half, lowest first.</summary>
    private static List<Gap> GapsOf(ModelProcess process)
    {
        List<Gap> gaps = [];
        PageNumber free = new(0);
        foreach (Area area in process.Areas.All)
        {
            if (free < area.First) gaps.Add(new(free, area.First, area));
            free = area.End;
        }
        if (free < process.Reserved.First) gaps.Add(new(free, process.Reserved.First, null));
        return gaps;
    }

    /// <summary>A free range and the area at its end; none at the reserved one, which does not grow.</summary>
    private readonly record struct Gap(PageNumber First, PageNumber End, Area? Above)
    {
        public Gap ClippedTo(PageNumber low, PageNumber high) =>
            this with { First = First < low ? low : First, End = End > high ? high : End };

        public bool Holds(PageCount count) => First < End && End - First >= count;
    }
}
