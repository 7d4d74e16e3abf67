using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>
/// Which lines have a table of small pages, which a huge entry, and which regions of 1 GiB have a directory (docs/DIALECT-HUGE.md 6.6).
/// </summary>
/// <param name="pagesEach">Small pages to a line.</param>
/// <param name="reserved">The part that exists from the start, with tables of its own that are not counted.</param>
internal sealed class LineTables(uint pagesEach, PageRange reserved)
{
    private const uint RegionPages = 1 << 18;
    private readonly HashSet<uint> _tables = [];
    private readonly HashSet<uint> _regions = [];
    private readonly SortedDictionary<PageNumber, HugeEntry> _huge = [];

    public uint PagesEach { get; } = pagesEach;

    /// <summary>The huge entries, lowest first.</summary>
    public IEnumerable<(PageRange Range, HugeEntry Entry)> Entries =>
        _huge.Select(entry => (new PageRange(entry.Key, new PageCount(PagesEach)), entry.Value));

    /// <summary>Pages of page tables above those at the start; a transparent huge entry keeps one in reserve.</summary>
    public int TableCount => _tables.Count + _regions.Count
        + _huge.Values.Count(static entry => !entry.IsOfPool && !entry.IsOfObject);

    public PageNumber LineOf(PageNumber page) => new(page.Value / PagesEach * PagesEach);

    public PageRange LineAround(PageNumber page) => new(LineOf(page), new PageCount(PagesEach));

    public HugeEntry? At(PageNumber page) => _huge.Count == 0 ? null : _huge.GetValueOrDefault(LineOf(page));

    public bool HasTable(PageNumber page) => _tables.Contains(page.Value / PagesEach);

    public bool HasDirectory(PageNumber page) => IsOfStart(RegionAround(page)) || _regions.Contains(page.Value / RegionPages);

    public void AddDirectory(PageNumber page)
    {
        if (!IsOfStart(RegionAround(page))) _regions.Add(page.Value / RegionPages);
    }

    public void AddTable(PageNumber page)
    {
        AddDirectory(page);
        if (!IsOfStart(LineAround(page))) _tables.Add(page.Value / PagesEach);
    }

    public void RemoveTable(PageNumber page) => _tables.Remove(page.Value / PagesEach);

    public void Put(PageNumber line, HugeEntry entry)
    {
        AddDirectory(line);
        _huge.Add(line, entry);
    }

    public HugeEntry Take(PageNumber line)
    {
        _huge.Remove(line, out HugeEntry? entry);
        return entry!;
    }

    /// <summary>Frees the tables of an unmapped range that no longer cover any area. Linux: free_pgtables.</summary>
    public void FreeUnused(AreaList areas, PageRange unmapped)
    {
        _tables.RemoveWhere(line => IsUnused(new(new PageNumber(line * PagesEach), new PageCount(PagesEach))));
        _regions.RemoveWhere(region => IsUnused(new(new PageNumber(region * RegionPages), new PageCount(RegionPages))));
        bool IsUnused(PageRange range) => range.Intersects(unmapped) && areas.FirstIn(range) is null;
    }

    /// <summary>Whole lines take their tables along; parts of others need one at the target. Huge entries here are whole.</summary>
    public void Move(PageRange range, PageNumber target, bool isWhole, bool takesFirst)
    {
        foreach ((PageRange line, HugeEntry entry) in Entries.ToList())
        {
            if (!range.Contains(line.First)) continue;
            _huge.Remove(line.First);
            Put(target + (line.First - range.First), entry);
        }
        uint last = (range.End.Value - 1) / PagesEach;
        for (uint number = range.First.Value / PagesEach; number <= last; number++)
        {
            PageRange line = Range(number, PagesEach), part = line.Intersect(range);
            if (!_tables.Contains(number) && !IsOfStart(line)) continue;    // those of the start stay, and their pages need tables there
            if (isWhole && (part == line || (takesFirst && part.First == range.First))) _tables.Remove(number);
            AddTable(target + (part.First - range.First));
            AddTable(target + (part.End - range.First) - PageCount.One);
        }
    }

    public void CopyTo(LineTables child, PageRange range)
    {
        foreach (uint number in _tables)
            if (Range(number, PagesEach).Intersects(range)) child._tables.Add(number);
        foreach (uint number in _regions)
            if (Range(number, RegionPages).Intersects(range)) child._regions.Add(number);
    }

    private bool IsOfStart(PageRange range) => range.Intersects(reserved);

    private static PageRange RegionAround(PageNumber page) => Range(page.Value / RegionPages, RegionPages);

    private static PageRange Range(uint number, uint pagesEach) => new(new PageNumber(number * pagesEach), new PageCount(pagesEach));
}
