using Paging.Native;

namespace Paging.Testing.World;

/// <summary>A few runs of pages. Usually empty, never long: a list that is searched from end to end.</summary>
internal sealed class PageSet
{
    private readonly List<PageRange> _ranges = [];

    public bool IsEmpty => _ranges.Count == 0;

    public IReadOnlyList<PageRange> Ranges => _ranges;

    public void Clear() => _ranges.Clear();

    public void Add(PageRange range)
    {
        Remove(range);
        if (!range.IsEmpty) _ranges.Add(range);
    }

    public void Remove(PageRange range)
    {
        for (int i = _ranges.Count - 1; i >= 0; i--)
        {
            PageRange known = _ranges[i];
            if (!known.Intersects(range)) continue;
            _ranges.RemoveAt(i);
            if (known.First < range.First) _ranges.Add(PageRange.Between(known.First, range.First));
            if (range.End < known.End) _ranges.Add(PageRange.Between(range.End, known.End));
        }
    }

    public bool Intersects(PageRange range)
    {
        foreach (PageRange known in _ranges)
            if (known.Intersects(range)) return true;
        return false;
    }

    public PageSet Copy()
    {
        PageSet copy = new();
        copy._ranges.AddRange(_ranges);
        return copy;
    }
}
