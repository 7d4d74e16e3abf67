using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Windows.Vads;

/// <summary>
/// The VADs of a process with very many of them again, by their last pages: four steps where the AVL tree takes sixteen.
/// </summary>
/// <remarks>Windows has a hint and a bitmap of granules instead (NodeHint of MM_AVL_TABLE, MiLastVadBit).</remarks>
internal sealed class VadTrie(RadixForest nodes, int countMin)
{
    private LastPageTrie _trie = new(nodes, countMin);

    /// <summary>True if the trie is built. It then has all VADs.</summary>
    public bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _trie.IsMade;
    }

    /// <summary>The lowest VAD that ends at or behind a page, or none. Precondition: the trie is built.</summary>
    public VadIndex FirstEndingAfter(PageNumber page) => new(_trie.FirstEndingAt(page));

    /// <summary>Counts a search of the AVL tree, and builds the trie once that has been searched often enough.</summary>
    public void CountSearch(VadTree vads)
    {
        if (!_trie.IsDueAfterSearch(vads.Count)) return;    // only a space that is searched often pays for it
        for (VadIndex at = vads.First; at.IsSome; at = vads.Next(at))
            if (!_trie.TryAdd(at.Value, vads[at].Last)) return;    // without memory the tree answers alone
    }

    /// <summary>Adds a VAD that was added to the tree.</summary>
    public void Add(VadIndex index, PageNumber last)
    {
        if (IsMade) _ = _trie.TryAdd(index.Value, last);
    }

    /// <summary>Removes a VAD that leaves the tree. Drops the trie if few are left.</summary>
    public void Remove(PageNumber last, int countLeft)
    {
        if (IsMade) _trie.Remove(last, countLeft);
    }

    /// <summary>Updates a VAD whose last page has changed.</summary>
    public void Move(VadIndex index, PageNumber old, PageNumber last)
    {
        if (IsMade) _trie.Move(index.Value, old, last);
    }

    // I13  the trie has every VAD of the tree at its last page, and no other
    /// <summary>Checks I13, and the nodes.</summary>
    public void Audit(VadTree vads, string owner, AuditReport report)
    {
        if (!IsMade) return;
        report.AddIfDifferent("I13", $"{owner}: VADs in the trie", vads.Count, _trie.Tree.Count);
        for (VadIndex at = vads.First; at.IsSome; at = vads.Next(at))
        {
            uint found = _trie.Find(vads[at].Last);
            if (found != at.Value) report.Add("I13", $"{owner}: the trie has VAD {found} at page {vads[at].Last}, not {at.Value}");
        }

        _trie.Audit(report);
    }
}
