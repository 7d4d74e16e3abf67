using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>The areas of one address space: a red-black tree with the widest gap of each subtree, and the same areas as an ordered list.</summary>
/// <remarks>
/// <code>
///   list   ⟨a⟩──⟨b⟩──────⟨c⟩──⟨d⟩        gap before x = x.First − x.Previous.End
///   tree          ⟨b⟩                    WidestGap(x) = max(gap before x, WidestGap of both children)
///                ╱   ╲
///             ⟨a⟩     ⟨c⟩
///                        ╲
///                         ⟨d⟩
/// </code>
/// Finding an area and placing a new one are O(log n); a neighbour is one hop. Linux kept both structures until 6.1
/// (mm_rb with rb_subtree_gap, and the mmap list); the questions answered are those of today's maple tree.
/// </remarks>
internal sealed class AreaTree
{
    private readonly NativeSlab<Area> _slab;
    private readonly int _manyCount;    // below it there is no trie
    private uint _root;
    private AreaIndex _first, _last;

    // A9  what the last search or change has made known: each of these pages is answered by _known, which may be none.
    private uint _knownFirst, _knownCount;
    private AreaIndex _known;

    // A10  what the last search for a gap has made known.
    private CrowdedGround _crowded;

    /// <param name="slab">The records of the areas.</param>
    /// <param name="trie">A11  the same areas, while they are very many.</param>
    public AreaTree(NativeSlab<Area> slab, AreaTrie trie) => (_slab, Trie, _manyCount) = (slab, trie, trie.CountToStay);

    /// <summary>The same areas in a flat tree, while they are very many.</summary>
    public AreaTrie Trie { get; }

    /// <summary>Areas in the tree. Linux: mm->map_count.</summary>
    public int Count { get; private set; }

    /// <summary>Lookups that the last hit did not answer.</summary>
    public long WalkCount { get; private set; }

    /// <summary>Ground in which a search for a gap need not look again. Set by <see cref="GapSearch"/>.</summary>
    public CrowdedGround Crowded
    {
        get => _crowded;
        set => _crowded = value;
    }

    public AreaIndex First => _first;
    public AreaIndex Last => _last;
    internal uint Root => _root;

    public ref Area this[AreaIndex index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _slab[index.Value];
    }

    /// <summary>The lowest area that ends above the page: it covers the page or is the next one above. Linux: find_vma.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AreaIndex FirstEndingAfter(PageNumber page) => page.Value - _knownFirst < _knownCount ? _known : Walk(page);

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

    /// <summary>The highest area that ends at or below the page, or none.</summary>
    public AreaIndex LastEndingBy(PageNumber page)
    {
        AreaIndex above = FirstEndingAfter(page);
        return above.IsSome ? this[above].Previous : _last;
    }

    /// <summary>Hangs an area into the tree and the list. Its First and Count are set; its ground is free.</summary>
    /// <remarks>Of two neighbours in order one has no child between them, so the place needs no search of its own.</remarks>
    public void Insert(AreaIndex index)
    {
        ref Area area = ref this[index];
        AreaIndex previous = _last;
        bool isLast = previous.IsSome && this[previous].End <= area.First;    // a fork copies area after area
        AreaIndex next = isLast ? AreaIndex.None : FirstEndingAfter(area.First);
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

        // The gap above has shrunk: that is known all the way up before rotations begin, which recompute without propagating.
        Count++;
        RedBlackTree<Nodes>.Insert(ref _root, new(_slab), (asLeft ? next : previous).Value, asLeft, index.Value, next.Value);
        if (Trie.IsMade) Trie.Add(index, area.End);
        _ = Remember(area.First, area.End, index);
    }

    /// <summary>Takes an area out of the tree and the list; the record stays the caller's.</summary>
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
        if (area.End > _crowded.First) _crowded = default;
        RedBlackTree<Nodes>.Remove(ref _root, new(_slab), index.Value, next.Value);
        if (Trie.IsMade) Trie.Remove(area.End, Count);
        _ = Remember(area.First, end, next);
    }

    /// <summary>Moves an area's borders without passing a neighbour; the tree's order stays, the gaps beside it are computed again.</summary>
    public void SetRange(AreaIndex index, PageNumber first, PageNumber end, uint pageOffset)
    {
        ref Area area = ref this[index];
        FollowCrowded(index, area.Range, first, end);
        if (Trie.IsMade) Trie.Move(index, area.End, end);
        area.First = first;
        area.Count = end - first;
        area.PageOffset = pageOffset;
        Propagate(index);
        if (area.Next.IsSome) Propagate(area.Next);
        _ = Remember(first, end, index);
    }

    /// <summary>Forgets everything; the records are the caller's to free.</summary>
    public void Clear()
    {
        _root = 0;
        _first = _last = _known = AreaIndex.None;
        _knownCount = 0;
        _crowded = default;
        Trie.Clear();
        Count = 0;
        WalkCount = 0;
    }

    /// <summary>The free ground right below an area.</summary>
    public PageRange GapBefore(in Area area) =>
        PageRange.Between(area.Previous.IsSome ? this[area.Previous].End : default, area.First);

    /// <summary>Remembers that the pages from one on are answered by an area, up to its end, or by none. Precondition: A9, nothing lies between.</summary>
    internal AreaIndex Remember(PageNumber first, AreaIndex answer) => Remember(first, answer.IsSome ? this[answer].End : EndOfAll, answer);

    private static PageNumber EndOfAll => new(PageCount.AddressSpace.Value);

    private AreaIndex Remember(PageNumber first, PageNumber end, AreaIndex answer)
    {
        _known = answer;
        _knownFirst = first.Value;
        _knownCount = end.Value - first.Value;
        return answer;
    }

    /// <summary>What is remembered, for audits: pages, and the answer for each of them.</summary>
    internal (PageRange Pages, AreaIndex Answer) Known => (new(new(_knownFirst), new(_knownCount)), _known);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private AreaIndex Walk(PageNumber page)
    {
        WalkCount++;
        return Count < _manyCount ? WalkTree(page) : WalkAmongMany(page);
    }

    /// <summary>The search itself. Left or right is computed: a processor guesses such a branch wrong every other time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AreaIndex WalkTree(PageNumber page)
    {
        NativeSlab<Area> slab = _slab;
        uint below = 0;    // the last area that begins at the page or before it
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

    /// <summary>The answer for a page in a gap. Apart, so that a search that hits keeps nothing over a call.</summary>
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
        if (!onlyGrows && old.End > _crowded.First) _crowded = default;
        else if (index == _crowded.At) _crowded = _crowded with { First = first };
    }

    private void Propagate(AreaIndex index) => new Nodes(_slab).Propagate(index.Value);

    /// <summary>How the generic tree reaches the links and the gap maximum of an area.</summary>
    internal readonly struct Nodes(NativeSlab<Area> slab) : IRedBlackNodes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref RedBlackLinks Links(uint node) => ref slab[node].Links;

        public bool Recompute(uint node)
        {
            ref Area area = ref slab[node];
            uint widest = WidestOf(area);
            if (widest == area.WidestGap.Value) return false;
            area.WidestGap = new(widest);
            return true;
        }

        /// <remarks>A gap that has grown is the widest further up or is not; only where the widest has shrunk the others must be looked at.</remarks>
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
                if (oldBelow != old) return;
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
