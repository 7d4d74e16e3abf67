using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>A page that a process has for itself: its bytes, and whether a write to it needs no further fault.</summary>
/// <param name="bytes">Those of a small frame; a part of a huge one has the frame's.</param>
/// <param name="block">The huge frame that it is a part of; none for a small frame.</param>
/// <param name="index">The part.</param>
internal sealed class PrivatePage(Memory<byte> bytes, HugeBlock? block = null, int index = 0)
{
    public Span<byte> Bytes => Block is null ? bytes.Span : Block.Page(Index);

    /// <summary>The huge frame that it is a part of; none for a small frame.</summary>
    public HugeBlock? Block { get; } = block;

    /// <summary>The part.</summary>
    public int Index { get; } = index;

    /// <summary>False from a fork until the next write: the first write of each process is a fault (DIALECT L4.82).</summary>
    public bool IsExclusive { get; set; } = true;

    /// <summary>For a child: a small page is copied at once, a part of a huge frame stays the same until a write.</summary>
    public PrivatePage Copy() => Block is null
        ? new(bytes.ToArray()) { IsExclusive = false }
        : new(bytes, Block, Index) { IsExclusive = false };
}

/// <summary>
/// The pages that a process has in memory: its own, anonymous ones that were only read, those of files that it maps, guards, and huge
/// entries.
/// </summary>
/// <remarks>
/// The five are disjoint. A page in none of them is filled by the next access. <see cref="Lines"/> records where page tables exist.
/// </remarks>
internal sealed class ProcessPages
{
    private readonly Dictionary<PageNumber, PrivatePage> _owned = [];
    private readonly HashSet<PageNumber> _onlyRead = [];    // they show the common zero page
    private readonly Dictionary<PageNumber, FilePage> _shown = [];
    private readonly HashSet<PageNumber> _guards = [];

    public ProcessPages(LineTables lines) => Lines = lines;

    /// <summary>Page-table pages and huge entries.</summary>
    public LineTables Lines { get; }

    public PrivatePage? Find(PageNumber page) => _owned.GetValueOrDefault(page);

    public bool IsOwned(PageNumber page) => _owned.ContainsKey(page) || Lines.At(page) is { IsPrivate: true };

    public bool IsInMemory(PageNumber page) => _owned.ContainsKey(page) || _onlyRead.Contains(page) || Lines.At(page) is not null;

    public bool IsShown(PageNumber page) => _shown.ContainsKey(page);

    public bool IsGuard(PageNumber page) => _guards.Contains(page);

    public bool IsOnlyRead(PageNumber page) => _onlyRead.Contains(page);

    /// <summary>True where nothing is: a fault nearby may show a page of a file there.</summary>
    public bool IsUntouched(PageNumber page) => !IsInMemory(page) && !IsShown(page) && !IsGuard(page);

    public int CountOwned(PageRange range) =>
        PagesIn(range, _owned.Keys, _owned.Count).Count(_owned.ContainsKey)
            + Lines.Entries.Where(static entry => entry.Entry.IsPrivate).Sum(entry => (int)range.Intersect(entry.Range).Count.Value);

    /// <summary>Gives the process a page with these bytes.</summary>
    public void Own(PageNumber page, Memory<byte> bytes)
    {
        _onlyRead.Remove(page);
        Hide(page);
        Lines.AddTable(page);
        _owned.Add(page, new PrivatePage(bytes));
    }

    /// <summary>Replaces a part of a huge frame that others have, too, with a copy.</summary>
    public void CopyOwned(PageNumber page)
    {
        _owned.Remove(page, out PrivatePage? part);
        _owned.Add(page, new PrivatePage(part!.Bytes.ToArray()));
        RemovePart(part.Block!);
    }

    private void RemovePart(HugeBlock block)
    {
        block.RemoveUser(this, 1);
        block.Mappings.Remove(this, 1);
    }

    /// <summary>Maps a page of a file.</summary>
    public void Show(PageNumber page, FileObject contents, long index)
    {
        Lines.AddTable(page);
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
        for (PageNumber page = range.First; page < range.End; page++)
        {
            Lines.AddTable(page);
            _guards.Add(page);
        }
    }

    public void RemoveGuards(PageRange range)
    {
        foreach (PageNumber page in PagesIn(range, _guards, _guards.Count)) _guards.Remove(page);
    }

    /// <summary>Maps the zero page. False when the page was in memory already.</summary>
    public bool ShowZeros(PageNumber page)
    {
        if (_owned.ContainsKey(page) || !_onlyRead.Add(page)) return false;
        Lines.AddTable(page);
        return true;
    }

    /// <summary>Maps a huge page, or the huge zero page, in a line that holds nothing.</summary>
    public void PutHuge(PageNumber line, HugeEntry entry)
    {
        entry.Block?.AddUser(this, Lines.PagesEach);
        entry.Block?.Mappings.Add(this, 1);
        Lines.Put(line, entry);
    }

