using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Windows.Vads;

//                  [20010–2001f]                  the root; a node is named by its first and last page
//                 /             \
//        [20000–2000f]       [20030–20037]         in order: lower pages on the left
//                 \
//              [2000f…]                            balanced: the two sides of a node differ in depth by one at most
/// <summary>The allocations of one process, in an AVL tree by address.</summary>
/// <remarks>
/// A search costs O(log n), and nothing for the VAD that was found last. With very many, a trie has them again, by their last pages: four
/// steps where the tree takes sixteen. Windows: MM_AVL_TABLE of EPROCESS, with NodeHint and, for the trie, MiLastVadBit.
/// </remarks>
internal sealed class VadTree(NativeSlab<Vad> slab, RadixForest trieNodes, int trieCountMin)
{
    private LastPageTrie _trie = new(trieNodes, trieCountMin);
    private uint _root, _hint;

    /// <summary>The number of VADs.</summary>
    public int Count { get; private set; }

    public ref Vad this[VadIndex index] => ref slab[index.Value];

    /// <summary>The root, for drawing.</summary>
    public VadIndex Root => new(_root);

    public VadIndex First => new(TreeOrder<Nodes>.First(_root, new(slab)));

    public VadIndex Last => new(TreeOrder<Nodes>.Last(_root, new(slab)));

    public VadIndex Next(VadIndex index) => new(TreeOrder<Nodes>.Next(new(slab), index.Value));

    public VadIndex Previous(VadIndex index) => new(TreeOrder<Nodes>.Previous(new(slab), index.Value));

    /// <summary>The VAD that covers a page; none if the page is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public VadIndex Covering(PageNumber page)
    {
        if (_hint != 0)
        {
            ref Vad hint = ref slab[_hint];
            if (page.Value - hint.First.Value <= hint.Last.Value - hint.First.Value) return new(_hint);
        }

        return Search(page);
    }

    /// <summary>The lowest VAD that ends at or beyond a page; none above the highest.</summary>
    public VadIndex FirstEndingAfter(PageNumber page)
    {
        if (_trie.IsMade) return new(_trie.FirstEndingAt(page));    // many VADs: fewer steps than the tree has
        if (_trie.IsDueAfterSearch(Count)) BuildTrie();
        uint found = 0;
        for (uint node = _root; node != 0;)
        {
            ref Vad vad = ref slab[node];
            if (vad.Last < page)
            {
                node = vad.Links.Right;
                continue;
            }

            found = node;
            if (vad.First <= page) break;    // it covers the page, so no lower one ends after it
            node = vad.Links.Left;
        }

        return new(found);
    }

    /// <summary>Adds a VAD whose pages are set and free. Returns false if the host has no memory for the record.</summary>
    public bool TryAdd(PageRange range, VadFlags flags, out VadIndex index)
    {
        bool isAllocated = slab.TryAllocate(out uint node);
        index = new(node);
        if (!isAllocated) return false;
        ref Vad vad = ref slab[node];
        vad.First = range.First;
        vad.Last = new(range.First.Value + range.Count.Value - 1);
        vad.Flags = flags;
        uint parent = 0;
        bool asLeft = false;
        for (uint at = _root; at != 0;)
        {
            parent = at;
            asLeft = range.First < slab[at].First;    // they do not overlap, so that the starts order them
            at = asLeft ? slab[at].Links.Left : slab[at].Links.Right;
        }

        AvlTree<Nodes>.Insert(ref _root, new(slab), parent, asLeft, node);
        Count++;
        if (_trie.IsMade) _ = _trie.TryAdd(node, vad.Last);
        return true;
    }

    /// <summary>Changes the last page of a VAD, without passing a neighbour.</summary>
    public void SetLast(VadIndex index, PageNumber last)
    {
        ref Vad vad = ref slab[index.Value];
        if (_trie.IsMade) _trie.Move(index.Value, vad.Last, last);    // by the old last page, which the trie knows it by
        vad.Last = last;
    }

    /// <summary>Removes a VAD and frees its record.</summary>
    public void Remove(VadIndex index)
    {
        if (_hint == index.Value) _hint = 0;    // its record may be another VAD's next
        AvlTree<Nodes>.Remove(ref _root, new(slab), index.Value);
        PageNumber last = slab[index.Value].Last;    // before the record is gone
        slab.Free(index.Value);
        Count--;
        if (_trie.IsMade) _trie.Remove(last, Count);
    }

    /// <summary>Checks I1, that VADs are in order and apart, I13, and T6 to T8.</summary>
    public void Audit(string owner, AuditReport report)
    {
        AvlTree<Nodes>.Audit(_root, new(slab), Count, report);
        long left = Count;
        VadIndex before = VadIndex.None;
        for (VadIndex at = First; at.IsSome && left-- > 0; before = at, at = Next(at))
        {
            ref Vad vad = ref slab[at.Value];
            if (vad.Last < vad.First) report.Add("I1", $"{owner}: VAD {vad.First}-{vad.Last} ends before it begins");
            if (before.IsNone || slab[before.Value].Last < vad.First) continue;
            PageNumber last = slab[before.Value].Last;
            report.Add("I1", $"{owner}: VAD {vad.First}-{vad.Last} overlaps or precedes the one before, which ends at {last}");
        }

        if (_trie.IsMade && !report.Names("T7")) AuditTrie(owner, report);
    }

    // I13  the trie has every VAD of the tree at its last page, and no other
    private void AuditTrie(string owner, AuditReport report)
    {
        report.AddIfDifferent("I13", $"{owner}: VADs in the trie", Count, _trie.Tree.Count);
        for (VadIndex at = First; at.IsSome; at = Next(at))
        {
            uint found = _trie.Find(slab[at.Value].Last);
            if (found != at.Value) report.Add("I13", $"{owner}: the trie has VAD {found} at page {slab[at.Value].Last}, not {at.Value}");
        }

        _trie.Audit(report);
    }

    private void BuildTrie()
    {
        for (VadIndex at = First; at.IsSome; at = Next(at))
            if (!_trie.TryAdd(at.Value, slab[at.Value].Last)) return;    // without memory the tree answers alone
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private VadIndex Search(PageNumber page)
    {
        VadIndex index = FirstEndingAfter(page);
        if (index.IsNone || slab[index.Value].First > page) return VadIndex.None;
        _hint = index.Value;
        return index;
    }

    private readonly struct Nodes(NativeSlab<Vad> slab) : ITreeNodes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref TreeLinks Links(uint node) => ref slab[node].Links;
    }
}
