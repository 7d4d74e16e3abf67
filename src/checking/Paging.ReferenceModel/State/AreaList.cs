using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>The areas of a process in order of address; they do not overlap. The reserved area is not among them.</summary>
internal sealed class AreaList
{
    private readonly List<Area> _areas = [];

    public IReadOnlyList<Area> All => _areas;

    /// <summary>The area that holds the page, or the next one above it. Linux: find_vma.</summary>
    public Area? FirstEndingAfter(PageNumber page) => AtOrNone(IndexOfFirstEndingAfter(page));

    /// <summary>The area that holds the page. Linux: vma_lookup.</summary>
    public Area? Covering(PageNumber page) => FirstEndingAfter(page) is { } area && area.First <= page ? area : null;

    /// <summary>The lowest area with a page in the range.</summary>
    public Area? FirstIn(PageRange range) =>
        !range.IsEmpty && FirstEndingAfter(range.First) is { } area && area.First < range.End ? area : null;

    public Area? Before(Area area) => AtOrNone(IndexOfFirstEndingAfter(area.First) - 1);

    public Area? After(Area area) => AtOrNone(IndexOfFirstEndingAfter(area.First) + 1);

    /// <summary>The highest area that ends at or below the page.</summary>
    public Area? LastEndingBy(PageNumber page) => AtOrNone(IndexOfFirstEndingAfter(page) - 1);

    /// <summary>The areas with a page in the range, lowest first; a copy, so that the list may change meanwhile.</summary>
    public List<Area> In(PageRange range)
    {
        List<Area> found = [];
        if (range.IsEmpty) return found;
        for (int i = IndexOfFirstEndingAfter(range.First); i < _areas.Count && _areas[i].First < range.End; i++) found.Add(_areas[i]);
        return found;
    }

    public void Insert(Area area) => _areas.Insert(IndexOfFirstEndingAfter(area.First), area);

    public void Remove(Area area) => _areas.Remove(area);

    /// <summary>Makes a boundary at the page: an area that has it inside becomes two, each with the history. Linux: __split_vma.</summary>
    public void SplitAt(PageNumber page)
    {
        if (Covering(page) is not { } area || area.First == page) return;
        Area upper = area.Like(PageRange.Between(page, area.End), area.OffsetAt(page));
        area.FinishAt(page);
        Insert(upper);
    }

    private Area? AtOrNone(int index) => index >= 0 && index < _areas.Count ? _areas[index] : null;

    private int IndexOfFirstEndingAfter(PageNumber page)
    {
        int low = 0, high = _areas.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_areas[middle].End > page) high = middle;
            else low = middle + 1;
        }
        return low;
    }
}
