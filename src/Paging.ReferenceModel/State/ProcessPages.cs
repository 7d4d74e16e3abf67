using Paging.Native;

namespace Paging.ReferenceModel;

/// <summary>A page that a process has for itself: its bytes, and whether a write to it needs no further fault.</summary>
internal sealed class PrivatePage(byte[] bytes)
{
    public byte[] Bytes { get; } = bytes;

    /// <summary>False from a fork until the next write: the first write of each process is a fault (DIALECT 8.12).</summary>
    public bool IsExclusive { get; set; } = true;
}

/// <summary>
/// What a process has in memory: pages of its own, anonymous pages that were only read, pages of files that it shows, and guards.
/// </summary>
/// <remarks>The four are disjoint. What is in none of them comes with the next access.</remarks>
internal sealed class ProcessPages
{
    private readonly Dictionary<PageNumber, PrivatePage> _owned = [];
    private readonly HashSet<PageNumber> _onlyRead = [];    // they show the common zero page
    private readonly Dictionary<PageNumber, FilePage> _shown = [];
    private readonly HashSet<PageNumber> _guards = [];

    public PrivatePage? Find(PageNumber page) => _owned.GetValueOrDefault(page);

    public bool IsOwned(PageNumber page) => _owned.ContainsKey(page);

    public bool IsInMemory(PageNumber page) => _owned.ContainsKey(page) || _onlyRead.Contains(page);

    public bool IsShown(PageNumber page) => _shown.ContainsKey(page);

    public bool IsGuard(PageNumber page) => _guards.Contains(page);

    /// <summary>True where nothing is: a fault nearby may show a page of a file there.</summary>
    public bool IsUntouched(PageNumber page) => !IsInMemory(page) && !IsShown(page) && !IsGuard(page);

    public int CountOwned(PageRange range) => PagesIn(range, _owned.Keys, _owned.Count).Count(IsOwned);

    /// <summary>Gives the process a page with these bytes.</summary>
    public void Own(PageNumber page, byte[] bytes)
    {
        _onlyRead.Remove(page);
        Hide(page);
        _owned.Add(page, new PrivatePage(bytes));
    }

    /// <summary>Maps a page of a file.</summary>
    public void Show(PageNumber page, FileObject contents, long index)
    {
        _shown.Add(page, new FilePage(contents, index));
        contents.NoteShown(index, this, page);
    }

    /// <summary>Unmaps a page of a file, if one is mapped there; the file keeps it.</summary>
    public void Hide(PageNumber page)
    {
        if (_shown.Remove(page, out FilePage shown)) shown.Contents.NoteHidden(shown.Index, this, page);
    }

    /// <summary>The pages of files that are mapped in a range.</summary>
    public List<FilePage> ShownIn(PageRange range) =>
        [.. PagesIn(range, _shown.Keys, _shown.Count).Where(_shown.ContainsKey).Select(page => _shown[page])];

    /// <summary>Puts a guard on every page of a range that holds nothing.</summary>
    public void InstallGuards(PageRange range)
    {
        for (PageNumber page = range.First; page < range.End; page++) _guards.Add(page);
    }

    public void RemoveGuards(PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _guards, _guards.Count)) _guards.Remove(page);
    }

    /// <summary>Maps the zero page. False when the page was in memory already.</summary>
    public bool ShowZeros(PageNumber page) => !_owned.ContainsKey(page) && _onlyRead.Add(page);

    /// <summary>Drops what a range holds, apart from guards.</summary>
    public void Discard(PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _shown.Keys, _shown.Count)) Hide(page);
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
        foreach (PageNumber page in PagesIn(range, _guards, _guards.Count))
        {
            if (_guards.Remove(page)) _guards.Add(target + (page - range.First));
        }
        foreach (PageNumber page in PagesIn(range, _shown.Keys, _shown.Count))
        {
            if (!_shown.TryGetValue(page, out FilePage shown)) continue;
            Hide(page);
            Show(target + (page - range.First), shown.Contents, shown.Index);
        }
    }

    /// <summary>Copies a range for a child; from now on the first write to each copied page is a fault on both sides.</summary>
    public void CopyTo(ProcessPages child, PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count))
        {
            if (!_owned.TryGetValue(page, out PrivatePage? own)) continue;
            own.IsExclusive = false;
            child._owned.Add(page, new PrivatePage([.. own.Bytes]) { IsExclusive = false });
        }
        child._onlyRead.UnionWith(PagesIn(range, _onlyRead, _onlyRead.Count).Where(_onlyRead.Contains));
        child._guards.UnionWith(PagesIn(range, _guards, _guards.Count).Where(_guards.Contains));
        foreach (PageNumber page in PagesIn(range, _shown.Keys, _shown.Count))
        {
            if (_shown.TryGetValue(page, out FilePage shown)) child.Show(page, shown.Contents, shown.Index);
        }
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

/// <summary>A page of a file.</summary>
/// <param name="Contents">The file.</param>
/// <param name="Index">The page.</param>
internal readonly record struct FilePage(FileObject Contents, long Index);
