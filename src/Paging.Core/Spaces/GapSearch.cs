using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Spaces;

/// <summary>Finds a free range between areas: the highest or the lowest gap, within bounds, that is long enough.</summary>
/// <remarks>
/// A subtree whose widest gap is too short is never entered, so a search costs O(log n), unless the bounds cut off gaps. A search right
/// below the region that the last downward search found crowded (<see cref="CrowdedRegion"/>) costs O(1).
/// Linux: vma_iter_area_highest and vma_iter_area_lowest, by the method of 3.8's unmapped_area_topdown over rb_subtree_gap.
/// </remarks>
internal ref struct GapSearch
{
    private readonly NativeSlab<Area> _slab;
    private readonly AreaTree _tree;
    private readonly uint _low, _count;
    private uint _high;

    /// <summary>Prepares a search for <paramref name="count"/> pages within <paramref name="bounds"/>.</summary>
    public GapSearch(NativeSlab<Area> slab, AreaTree tree, PageRange bounds, PageCount count)
    {
        _slab = slab;
        _tree = tree;
        _low = bounds.First.Value;
        _high = bounds.End.Value;
        _count = count.Value;
    }

    /// <summary>The part of the found gap that lies within the bounds.</summary>
    public PageRange Found { get; private set; }

    /// <summary>The area directly above the found gap, or none.</summary>
    public AreaIndex Above { get; private set; }

    /// <summary>Finds the highest gap that is long enough.</summary>
    public bool TryHighest()
    {
        CrowdedRegion crowded = _tree.Crowded;
        if (!crowded.Answers(_high, _count)) return TryHighestFrom(_high);
        uint high = _high;
        _high = crowded.First.Value;
        return FitsBefore(crowded.At.Value) || TryHighestFrom(high);    // usually the gap right below the region is the place
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryHighestFrom(uint high)
    {
        uint lastEnd = _tree.Last.IsSome ? _tree[_tree.Last].End.Value : 0;
        if (Fits(lastEnd, PageCount.AddressSpace.Value, AreaIndex.None)) return true;    // above the last area, which no WidestGap covers
        if (!Highest(_tree.Root)) return false;
        _tree.Crowded = new(Above, _tree[Above].First, new(high), new(_count));    // A10: every gap above it is shorter
        return true;
    }

    /// <summary>Finds the lowest gap that is long enough.</summary>
    public bool TryLowest()
    {
        if (Lowest(_tree.Root)) return true;
        uint lastEnd = _tree.Last.IsSome ? _tree[_tree.Last].End.Value : 0;
        return Fits(lastEnd, PageCount.AddressSpace.Value, AreaIndex.None);
    }

    private bool Highest(uint node)
    {
        while (node != 0)
        {
            ref Area area = ref _slab[node];
            if (area.WidestGap.Value < _count) return false;
            if (area.End.Value + _count <= _high && MayHold(area.Links.Right) && Highest(area.Links.Right)) return true;
            if (FitsBefore(node)) return true;
            if (area.First.Value <= _low) return false;    // gaps further left lie below the bounds
            node = area.Links.Left;
        }

        return false;
    }

    private bool Lowest(uint node)
    {
        while (node != 0)
        {
            ref Area area = ref _slab[node];
            if (area.WidestGap.Value < _count) return false;
            if (area.First.Value > _low && MayHold(area.Links.Left) && Lowest(area.Links.Left)) return true;
            if (FitsBefore(node)) return true;
            if (area.End.Value + _count > _high) return false;
            node = area.Links.Right;
        }

        return false;
    }

    /// <summary>Checks a subtree before it is entered. Most are not, and a check is cheaper than a call.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly bool MayHold(uint node) => node != 0 && _slab[node].WidestGap.Value >= _count;

    private bool FitsBefore(uint node)
    {
        PageRange gap = _tree.GapBefore(_slab[node]);
        return Fits(gap.First.Value, gap.End.Value, new(node));
    }

    private bool Fits(uint gapFirst, uint gapEnd, AreaIndex above)
    {
        uint first = Math.Max(gapFirst, _low);
        uint end = Math.Min(gapEnd, _high);
        if (end < first || end - first < _count) return false;
        Found = PageRange.Between(new(first), new(end));
        Above = above;
        _tree.Remember(new(gapFirst), above);    // the caller maps here, so it looks this place up next
        return true;
    }
}
