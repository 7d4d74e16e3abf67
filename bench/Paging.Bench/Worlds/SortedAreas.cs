namespace Paging.Bench.Worlds;

/// <summary>A C# programmer's usual choice instead of an area tree: a sorted set of areas, with views to look one up.</summary>
/// <remarks>
/// <see cref="SortedDictionary{TKey, TValue}"/> cannot answer "the area at or above", so it is the set. No gaps are searched: places come
/// from below.
/// </remarks>
internal sealed class SortedAreas
{
    private static readonly Area Highest = new(uint.MaxValue, uint.MaxValue, 0);

    private readonly SortedSet<Area> _areas = new(Comparer<Area>.Create(static (left, right) => left.Last.CompareTo(right.Last)));
    private uint _lowest = uint.MaxValue;

    public int Count => _areas.Count;

    /// <summary>Adds an area of pages, the last one included.</summary>
    public void Add(uint first, uint last, int rights)
    {
        _ = _areas.Add(new(first, last, rights));
        _lowest = Math.Min(_lowest, first);
    }

    /// <summary>Maps below everything else.</summary>
    public uint Map(uint pageCount, int rights)
    {
        uint first = _lowest - pageCount - 1;
        Add(first, first + pageCount - 1, rights);
        return first;
    }

    /// <summary>Takes an area away that lies wholly there.</summary>
    public void Unmap(uint first, uint pageCount)
    {
        if (!_areas.Remove(new(first, first + pageCount - 1, 0))) return;
        if (first == _lowest && _areas.Count > 0) _lowest = _areas.Min.First;
    }

    /// <summary>The first page of the lowest area that ends at or above a page.</summary>
    public uint FirstEndingAfter(uint page) => _areas.GetViewBetween(new(page, page, 0), Highest).Min.First;

    /// <summary>Gives a page in the middle of an area other rights: three areas where one was.</summary>
    public void Split(uint page, int rights)
    {
        Area whole = _areas.GetViewBetween(new(page, page, 0), Highest).Min;
        _ = _areas.Remove(whole);
        _ = _areas.Add(new(whole.First, page - 1, whole.Rights));
        _ = _areas.Add(new(page, page, rights));
        _ = _areas.Add(new(page + 1, whole.Last, whole.Rights));
    }

    /// <summary>Joins the three areas that a split has left.</summary>
    public void Join(uint page)
    {
        Area middle = _areas.GetViewBetween(new(page, page, 0), Highest).Min;
        Area below = _areas.GetViewBetween(new(page - 1, page - 1, 0), Highest).Min;
        Area above = _areas.GetViewBetween(new(page + 1, page + 1, 0), Highest).Min;
        _ = _areas.Remove(middle);
        _ = _areas.Remove(below);
        _ = _areas.Remove(above);
        _ = _areas.Add(new(below.First, above.Last, below.Rights));
    }

    private readonly record struct Area(uint First, uint Last, int Rights);
}
