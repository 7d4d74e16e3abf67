using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;

namespace Paging.Core.Spaces;

/// <summary>
/// The areas of one address space: a red-black tree with the widest gap of each subtree, and the same areas as an ordered list.
/// </summary>
/// <remarks>
/// <code>
///   list   ⟨a⟩──⟨b⟩──────⟨c⟩──⟨d⟩        gap before x = x.First − x.Previous.End
///   tree          ⟨b⟩                    WidestGap(x) = max(gap before x, WidestGap of both children)
///                ╱   ╲
///             ⟨a⟩     ⟨c⟩
///                        ╲
///                         ⟨d⟩
/// </code>
/// Finding an area and placing a new one cost O(log n); a neighbour is one step away. Linux kept both structures until 6.1
/// (mm_rb with rb_subtree_gap, and the mmap list). The tree answers the same questions as today's maple tree.
/// </remarks>
internal sealed class AreaTree
{
    private readonly NativeSlab<Area> _slab;
    private readonly int _manyCount;    // with fewer areas there is no trie
    private uint _root;
    private AreaIndex _first, _last;

    // A9  the result of the last search or change: _known, which may be none, is the answer for each of these pages.
    private uint _knownFirst, _knownCount;
    private AreaIndex _known;

    // A10  the result of the last search for a gap.
    private CrowdedRegion _crowded;

    /// <param name="slab">The records of the areas.</param>
    /// <param name="trie">A11  the same areas, while there are very many.</param>
    public AreaTree(NativeSlab<Area> slab, AreaTrie trie) => (_slab, Trie, _manyCount) = (slab, trie, trie.CountToStay);

    /// <summary>The same areas in a flat tree, while there are very many.</summary>
    public AreaTrie Trie { get; }

    /// <summary>Areas in the tree. Linux: mm->map_count.</summary>
    public int Count { get; private set; }

    /// <summary>The number of lookups that the remembered answer did not cover.</summary>
    public long WalkCount { get; private set; }

    /// <summary>A region without wide gaps, which a search for a gap may skip. Set by <see cref="GapSearch"/>.</summary>
    public CrowdedRegion Crowded
    {
        get => _crowded;
        set => _crowded = value;
    }

    /// <summary>The areas found lately; null unless there is a snapshot.</summary>
    public RecentAreas? Recent { get; set; }

    /// <summary>The tables that show pages of devices of these areas; null while none does.</summary>
    public TranslationTables? DevicesShownIn { get; set; }

    public AreaIndex First => _first;
    public AreaIndex Last => _last;
    internal uint Root => _root;

    public ref Area this[AreaIndex index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _slab[index.Value];
    }

    /// <summary>
    /// The lowest area that ends above the page: the area that covers it, or the next one above; or none. Linux: find_vma.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AreaIndex FirstEndingAfter(PageNumber page) => page.Value - _knownFirst < _knownCount ? _known : Walk(page);

    /// <summary>The remembered answer, if it is that of the page: the area that covers it, or the next one above. Otherwise none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AreaIndex Remembered(PageNumber page) => page.Value - _knownFirst < _knownCount ? _known : AreaIndex.None;

    /// <summary>Same as <see cref="FirstEndingAfter"/>, for reports: does not change the answer that faults remember.</summary>
    public AreaIndex Peek(PageNumber page)
    {
        uint found = 0;
        for (uint node = _root; node != 0;)
        {
            ref Area area = ref _slab[node];
            bool endsAfter = area.End > page;
            if (endsAfter) found = node;
            node = endsAfter ? area.Links.Left : area.Links.Right;
        }

        return new(found);
    }

    /// <summary>The area that covers the page, or none. Linux: vma_lookup.</summary>
    public AreaIndex Covering(PageNumber page)
    {
        AreaIndex index = FirstEndingAfter(page);
        return index.IsSome && this[index].First <= page ? index : AreaIndex.None;
    }

    /// <summary>The lowest area with a page in the range, or none. Linux: find_vma_intersection.</summary>
    public AreaIndex FirstIn(PageRange range)
    {
        AreaIndex index = FirstEndingAfter(range.First);
        return index.IsSome && !range.IsEmpty && this[index].First < range.End ? index : AreaIndex.None;
    }

