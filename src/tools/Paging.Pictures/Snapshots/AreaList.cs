using System.Collections;
using Paging.Core;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>The areas of a space by address; the present pages of one are counted when it is requested.</summary>
internal sealed class AreaList : IReadOnlyList<AreaView>
{
    private readonly IReadOnlyList<AreaSnapshot> _areas;
    private readonly Dictionary<int, TableView> _tables;
    private readonly AreaNaming _naming;
    private readonly AreaView?[] _views;
    private readonly uint _pagesOfTable;

    public AreaList(IReadOnlyList<AreaSnapshot> areas, IEnumerable<TableView> tables, AreaNaming naming, TableFormat format)
    {
        (_areas, _naming, _views, _pagesOfTable) = (areas, naming, new AreaView?[areas.Count], TableView.PageCountOf(format));
        _tables = tables.Where(static table => table.EntryCount != 0 || (table.IsHugePage && !table.IsKernel))
            .ToDictionary(static table => table.DirectoryIndex);
    }

    public int Count => _areas.Count;

    public AreaView this[int index] => _views[index] ??= Look(index);

    /// <summary>The terms of the area, without a count.</summary>
    public IReadOnlyList<AreaSnapshot> Agreed => _areas;

    /// <summary>The index of the area that begins at a page; negative if there is none.</summary>
    public int IndexOf(PageNumber first)
    {
        int low = 0, high = _areas.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            PageNumber found = _areas[middle].Range.First;
            if (found == first) return middle;
            if (found < first) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }

    public IEnumerator<AreaView> GetEnumerator()
    {
        for (int i = 0; i < _areas.Count; i++) yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private AreaView Look(int index)
    {
        PageRange range = _areas[index].Range;
        uint present = 0, own = 0, swapped = 0;
        for (int table = (int)(range.First.Value / _pagesOfTable); table <= (int)((range.End.Value - 1) / _pagesOfTable); table++)
        {
            if (!_tables.TryGetValue(table, out TableView? view)) continue;
            foreach (EntryView entry in view.EntriesBetween(range.First.Value, range.End.Value))
            {
                if (entry.Entry.IsPresent) present++;
                else if (entry.Slot is not null) swapped++;
                if (entry.Entry.IsPresent && entry.IsOwn) own++;
            }
        }

        return new(_areas[index], _naming.LabelOf(_areas, index), present, own, swapped);
    }
}
