namespace Paging.Native.Tables;

/// <summary>The part of <see cref="EntryRanges"/> and <see cref="MoveEntries"/> for huge leaves: each is one step.</summary>
internal static class HugeRanges
{
    /// <summary>Takes every leaf of a range out.</summary>
    public static void Take<TSink>(PageTables tables, PageRange range, ref TSink sink)
        where TSink : struct, IEntrySink, allows ref struct
    {
        tables.Huge.SplitKept(range, areMoved: false);    // their small entries are taken one by one
        PageNumber from = range.First;
        while (TryNextWhole(tables, range, ref from, out PageRange pages, out _))
            sink.TakeHuge(pages, tables.Huge.Take(pages.First));
    }

    /// <summary>Replaces every leaf of a range by the result of a rule. Linux: change_huge_pmd (mm/huge_memory.c).</summary>
    public static void Rewrite<TRule>(PageTables tables, PageRange range, ref TRule rule, bool observes)
        where TRule : struct, IEntryRule, allows ref struct
    {
        if (!observes) tables.Huge.SplitKept(range, areMoved: false);
        PageNumber from = range.First;
        while (TryNextWhole(tables, range, ref from, out PageRange pages, out PageTableEntry entry))
        {
            PageTableEntry changed = rule.Rewrite(pages.First, entry);
            if (changed == entry) continue;
            if (changed.IsNeverTouched) tables.Huge.Take(pages.First);
            else if (observes) tables.Units.Observe(pages.First, changed);
            else Change(tables, pages.First, entry, changed);
        }
    }

    private static void Change(PageTables tables, PageNumber first, PageTableEntry old, PageTableEntry entry)
    {
        tables.Huge.Note(first, old);
        tables.Huge.Store(first, entry);
    }

    /// <summary>Moves every leaf of a range. Linux: move_huge_pmd (mm/huge_memory.c).</summary>
    /// <remarks>Precondition: the distance is a multiple of the size; the caller has split the leaves where it is not.</remarks>
    public static void Move(PageTables tables, PageRange range, PageNumber to)
    {
        PageNumber from = range.First;
        while (TryNextWhole(tables, range, ref from, out PageRange pages, out _))
        {
            PageNumber arrival = new(pages.First.Value + (to.Value - range.First.Value));
            if (tables.Huge.RangeOf(arrival).First != arrival) HugeLeaves.ThrowCut(new(arrival, pages.Count), pages.First);
            tables.Huge.Store(arrival, tables.Huge.Take(pages.First));
        }
    }

    // P7: a leaf lies in the range whole, or the range is not one that can be changed without splitting.
    private static bool TryNextWhole(
        PageTables tables, PageRange range, ref PageNumber from, out PageRange pages, out PageTableEntry entry)
    {
        pages = default;
        if (!tables.Huge.TryNext(from, range.End, out PageNumber first, out entry)) return false;
        pages = tables.Huge.RangeOf(first);
        if (first < range.First || pages.End > range.End) HugeLeaves.ThrowCut(range, first);
        from = pages.End;
        return true;
    }
}
