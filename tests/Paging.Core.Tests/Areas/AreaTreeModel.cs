using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An area tree and a sorted list of the same areas, operated on together and compared.</summary>
internal sealed class AreaTreeModel : IDisposable
{
    private readonly NativeSlab<Area> _slab = new();
    private readonly RadixForest _nodes = new();
    private readonly AreaTree _tree;
    private readonly SortedList<uint, (uint End, AreaIndex Index)> _list = [];
    private readonly uint _pageCount;

    /// <param name="pageCount">The pages in play.</param>
    /// <param name="trieFrom">From how many areas on there is a trie.</param>
    public AreaTreeModel(uint pageCount, int trieFrom)
    {
        _pageCount = pageCount;
        _tree = new(_slab, new(_slab, _nodes, trieFrom));
    }

    public int Count => _list.Count;

    /// <summary>Puts an area where there is room for it.</summary>
    public void Insert(uint first, uint count)
    {
        uint end = Math.Min(first + count, _pageCount);
        if (end == first || _list.Any(area => area.Key < end && first < area.Value.End)) return;
        Assert.True(_slab.TryAllocate(out uint record));
        _slab[record].First = new(first);
        _slab[record].Count = new(end - first);
        _tree.Insert(new(record));
        _list.Add(first, (end, new(record)));
    }

    public void Remove(int which)
    {
        if (_list.Count == 0) return;
        (_, AreaIndex index) = _list.GetValueAtIndex(which % _list.Count);
        _tree.Remove(index);
        _slab.Free(index.Value);
        _list.RemoveAt(which % _list.Count);
    }

    /// <summary>Moves the borders of an area as far as its neighbours let it.</summary>
    public void MoveBorders(int which, uint first, uint end)
    {
        if (_list.Count == 0) return;
        which %= _list.Count;
        uint low = which == 0 ? 0 : _list.GetValueAtIndex(which - 1).End;
        uint high = which == _list.Count - 1 ? _pageCount : _list.GetKeyAtIndex(which + 1);
        (_, AreaIndex index) = _list.GetValueAtIndex(which);
        first = Math.Clamp(first, low, high - 1);
        end = Math.Clamp(end, first + 1, high);
        if (end > _slab[index.Value].End.Value) _tree.SetEnd(index, new(end));    // first, as the new start may lie after the old end
        _tree.SetFirst(index, new(first));
        _tree.SetEnd(index, new(end));
        _list.RemoveAt(which);
        _list.Add(first, (end, index));
    }

    /// <summary>Compares the answers of the tree and of the list about a page.</summary>
    public void Look(uint page)
    {
        AreaIndex after = _list.FirstOrDefault(area => area.Value.End > page).Value.Index;
        bool covers = after.IsSome && _slab[after.Value].First.Value <= page;
        Assert.Equal(after, _tree.FirstEndingAfter(new(page)));
        Assert.Equal(after, _tree.Peek(new(page)));
        Assert.Equal(covers ? after : AreaIndex.None, _tree.Covering(new(page)));
        if (after.IsNone || covers) return;
        Assert.Equal(AreaIndex.None, _tree.FirstIn(PageRange.Between(new(page), _slab[after.Value].First)));
        Assert.Equal(after, _tree.FirstIn(PageRange.Between(new(page), _slab[after.Value].First + PageCount.One)));
    }

    /// <summary>List, tree, order, colours and gaps.</summary>
    public void Verify()
    {
        Assert.Equal(_list.Count, _tree.Count);
        Assert.Equal(_list.Count == 0 ? AreaIndex.None : _list.GetValueAtIndex(0).Index, _tree.First);
        Assert.Equal(_list.Count == 0 ? AreaIndex.None : _list.GetValueAtIndex(_list.Count - 1).Index, _tree.Last);
        AreaIndex listed = _tree.First;
        foreach ((_, AreaIndex index) in _list.Values)
        {
            Assert.Equal(index, listed);
            listed = _tree[listed].Next;
        }

        Assert.Equal(AreaIndex.None, listed);
        Assert.Equal(WidestGapBelow(_tree.Root), _tree.Root == 0 ? 0 : _slab[_tree.Root].WidestGap.Value);
        AuditReport report = new();
        RedBlackTree<AreaTree.Nodes>.Audit(_tree.Root, new(_slab), report);
        uint nodes = _nodes.Audit(in _tree.Trie.ByLastPage, report);
        report.AddIfDifferent("A11", "nodes", nodes, _nodes.NodeCount);
        if (_tree.Trie.IsMade)
            Assert.Equal(_list.Values.Select(static area => area.Index.Value),
            _list.Values.Select(area => _nodes.Find(in _tree.Trie.ByLastPage, area.End - 1)));
        if (!report.IsClean) Assert.Fail(report.ToString());
    }

    /// <summary>The highest or lowest gap of a length within bounds, page by page. False: none.</summary>
    public bool FindGap(bool highest, uint low, uint high, uint count, out uint first)
    {
        bool IsFree(uint page) => !_list.Any(area => area.Key <= page && page < area.Value.End);
        uint run = 0;
        first = 0;
        for (uint step = 0; step < high - low; step++)
        {
            uint page = highest ? high - 1 - step : low + step;
            run = IsFree(page) ? run + 1 : 0;
            if (run != count) continue;
            first = highest ? page : page - count + 1;
            return true;
        }

        return false;
    }

    public GapSearch Search(uint low, uint high, uint count) => new(_slab, _tree, PageRange.Between(new(low), new(high)), new(count));

    public void Dispose()
    {
        _nodes.Dispose();
        _slab.Dispose();
    }

    private uint WidestGapBelow(uint node)
    {
        if (node == 0) return 0;
        ref Area area = ref _slab[node];
        uint widest = area.First.Value - (area.Previous.IsSome ? _tree[area.Previous].End.Value : 0);
        widest = Math.Max(widest, Math.Max(WidestGapBelow(area.Links.Left), WidestGapBelow(area.Links.Right)));
        Assert.Equal(widest, area.WidestGap.Value);
        return widest;
    }
}
