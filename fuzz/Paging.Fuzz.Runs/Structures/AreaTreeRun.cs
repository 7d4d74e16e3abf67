using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Testing.Randomness;

namespace Paging.Fuzz;

/// <summary>The tree of areas and its gap search beside a sorted list that is searched from end to end.</summary>
internal sealed class AreaTreeRun : IStructureRun
{
    public static readonly string[] Operations =
        ["insert", "insert", "insert", "remove", "move start", "move end", "ending after", "covering", "first in", "ending by",
            "highest gap", "lowest gap", "clear"];

    public static readonly string[] Outcomes = ["done", "none"];

    private const int Done = 0, None = 1;

    private readonly NativeSlab<Area> _slab = new();
    private readonly RadixForest _nodes = new();
    private readonly AreaTree _tree;
    private readonly List<ModelArea> _model = [];    // in order
    private readonly uint _span;    // pages in play
    private readonly uint _countMax;

    public AreaTreeRun(FuzzRandom random)
    {
        _tree = new(_slab, new(_slab, _nodes, random.OneOf([int.MaxValue, 1, 20])));
        _span = random.OneOf([64u, 512u, 4096u, 0xC0000u]);
        _countMax = Math.Max(2, _span / random.OneOf([8u, 64u, 256u]));
    }

    public int Execute(in RawOperation operation, out string? failure)
    {
        failure = null;
        uint page = operation.A % _span;
        uint count = 1 + (operation.B % _countMax);
        switch (operation.Kind)
        {
            case < 3: return Insert(page, count);
            case 3: return Remove(operation.A);
            case 4 or 5: return MoveBorder(operation);
            case 6: return Compare(_tree.FirstEndingAfter(new(page)), FirstEndingAfter(page), out failure);
            case 7:
                return Compare(_tree.Covering(new(page)), FirstEndingAfter(page) is { } area && area.First <= page
                ? area : null, out failure);
            case 8:
                count = operation.B % _countMax;    // an empty range, too
                return Compare(_tree.FirstIn(new(new(page), new(count))),
                    _model.Find(area => area.End > page && area.First < page + count && count != 0), out failure);
            case 9 or 10 or 11: return SearchGap(operation, out failure);
            default: return Clear(operation.B);
        }
    }

    public string? Verify()
    {
        AuditReport report = new();
        RedBlackAudit<AreaTree.Nodes>.Run(_tree.Root, new(_slab), report);
        report.AddIfDifferent("model", "areas", _model.Count, _tree.Count);
        report.AddIfDifferent("A11", "nodes", _nodes.Audit(in _tree.Trie.ByLastPage, report), _nodes.NodeCount);
        if (_tree.Trie.IsMade) report.AddIfDifferent("A11", "areas in the trie", _model.Count, _tree.Trie.ByLastPage.Count);
        AreaIndex listed = _tree.First;
        AreaIndex previous = AreaIndex.None;
        foreach (ModelArea area in _model)
        {
            if (listed != area.Index) return $"{report}the list has {listed.Value} where {area.Index.Value} belongs";
            ref Area real = ref _tree[listed];
            if (_tree.Trie.IsMade)
                report.AddIfDifferent("A11", $"the area that ends with page {area.End - 1:x}", area.Index.Value,
                _nodes.Find(in _tree.Trie.ByLastPage, area.End - 1));
            if (real.First.Value != area.First || real.End.Value != area.End || real.Previous != previous)
                report.Add("model", $"area {listed.Value} is {real.Range}, expected {area.First:x}-{area.End:x}");
            previous = listed;
            listed = real.Next;
        }

        if (listed.IsSome || _tree.Last != previous)
            report.Add("model", $"the list goes on with {listed.Value}, its last is {_tree.Last.Value}, not {previous.Value}");
        return report.IsClean ? null : report.ToString();
    }

    public void Dispose()
    {
        _nodes.Dispose();
        _slab.Dispose();
    }

