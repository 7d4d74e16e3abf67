using Paging.Native;

namespace Paging.ReferenceModel;

/// <summary>A page that a process has for itself: its bytes, and whether a write to it needs no further fault.</summary>
internal sealed class PrivatePage(byte[] bytes)
{
    public byte[] Bytes { get; } = bytes;

    /// <summary>False from a fork until the next write: the first write of each process is a fault (DIALECT 8.12).</summary>
    public bool IsExclusive { get; set; } = true;
}

/// <summary>What a process has in memory of its private areas: pages of its own, and anonymous pages that were only read.</summary>
internal sealed class PrivatePages
{
    private readonly Dictionary<PageNumber, PrivatePage> _owned = [];
    private readonly HashSet<PageNumber> _onlyRead = [];    // they show the common zero page; disjoint from _owned

    public PrivatePage? Find(PageNumber page) => _owned.GetValueOrDefault(page);

    public bool IsOwned(PageNumber page) => _owned.ContainsKey(page);

    public bool IsInMemory(PageNumber page) => _owned.ContainsKey(page) || _onlyRead.Contains(page);

    public int CountOwned(PageRange range) => PagesIn(range, _owned.Keys, _owned.Count).Count(IsOwned);

    /// <summary>Gives the process a page with these bytes.</summary>
    public void Own(PageNumber page, byte[] bytes)
    {
        _onlyRead.Remove(page);
        _owned.Add(page, new PrivatePage(bytes));
    }

    /// <summary>Maps the zero page. False when the page was in memory already.</summary>
    public bool ShowZeros(PageNumber page) => !_owned.ContainsKey(page) && _onlyRead.Add(page);

    public void Discard(PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count)) _owned.Remove(page);
        foreach (PageNumber page in PagesIn(range, _onlyRead, _onlyRead.Count)) _onlyRead.Remove(page);
    }

    /// <summary>Takes the pages of a range to another place, as they are. Linux: move_page_tables.</summary>
    public void Move(PageRange range, PageNumber target)
    {
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count))
        {
            if (_owned.Remove(page, out PrivatePage? moved)) _owned.Add(target + (page - range.First), moved);
        }
        foreach (PageNumber page in PagesIn(range, _onlyRead, _onlyRead.Count))
        {
            if (_onlyRead.Remove(page)) _onlyRead.Add(target + (page - range.First));
        }
    }

    /// <summary>Copies a range for a child; from now on the first write to each copied page is a fault on both sides.</summary>
    public void CopyTo(PrivatePages child, PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count))
        {
            if (!_owned.TryGetValue(page, out PrivatePage? own)) continue;
            own.IsExclusive = false;
            child._owned.Add(page, new PrivatePage([.. own.Bytes]) { IsExclusive = false });
        }
        child._onlyRead.UnionWith(PagesIn(range, _onlyRead, _onlyRead.Count).Where(_onlyRead.Contains));
    }

    /// <summary>Every page of the range that is among the known ones, and perhaps others of the range: whichever walk is shorter.</summary>
    private static List<PageNumber> PagesIn(PageRange range, IEnumerable<PageNumber> known, int knownCount)
    {
        if (range.Count.Value > knownCount) return [.. known.Where(range.Contains)];
        List<PageNumber> all = new((int)range.Count.Value);
        for (PageNumber page = range.First; page < range.End; page++) all.Add(page);
        return all;
    }
}
