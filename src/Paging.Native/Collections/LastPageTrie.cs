using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Collections;

/// <summary>Ranges of pages by their last pages, in a radix tree beside the binary tree of a process that has very many of them.</summary>
/// <remarks><code>
///   page ──► 2 bits ──► 6 bits ──► 6 bits ──► 6 bits ──► item       finds the lowest last page from here on. Only the node of 64
///            └──────── warm ─────────┘                              pages and the item miss the processor's cache, not every level
/// </code>
/// Built after enough searches to pay for it. If there is no memory for a node, the trie is dropped and the binary tree searched alone,
/// so no operation fails because of it. decisions/0017 has its benefit and cost. Items are indices of records; 0 means no item.
/// </remarks>
/// <param name="nodes">The nodes, which several tries share.</param>
/// <param name="countMin">The number of items from which on it is built; below half of it, it is dropped.</param>
internal struct LastPageTrie(RadixForest nodes, int countMin)
{
    private const int ItemsPerSearch = 8;    // the items to insert for each search that was made before

    private RadixTree _tree;
    private int _searchCount;    // since the last attempt to build it

    /// <summary>True if the trie is built. It then has all items.</summary>
    public readonly bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _tree.Count != 0;
    }

    /// <summary>The number of items below which the trie is dropped.</summary>
    public readonly int CountToStay => countMin / 2;

    /// <summary>The tree, for audits.</summary>
    [UnscopedRef]
    public readonly ref readonly RadixTree Tree => ref _tree;

    /// <summary>The lowest item that ends at or beyond a page; 0: none. Precondition: <see cref="IsMade"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint FirstEndingAt(PageNumber page)
    {
        if (Check.Cheap && !IsMade) Check.ThrowUnmet("FirstEndingAt: the trie is not built.");
        return nodes.TryNext(in _tree, page.Value, out _, out uint item) ? item : 0;
    }

    /// <summary>The item that ends with a page; 0: none does.</summary>
    public readonly uint Find(PageNumber last) => nodes.Find(in _tree, last.Value);

    /// <summary>Counts a search of the binary tree. True: all items are to be added now.</summary>
    /// <param name="count">The items in the binary tree.</param>
    public bool IsDueAfterSearch(int count)
    {
        if (count < countMin || ++_searchCount < count / ItemsPerSearch) return false;
        _searchCount = 0;
        return true;
    }

    /// <summary>Adds an item. False: there is no memory, and the trie is dropped.</summary>
    public bool TryAdd(uint item, PageNumber last)
    {
        if (nodes.TryInsert(ref _tree, last.Value, item)) return true;
        Clear();
        return false;
    }

    /// <summary>Removes an item. Drops the trie if few are left.</summary>
    public void Remove(PageNumber last, int countLeft)
    {
        if (countLeft < CountToStay) Clear();
        else _ = nodes.Remove(ref _tree, last.Value);
    }

    /// <summary>Updates an item whose last page has changed.</summary>
    public void Move(uint item, PageNumber old, PageNumber last)
    {
        if (old == last) return;
        _ = nodes.Remove(ref _tree, old.Value);
        _ = TryAdd(item, last);
    }

    /// <summary>Frees the nodes. The binary tree is then searched alone.</summary>
    public void Clear()
    {
        nodes.Clear(ref _tree);
        _searchCount = 0;
    }

    /// <summary>Checks the nodes.</summary>
    public readonly void Audit(AuditReport report) => _ = nodes.Audit(in _tree, report);
}
