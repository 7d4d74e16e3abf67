using System.Runtime.CompilerServices;
using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Core.Spaces;

/// <summary>
/// A second index of the areas of a space that has very many, by last page: four steps where the binary tree takes sixteen.
/// </summary>
/// <remarks>Linux: the maple tree (lib/maple_tree.c) is as flat, with 16 areas per node.</remarks>
internal sealed class AreaTrie(NativeSlab<Area> areas, RadixForest nodes, int countMin)
{
    private LastPageTrie _trie = new(nodes, countMin);

    /// <summary>True if the trie is built. It then has all areas.</summary>
    public bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _trie.IsMade;
    }

    /// <summary>The number of areas below which the trie is dropped.</summary>
    public int CountToStay => _trie.CountToStay;

    /// <summary>The tree, for audits.</summary>
    internal ref readonly RadixTree ByLastPage => ref _trie.Tree;

    /// <summary>The lowest area that ends above a page, or none. Only while the trie is built, which it checks itself.</summary>
    public AreaIndex FirstEndingAfter(PageNumber page) => new(_trie.FirstEndingAt(page));

    /// <summary>Counts a search of the binary tree. Builds the trie after enough of them.</summary>
    /// <param name="first">The first area of the list.</param>
    /// <param name="count">The number of areas in the list.</param>
    public void CountSearch(AreaIndex first, int count)
    {
        if (!_trie.IsDueAfterSearch(count)) return;
        for (AreaIndex index = first; index.IsSome; index = areas[index.Value].Next)
        {
            if (!_trie.TryAdd(index.Value, LastOf(areas[index.Value].End))) return;    // no memory: the binary tree answers alone
        }
    }

    /// <summary>Adds an area that was added to the list.</summary>
    public void Add(AreaIndex index, PageNumber end) => _ = _trie.TryAdd(index.Value, LastOf(end));

    /// <summary>Removes an area that leaves the list. Drops the trie if few areas are left.</summary>
    public void Remove(PageNumber end, int countLeft) => _trie.Remove(LastOf(end), countLeft);

    /// <summary>Updates an area whose end has changed.</summary>
    public void Move(AreaIndex index, PageNumber oldEnd, PageNumber end) => _trie.Move(index.Value, LastOf(oldEnd), LastOf(end));

    /// <summary>Frees the nodes. The binary tree then answers alone.</summary>
    public void Clear() => _trie.Clear();

    private static PageNumber LastOf(PageNumber end) => end - PageCount.One;
}