    /// <summary>Links an area into the tree and the list. Precondition: its First and Count are set, and the range is free.</summary>
    /// <remarks>
    /// One of two neighbours in the list has no child towards the other, so finding the place in the tree needs no second search.
    /// </remarks>
    public void Insert(AreaIndex index)
    {
        ref Area area = ref this[index];
        AreaIndex previous = _last;
        bool isLast = previous.IsSome && this[previous].End <= area.First;    // as when fork copies the areas in order
        AreaIndex next = isLast ? AreaIndex.None : FirstEndingAfter(area.First);
        if (Check.Cheap && (area.Count.IsZero || (next.IsSome && this[next].First < area.End)))
            Check.ThrowUnmet($"Insert: the pages {area.Range} are none, or belong to another area.");
        bool asLeft = false;
        if (next.IsSome)
        {
            ref Area above = ref this[next];
            previous = above.Previous;
            above.Previous = index;
            asLeft = above.Links.Left == 0;
        }
        else
        {
            _last = index;
        }

        if (previous.IsSome) this[previous].Next = index;
        else _first = index;
        area.Previous = previous;
        area.Next = next;

        // The gap above has shrunk. Every ancestor must be updated before rotations begin, because they recompute without propagating.
        Count++;
        RedBlackTree<Nodes>.Insert(ref _root, new(_slab), (asLeft ? next : previous).Value, asLeft, index.Value, next.Value);
        if (Trie.IsMade) Trie.Add(index, area.End);
        _ = Remember(area.First, area.End, index);
    }

    /// <summary>Unlinks an area from the tree and the list. The record stays allocated.</summary>
    public void Remove(AreaIndex index)
    {
        ref Area area = ref this[index];
        AreaIndex previous = area.Previous, next = area.Next;
        PageNumber end = EndOfAll;
        if (next.IsSome)
        {
            ref Area above = ref this[next];
            above.Previous = previous;
            end = above.End;
        }
        else
        {
            _last = previous;
        }

        if (previous.IsSome) this[previous].Next = next;
        else _first = next;
        Count--;
        if (area.End > _crowded.First) _crowded = default;    // A10: its pages make a longer gap
        RedBlackTree<Nodes>.Remove(ref _root, new(_slab), index.Value, next.Value);
        if (Trie.IsMade) Trie.Remove(area.End, Count);
        Recent?.Clear();
        ForgetDevices();
        _ = Remember(area.First, end, next);    // A9: the next area is the answer for its pages now
    }

    /// <summary>Moves the first page of an area, without passing a neighbour. The offset moves along.</summary>
    public void SetFirst(AreaIndex index, PageNumber first) => SetRange(index, first, this[index].End);

    /// <summary>Moves the end of an area, without passing a neighbour.</summary>
    public void SetEnd(AreaIndex index, PageNumber end) => SetRange(index, this[index].First, end);

    /// <summary>Recomputes the gaps beside an area whose border moves; the order stays.</summary>
    private void SetRange(AreaIndex index, PageNumber first, PageNumber end)
    {
        ref Area area = ref this[index];
        FollowCrowded(index, area.Range, first, end);    // before the change: compares old and new ranges
        if (Trie.IsMade) Trie.Move(index, area.End, end);
        area.PageOffset = area.OffsetOf(first);    // before the next line; of pages below the area as well, as differences wrap
        area.First = first;
        area.Count = end - first;
        ForgetDevices();
        Propagate(index);
        if (area.Next.IsSome) Propagate(area.Next);    // the gap below the next area has changed, too
        _ = Remember(first, end, index);
    }

    /// <summary>Empties the tree. The caller frees the records.</summary>
    public void Clear()
    {
        _root = 0;
        _first = _last = _known = AreaIndex.None;
        _knownCount = 0;
        _crowded = default;
        Recent = null;
        ForgetDevices();
        Trie.Clear();
        Count = 0;
        WalkCount = 0;
    }

    /// <summary>Takes the pages of devices out of the tables that show them, because an area changes or leaves (X7).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ForgetDevices()
    {
        if (DevicesShownIn is not { } tables) return;
        tables.ForgetDevices();
        DevicesShownIn = null;
    }

    /// <summary>The free range directly below an area.</summary>
    public PageRange GapBefore(in Area area) =>
        PageRange.Between(area.Previous.IsSome ? this[area.Previous].End : default, area.First);

    /// <summary>
    /// Remembers the answer for the pages from one on: an area, up to its end, or none. Precondition: A9, no other area lies between.
    /// </summary>
    internal AreaIndex Remember(PageNumber first, AreaIndex answer) => Remember(first, answer.IsSome ? this[answer].End : EndOfAll, answer);

    private static PageNumber EndOfAll => new(PageCount.AddressSpace.Value);

    private AreaIndex Remember(PageNumber first, PageNumber end, AreaIndex answer)
    {
        _known = answer;
        _knownFirst = first.Value;
        _knownCount = end.Value - first.Value;
        return answer;
    }

