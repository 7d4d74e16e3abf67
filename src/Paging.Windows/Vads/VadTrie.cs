using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Windows.Vads;

/// <summary>
/// The VADs of a process with very many of them again, by their last pages, in a radix tree: four steps where the AVL tree takes sixteen.
/// </summary>
/// <remarks>
/// Built after enough searches to pay for it, as Core's trie of areas is (decisions/0017). If there is no memory for a node, the trie is
/// dropped and the AVL tree answers alone, so no call fails because of it. Windows has a hint and a bitmap of granules instead
/// (NodeHint of MM_AVL_TABLE, MiLastVadBit).
/// </remarks>
internal sealed class VadTrie(RadixForest nodes, int countMin)
{
    private const int VadsPerSearch = 8;    // VADs to insert for each search that was made before

    private RadixTree _byLastPage;
    private int _searchCount;    // since the last attempt to build it

    /// <summary>True if the trie is built. It then has all VADs.</summary>
    public bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _byLastPage.Count != 0;
    }

    /// <summary>The lowest VAD that ends at or behind a page, or none. Precondition: the trie is built.</summary>
    public VadIndex FirstEndingAfter(PageNumber page) =>
        nodes.TryNext(in _byLastPage, page.Value, out _, out uint index) ? new(index) : VadIndex.None;

    /// <summary>Counts a search of the AVL tree, and builds the trie once that has been searched often enough.</summary>
    public void CountSearch(VadTree vads)
    {
        if (vads.Count < countMin || ++_searchCount < vads.Count / VadsPerSearch) return;
        _searchCount = 0;
        for (VadIndex at = vads.First; at.IsSome; at = vads.Next(at))
            if (!TryInsert(at, vads[at].Last)) return;
    }

    /// <summary>Adds a VAD that was added to the tree.</summary>
    public void Add(VadIndex index, PageNumber last)
    {
        if (IsMade) _ = TryInsert(index, last);
    }

    /// <summary>Removes a VAD that leaves the tree. Drops the trie if few are left.</summary>
    public void Remove(PageNumber last, int countLeft)
    {
        if (countLeft < countMin / 2) Clear();
        else if (IsMade) _ = nodes.Remove(ref _byLastPage, last.Value);
    }

    /// <summary>Updates a VAD whose last page has changed.</summary>
    public void Move(VadIndex index, PageNumber old, PageNumber last)
    {
        if (!IsMade) return;
        _ = nodes.Remove(ref _byLastPage, old.Value);
        _ = TryInsert(index, last);
    }

    // I13  the trie has every VAD of the tree at its last page, and no other
    /// <summary>Checks I13, and the nodes.</summary>
    public void Audit(VadTree vads, string owner, AuditReport report)
    {
        if (!IsMade) return;
        report.AddIfDifferent("I13", $"{owner}: VADs in the trie", vads.Count, _byLastPage.Count);
        for (VadIndex at = vads.First; at.IsSome; at = vads.Next(at))
        {
            uint found = nodes.Find(in _byLastPage, vads[at].Last.Value);
            if (found != at.Value) report.Add("I13", $"{owner}: the trie has VAD {found} at page {vads[at].Last}, not {at.Value}");
        }

        nodes.Audit(in _byLastPage, report);
    }

    private bool TryInsert(VadIndex index, PageNumber last)
    {
        if (nodes.TryInsert(ref _byLastPage, last.Value, index.Value)) return true;
        Clear();
        return false;
    }

    private void Clear()
    {
        if (IsMade) nodes.Clear(ref _byLastPage);
        _searchCount = 0;
    }
}
