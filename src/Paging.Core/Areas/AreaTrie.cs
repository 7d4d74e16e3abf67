using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>
/// The areas of a space with very many areas again, by their last pages, in a radix tree: four steps where the binary tree takes sixteen.
/// </summary>
/// <remarks><code>
///   page ──► 2 bits ──► 6 bits ──► 6 bits ──► 6 bits ──► area       finds the lowest last page from here on. Only the node of 64
///            └──────── warm ─────────┘                              pages and the area miss the processor's cache, not every level
/// </code>
/// The trie is built after enough searches in a space with very many areas to pay for it. If there is no memory for a node, the trie is
/// dropped and the binary tree answers alone, so no operation fails because of it. decisions/0017 has its benefit and cost.
/// Linux: the maple tree (lib/maple_tree.c) is as flat, with 16 areas per node.
/// </remarks>
internal sealed class AreaTrie(NativeSlab<Area> areas, RadixForest nodes, int countMin)
{
    private const int AreasPerSearch = 8;    // the areas to insert for each search that was made before

    private RadixTree _byLastPage;
    private int _searchCount;    // since the last attempt to build it

    /// <summary>True if the trie is built. It then has all areas.</summary>
    public bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _byLastPage.Count != 0;
    }

    /// <summary>The number of areas below which the trie is dropped.</summary>
    public int CountToStay => countMin / 2;

    /// <summary>The tree, for audits.</summary>
    internal ref readonly RadixTree ByLastPage => ref _byLastPage;

    /// <summary>The lowest area that ends above a page, or none. Precondition: the trie is built.</summary>
    public AreaIndex FirstEndingAfter(PageNumber page) =>
        nodes.TryNext(in _byLastPage, page.Value, out _, out uint index) ? new(index) : AreaIndex.None;

    /// <summary>Counts a search of the binary tree, and builds the trie once that has been searched often enough.</summary>
    /// <param name="first">The first area of the list.</param>
    /// <param name="count">The number of areas in the list.</param>
    public void CountSearch(AreaIndex first, int count)
    {
        if (count < countMin || ++_searchCount < count / AreasPerSearch) return;
        _searchCount = 0;
        for (AreaIndex index = first; index.IsSome; index = areas[index.Value].Next)
        {
            if (!TryInsert(index, areas[index.Value].End)) return;
        }
    }

    /// <summary>Adds an area that was added to the list.</summary>
    public void Add(AreaIndex index, PageNumber end) => _ = TryInsert(index, end);

    /// <summary>Removes an area that leaves the list. Drops the trie if few areas are left.</summary>
    public void Remove(PageNumber end, int countLeft)
    {
        if (countLeft < CountToStay) Clear();
        else _ = nodes.Remove(ref _byLastPage, end.Value - 1);
    }

    /// <summary>Updates an area whose end has changed.</summary>
    public void Move(AreaIndex index, PageNumber oldEnd, PageNumber end)
    {
        if (oldEnd == end) return;
        _ = nodes.Remove(ref _byLastPage, oldEnd.Value - 1);
        _ = TryInsert(index, end);
    }

    /// <summary>Frees the nodes. The binary tree then answers alone.</summary>
    public void Clear()
    {
        nodes.Clear(ref _byLastPage);
        _searchCount = 0;
    }

    private bool TryInsert(AreaIndex index, PageNumber end)
    {
        if (nodes.TryInsert(ref _byLastPage, end.Value - 1, index.Value)) return true;
        Clear();
        return false;
    }
}