    /// <summary>Maps a huge page of an ordinary object with one entry. An empty table there goes. Linux: do_set_pmd.</summary>
    public void PutWhole(PageNumber line, FileObject contents, long first)
    {
        Lines.RemoveTable(line);
        Lines.Put(line, new HugeEntry(null) { IsOfObject = true, Contents = contents, FirstPage = first });
        contents.NoteWhole(first, this);
    }

    /// <summary>Takes away the entries that show a huge page of an ordinary object.</summary>
    public void HideWhole(FileObject contents, long first)
    {
        foreach ((PageRange line, HugeEntry entry) in Lines.Entries.ToList())
            if (entry.Contents == contents && entry.FirstPage == first) Lines.Take(line.First);
    }

    /// <summary>Takes a huge entry away.</summary>
    public void RemoveHuge(PageNumber line)
    {
        HugeEntry entry = Lines.Take(line);
        entry.Block?.RemoveUser(this, Lines.PagesEach);
        entry.Block?.Mappings.Remove(this, 1);
    }

    /// <summary>
    /// Makes small entries of a transparent huge one that has the page inside; nothing is lost. A huge page of a file just goes: its
    /// pages come again. Linux: __split_huge_pmd.
    /// </summary>
    public void Split(PageNumber page)
    {
        if (Lines.At(page) is not { IsOfPool: false } entry) return;
        PageNumber line = Lines.LineOf(page);
        Lines.Take(line);
        if (entry.IsOfObject) return;
        Lines.AddTable(line);
        for (int i = 0; i < Lines.PagesEach; i++)
        {
            PageNumber part = line + new PageCount((uint)i);
            if (entry.Block is null) _onlyRead.Add(part);
            else _owned.Add(part, new PrivatePage(default, entry.Block, i) { IsExclusive = entry.IsExclusive });
        }
        entry.Block?.Mappings.Add(this, Lines.PagesEach);
        entry.Block?.Mappings.Remove(this, 1);
    }

    /// <summary>A border comes to lie there: a huge entry around it is split.</summary>
    public void SplitAt(PageNumber border)
    {
        if (Lines.LineOf(border) != border) Split(border);
    }

    /// <summary>Drops the pages of a range, apart from guards.</summary>
    public void Discard(PageRange range)
    {
        if (range.IsEmpty) return;
        SplitAt(range.First);
        SplitAt(range.End);
        foreach ((PageRange line, HugeEntry _) in Lines.Entries.ToList())
        {
            if (range.Contains(line.First)) RemoveHuge(line.First);
        }
        foreach (PageNumber page in PagesIn(range, _shown.Keys, _shown.Count)) Hide(page);
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count))
        {
            if (_owned.Remove(page, out PrivatePage? gone) && gone.Block is { } block) RemovePart(block);
        }
        foreach (PageNumber page in PagesIn(range, _onlyRead, _onlyRead.Count)) _onlyRead.Remove(page);
    }

    /// <summary>True if a line holds not one small entry.</summary>
    public bool IsEmpty(PageRange line)
    {
        for (PageNumber page = line.First; page < line.End; page++) if (!IsUntouched(page)) return false;
        return true;
    }

    /// <summary>Takes a range's pages to another place, as they are, and whole lines with their tables. Linux: move_page_tables.</summary>
    /// <param name="range">The range.</param>
    /// <param name="target">The place.</param>
    /// <param name="takesFirst">The table of the first line goes along, although the range begins within the line.</param>
    public void Move(PageRange range, PageNumber target, bool takesFirst)
    {
        if (range.IsEmpty) return;
        bool isWhole = (range.First.Value - target.Value) % Lines.PagesEach == 0;
        foreach ((PageRange line, HugeEntry _) in Lines.Entries.ToList())
        {
            if (line.Intersects(range) && !(isWhole && range.Contains(line.First) && line.End <= range.End)) Split(line.First);
        }
        Lines.Move(range, target, isWhole, takesFirst);
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
            ShowMoved(target + (page - range.First), shown);
        }

        void ShowMoved(PageNumber page, FilePage shown)
        {
            _shown.Add(page, shown);
            shown.Contents.NoteShown(shown.Index, this, page);
        }
    }

    /// <summary>Copies a range for a child; from now on the first write to each copied page is a fault on both sides.</summary>
    public void CopyTo(ProcessPages child, PageRange range)
    {
        Lines.CopyTo(child.Lines, range);
        foreach ((PageRange line, HugeEntry entry) in Lines.Entries.ToList())
        {
            if (!range.Contains(line.First) || (entry.IsOfObject && !entry.IsOfPool)) continue;
            entry.IsExclusive = false;
            child.PutHuge(line.First, new HugeEntry(entry.Block) { IsOfObject = entry.IsOfObject, IsOfPool = entry.IsOfPool });
        }
        foreach (PageNumber page in PagesIn(range, _owned.Keys, _owned.Count))
        {
            if (!_owned.TryGetValue(page, out PrivatePage? own)) continue;
            own.IsExclusive = false;
            own.Block?.AddUser(child, 1);
            own.Block?.Mappings.Add(child, 1);
            child._owned.Add(page, own.Copy());
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