    /// <summary>The remembered pages, and the answer for each of them, for audits.</summary>
    internal (PageRange Pages, AreaIndex Answer) Known => (new(new(_knownFirst), new(_knownCount)), _known);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AreaIndex Walk(PageNumber page)
    {
        WalkCount++;
        return Recent is null ? WalkAll(page) : WalkFromRecent(page, Recent);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AreaIndex WalkAll(PageNumber page) => Count < _manyCount ? WalkTree(page) : WalkAmongMany(page);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AreaIndex WalkFromRecent(PageNumber page, RecentAreas recent)
    {
        AreaIndex index = recent[page];
        if (index.IsSome && this[index].Range.Contains(page)) return Remember(this[index].First, index);
        index = WalkAll(page);
        if (index.IsSome && this[index].First <= page) recent[page] = index;
        return index;
    }

    /// <summary>Searches the tree. The direction is computed, because a branch would be mispredicted every other time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AreaIndex WalkTree(PageNumber page)
    {
        NativeSlab<Area> slab = _slab;
        uint below = 0;    // the last area found that begins at or below the page
        for (uint node = _root; node != 0;)
        {
            ref Area area = ref slab[node];
            uint offset = page.Value - area.First.Value;
            if (offset < area.Count.Value) return Remember(area.First, area.End, new(node));
            uint before = (uint)((int)offset >> 31);    // all ones: the page lies before the area
            below ^= (below ^ node) & ~before;
            node = area.Links.Right ^ ((area.Links.Left ^ area.Links.Right) & before);
        }

        return AnswerAbove(below);
    }

    /// <summary>The answer for a page in a gap. A method of its own, so that a search that hits keeps nothing across a call.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private AreaIndex AnswerAbove(uint below)
    {
        if (below == 0) return Remember(default, _first);
        ref Area area = ref _slab[below];
        return Remember(area.End, area.Next);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AreaIndex WalkAmongMany(PageNumber page)
    {
        if (!Trie.IsMade)
        {
            Trie.CountSearch(_first, Count);
            return WalkTree(page);
        }

        AreaIndex answer = Trie.FirstEndingAfter(page);
        if (answer.IsNone) return AnswerAbove(_last.Value);
        ref Area area = ref _slab[answer.Value];
        return page >= area.First ? Remember(area.First, area.End, answer) : AnswerAbove(area.Previous.Value);
    }

    private void FollowCrowded(AreaIndex index, PageRange old, PageNumber first, PageNumber end)
    {
        bool onlyGrows = first <= old.First && end >= old.End;
        if (index == _crowded.At && end >= old.End) _crowded = _crowded with { First = first };    // what it frees lies below
        else if (!onlyGrows && old.End > _crowded.First) _crowded = default;
    }

    private void Propagate(AreaIndex index) => new Nodes(_slab).Propagate(index.Value);

    /// <summary>Gives the generic tree access to the links and the widest gap of an area.</summary>
    internal readonly struct Nodes(NativeSlab<Area> slab) : IRedBlackNodes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref TreeLinks Links(uint node) => ref slab[node].Links;

        public bool Recompute(uint node)
        {
            ref Area area = ref slab[node];
            uint widest = WidestOf(area);
            if (widest == area.WidestGap.Value) return false;
            area.WidestGap = new(widest);
            return true;
        }

        /// <remarks>
        /// Where the gap has grown, one comparison with the maximum above is enough. The other gaps matter only if the widest has shrunk.
        /// </remarks>
        public void Propagate(uint node)
        {
            ref Area area = ref slab[node];
            uint widest = WidestOf(area), old = area.WidestGap.Value;
            while (widest != old)
            {
                area.WidestGap = new(widest);
                uint parent = area.Links.Parent;
                if (parent == 0) return;
                area = ref slab[parent];
                uint oldBelow = old;
                old = area.WidestGap.Value;
                if (widest >= old) continue;
                if (oldBelow != old) return;    // the maximum came from another gap
                widest = WidestOf(area);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void TakeOver(uint node, uint from) => slab[node].WidestGap = slab[from].WidestGap;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private uint WidestOf(in Area area)
        {
            uint widest = area.First.Value;
            if (area.Previous.IsSome) widest -= slab[area.Previous.Value].End.Value;
            if (area.Links.Left != 0) widest = Math.Max(widest, slab[area.Links.Left].WidestGap.Value);
            if (area.Links.Right != 0) widest = Math.Max(widest, slab[area.Links.Right].WidestGap.Value);
            return widest;
        }
    }
}