    private int Insert(uint first, uint count)
    {
        bool isFree = first + count <= 0xC0000 && !_model.Exists(area => area.End > first && area.First < first + count);
        if (!isFree) return None;
        _slab.TryAllocate(out uint record);
        ref Area fresh = ref _slab[record];
        fresh.First = new(first);
        fresh.Count = new(count);
        _tree.Insert(new(record));
        int at = _model.FindIndex(area => area.First > first);
        _model.Insert(at < 0 ? _model.Count : at, new(first, first + count, new(record)));
        return Done;
    }

    private int Remove(uint which)
    {
        if (_model.Count == 0) return None;
        int at = (int)(which % (uint)_model.Count);
        _tree.Remove(_model[at].Index);
        _slab.Free(_model[at].Index.Value);
        _model.RemoveAt(at);
        return Done;
    }

    private int MoveBorder(in RawOperation operation)
    {
        if (_model.Count == 0) return None;
        int at = (int)(operation.A % (uint)_model.Count);
        ModelArea area = _model[at];
        uint low = at == 0 ? 0 : _model[at - 1].End;
        uint high = at == _model.Count - 1 ? Math.Max(area.End, Math.Min(0xC0000, _span + _countMax)) : _model[at + 1].First;
        if (operation.Kind == 4)
        {
            _model[at] = area with { First = low + (operation.B % (area.End - low)) };
            _tree.SetFirst(area.Index, new(_model[at].First));
        }
        else
        {
            _model[at] = area with { End = area.First + 1 + (operation.B % (high - area.First)) };
            _tree.SetEnd(area.Index, new(_model[at].End));
        }

        return Done;
    }

    private int SearchGap(in RawOperation operation, out string? failure)
    {
        uint low = operation.A % _span;
        uint high = Math.Min(PageCount.AddressSpace.Value, low + (operation.B % 4 == 0 ? 0x100000 : operation.B % _span));
        uint count = 1 + (operation.C % (_countMax * 2));
        bool isHighest = operation.Kind == 10;
        GapSearch search = new(_slab, _tree, PageRange.Between(new(low), new(high)), new(count));
        bool found = isHighest ? search.TryHighest() : search.TryLowest();
        PageRange? expected = FindGap(low, high, count, isHighest, out AreaIndex above);
        bool agrees = found == expected.HasValue && (!found || (search.Found == expected!.Value && search.Above == above));
        failure = agrees ? null : $"{count:x} pages in {low:x}-{high:x}: found {(found ? search.Found.ToString() : "none")}, expected " +
            $"{expected?.ToString() ?? "none"}";
        return found ? Done : None;
    }

    private PageRange? FindGap(uint low, uint high, uint count, bool isHighest, out AreaIndex above)
    {
        PageRange? best = null;
        above = AreaIndex.None;
        uint start = 0;
        for (int i = 0; i <= _model.Count; i++)
        {
            uint end = i < _model.Count ? _model[i].First : PageCount.AddressSpace.Value;
            uint from = Math.Max(start, low), to = Math.Min(end, high);
            bool fits = to >= from && to - from >= count;
            if (fits && (best is null || isHighest))
            {
                best = PageRange.Between(new(from), new(to));
                above = i < _model.Count ? _model[i].Index : AreaIndex.None;
            }

            if (i < _model.Count) start = _model[i].End;
        }

        return best;
    }

    private int Clear(uint chance)
    {
        if (chance % 64 != 0) return None;
        foreach (ModelArea area in _model) _slab.Free(area.Index.Value);
        _model.Clear();
        _tree.Clear();
        return Done;
    }

    private ModelArea? FirstEndingAfter(uint page) => _model.Find(area => area.End > page);

    private static int Compare(AreaIndex found, ModelArea? expected, out string? failure)
    {
        AreaIndex wanted = expected?.Index ?? AreaIndex.None;
        failure = found == wanted ? null : $"gave {found.Value}, expected {wanted.Value} ({expected})";
        return found.IsSome ? Done : None;
    }

    private sealed record ModelArea(uint First, uint End, AreaIndex Index);
}
