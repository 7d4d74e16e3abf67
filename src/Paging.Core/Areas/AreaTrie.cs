using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Core.Areas;

/// <summary>The areas of a crowded address space a second time, by their last pages, in a radix tree: four steps where the binary tree takes sixteen.</summary>
/// <remarks><code>
///   page ──► 2 bits ──► 6 bits ──► 6 bits ──► 6 bits ──► area       the lowest last page from here on; a miss in the cache is
///            └──────── warm ─────────┘                              a node of 64 pages, and the area: not each level's record
/// </code>
/// It is there only while a space has very many areas and is searched, made when enough searches have paid for it. Without memory for a
/// node it goes, and the binary tree answers alone; so nothing of it can fail. decisions/0017 says what it brings and costs.
/// Linux: the maple tree (lib/maple_tree.c) is as flat: 16 areas a node.
/// </remarks>
internal sealed class AreaTrie(NativeSlab<Area> areas, RadixForest nodes, int countMin)
{
    private const int AreasPerSearch = 8;    // what making it may cost, spread over the searches before

    private RadixTree _byLastPage;
    private int _searchCount;    // since it was last tried to make it

    /// <summary>It has the areas, all of them.</summary>
    public bool IsMade
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _byLastPage.Count != 0;
    }

    /// <summary>Where fewer areas are left it goes.</summary>
    public int CountToStay => countMin / 2;

    /// <summary>The tree, for audits.</summary>
    internal ref readonly RadixTree ByLastPage => ref _byLastPage;

    /// <summary>The lowest area that ends above a page, or none. Precondition: it is made.</summary>
    public AreaIndex FirstEndingAfter(PageNumber page) =>
        nodes.TryNext(in _byLastPage, page.Value, out _, out uint index) ? new(index) : AreaIndex.None;

    /// <summary>Counts a search of the binary tree, and makes the trie when that has been searched often enough.</summary>
    /// <param name="first">The first area of the list.</param>
    /// <param name="count">Areas of the list.</param>
    public void CountSearch(AreaIndex first, int count)
    {
        if (count < countMin || ++_searchCount < count / AreasPerSearch) return;
        _searchCount = 0;
        for (AreaIndex index = first; index.IsSome; index = areas[index.Value].Next)
        {
            if (!TryInsert(index, areas[index.Value].End)) return;
        }
    }

    /// <summary>Follows a change of the list: an area has come.</summary>
    public void Add(AreaIndex index, PageNumber end) => _ = TryInsert(index, end);

    /// <summary>Follows a change of the list: an area is going, and so many are left.</summary>
    public void Remove(PageNumber end, int countLeft)
    {
        if (countLeft < CountToStay) Clear();
        else _ = nodes.Remove(ref _byLastPage, end.Value - 1);
    }

    /// <summary>Follows a change of the list: an area ends elsewhere.</summary>
    public void Move(AreaIndex index, PageNumber oldEnd, PageNumber end)
    {
        if (oldEnd == end) return;
        _ = nodes.Remove(ref _byLastPage, oldEnd.Value - 1);
        _ = TryInsert(index, end);
    }

    /// <summary>Gives the nodes back; the binary tree answers alone.</summary>
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
