using Paging.Native;

namespace Paging.ReferenceModel.State;

/// <summary>The bytes of a tmpfs file or of a shared anonymous object, page by page. Linux: an inode of mm/shmem.c.</summary>
internal sealed class FileObject(string name, HugePool? pool = null)
{
    private const int PageSize = 4096;
    private readonly Dictionary<long, byte[]> _pages = [];    // a missing page reads as zeros
    private readonly HashSet<long> _written = [];             // the others can be made again: MADV_PAGEOUT drops them
    private readonly HashSet<long> _unfilled = [];            // made by fallocate, and not used since: their zeros are no data yet
    private readonly HashSet<long> _pinned = [];              // locked pages whose area has lost its lock
    private readonly Dictionary<long, HashSet<(ProcessPages Pages, PageNumber Page)>> _mappings = [];
    private readonly Dictionary<long, HashSet<ProcessPages>> _collapsed = [];    // by first page: the processes that have had one entry
    private readonly Dictionary<long, (long First, long Count)> _folios = [];    // by page: the folio of several pages that it is in
    private long _pagesEach = 1;    // pages of such an entry

    /// <summary>As <c>maps</c> shows it.</summary>
    public string Name { get; } = name;

    public long Length { get; private set; }

    /// <summary>Its pages, if it is a file of huge pages; of the rest of this type, only the length is used then.</summary>
    public HugeObject? Huge { get; } = pool is null ? null : new(pool);

    /// <summary>Pages that were committed when it was made; none for files and for MAP_NORESERVE.</summary>
    public long CommittedPages { get; private init; }

    /// <summary>The object of a mapping of the pool without a file.</summary>
    public static FileObject AnonymousHuge(HugePool pool, long length) => new("/anon_hugepage", pool) { Length = length };

    /// <summary>Makes it longer, if it is shorter.</summary>
    public void Reach(long length) => Length = Math.Max(Length, length);

    /// <summary>Makes a page present. Returns its number.</summary>
    public long Bring(long page)
    {
        _ = Page(page);
        return page;
    }

    /// <summary>An object for a shared anonymous mapping; it never grows.</summary>
    public static FileObject SharedAnonymous(PageCount count, bool isCommitted) =>
        new("/dev/zero") { Length = (long)count.Bytes, CommittedPages = isCommitted ? count.Value : 0 };

    /// <summary>False when the page lies wholly beyond the end.</summary>
    public bool Covers(long page) => Length > 0 && page <= (Length - 1) / PageSize;

    /// <summary>For <c>mincore</c>: written, or brought in by an access through a mapping, and not punched or cut off since.</summary>
    public bool IsInMemory(long page) => _pages.ContainsKey(page) && !_unfilled.Contains(page);

    /// <summary>True if the object has the page, although fallocate alone may have used it.</summary>
    public bool HasPage(long page) => _pages.ContainsKey(page);

    /// <summary>Makes a page that holds nothing yet. One that is there already is filled. Linux: shmem_get_folio(SGP_FALLOC).</summary>
    public void SetAside(long page)
    {
        if (!_unfilled.Remove(page) && _pages.TryAdd(page, new byte[PageSize])) _unfilled.Add(page);
        MarkWritten(page);
    }

    /// <summary>The bytes of a page that a mapping touches. Linux: shmem_fault, which fills a hole for reads, too.</summary>
    public byte[] Page(long page)
    {
        _unfilled.Remove(page);
        if (_pages.TryGetValue(page, out byte[]? bytes)) return bytes;
        bytes = new byte[PageSize];
        _pages.Add(page, bytes);
        return bytes;
    }

    /// <summary>A store has changed a page, or a partial hole has.</summary>
    public void MarkWritten(long page) => _written.Add(page);

    public void Pin(long page) => _pinned.Add(page);

    public void NoteShown(long page, ProcessPages pages, PageNumber where)
    {
        if (!_mappings.TryGetValue(page, out HashSet<(ProcessPages, PageNumber)>? mappings)) _mappings.Add(page, mappings = []);
        mappings.Add((pages, where));
    }

    public void NoteHidden(long page, ProcessPages pages, PageNumber where) => _mappings[page].Remove((pages, where));

    /// <summary>
    /// Unmaps a page that is mapped once, and drops it if it was never written. Linux: reclaim_pages, with no swap device.
    /// </summary>
    public void PageOut(long page)
    {
        if (_mappings.GetValueOrDefault(page)?.Count != 1 || _pinned.Contains(page)) return;
        Hide(page);
        if (!_written.Contains(page)) _pages.Remove(page);
    }

    /// <summary>Copies bytes at an offset, up to the end of the file. Returns their number.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        int count = (int)Math.Clamp(Length - offset, 0, buffer.Length);
        if (Huge is not null)
        {
            Huge.Read(offset, buffer[..count]);
            return count;
        }
        for (int done = 0; done < count;)
        {
            int inPage = (int)((offset + done) % PageSize);
            int step = Math.Min(PageSize - inPage, count - done);
            if (_pages.TryGetValue((offset + done) / PageSize, out byte[]? bytes)) bytes.AsSpan(inPage, step).CopyTo(buffer[done..]);
            else buffer.Slice(done, step).Clear();
            done += step;
        }
        return count;
    }

    /// <summary>Copies in; the file becomes longer where it must.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        for (int done = 0; done < data.Length;)
        {
            int inPage = (int)((offset + done) % PageSize);
            int step = Math.Min(PageSize - inPage, data.Length - done);
            data.Slice(done, step).CopyTo(Page((offset + done) / PageSize).AsSpan(inPage));
            MarkWritten((offset + done) / PageSize);
            done += step;
        }
        Length = Math.Max(Length, offset + data.Length);
    }

    /// <summary>
    /// Sets the length. Bytes that were stored beyond the end of the last page appear if the file grows; otherwise they are erased, even if
    /// the length stays. Linux: shmem_setattr.
    /// </summary>
    public void Truncate(long length)
    {
        if (length <= Length) Erase(length, long.MaxValue);
        Length = length;
        Huge?.DropFrom(length / Huge.Pool.BytesEach);
    }

    /// <summary>Makes the bytes of a range zeros and gives whole pages back; the length stays.</summary>
    /// <remarks>
    /// A hole that ends inside the first page unmaps the pages after that one, and if it starts at 0 this one as well (DIALECT 9.5).
    /// </remarks>
    public void Punch(long offset, long byteLength)
    {
        if (offset + byteLength < PageSize)
        {
            foreach (long first in _collapsed.Keys) HideWhole(first);
            foreach (long page in _mappings.Keys.Where(page => page > 0 || offset == 0).ToList()) Hide(page);
        }
        Erase(offset, offset + byteLength);
    }

    /// <summary>True if the pages from one on are one huge page of the object, which MADV_COLLAPSE has made of them.</summary>
    public bool IsCollapsed(long first) => _collapsed.ContainsKey(first);

    /// <summary>
    /// Fills the pages that only fallocate has used and unmaps all, up to one that lies beyond the end, which cannot be filled: false.
    /// Linux: collapse_file, shmem_get_folio.
    /// </summary>
    public bool TryFill(long first, long count)
    {
        for (long page = first; page < first + count; page++)
        {
            if (_unfilled.Contains(page) && !Covers(page)) return false;
            _unfilled.Remove(page);
            Hide(page);
        }
        return true;
    }

    /// <summary>Makes one huge page of small ones, missing ones too; every view loses its small entries. Linux: collapse_file.</summary>
    public void Collapse(long first, long count)
    {
        _pagesEach = count;
        for (long page = first; page < first + count; page++)
        {
            MarkWritten(Bring(page));
            Hide(page);
        }
        _collapsed.Add(first, []);
        PutFolio(first, count);
    }

    /// <summary>Some process maps a huge page of the object with one entry.</summary>
    public void NoteWhole(long first, ProcessPages pages) => _collapsed[first].Add(pages);

    /// <summary>The folio of a page: a huge page, or a part of one that holes have left.</summary>
    public (long First, long Count) FolioOf(long page) => _folios.GetValueOrDefault(page, (page, 1));

    private void PutFolio(long first, long count)
    {
        for (long page = first; page < first + count; page++)
        {
            if (count > 1) _folios[page] = (first, count);
            else _folios.Remove(page);
        }
    }

    /// <summary>
    /// A part of a folio is to go: no view shows any of its pages until the next touch. Halves are split off around the page at the cut,
    /// down to that page alone; those that begin beyond the end go. Linux: truncate_inode_partial_folio, unmap_folio,
    /// __split_unmapped_folio.
    /// </summary>
    /// <param name="folio">The folio before both cuts.</param>
    /// <param name="cut">One end of the range, in bytes.</param>
    /// <param name="start">The range, in bytes.</param>
    /// <param name="end">Its end.</param>
    private void BreakUp((long First, long Count) folio, long cut, long start, long end)
    {
        long from = folio.First * PageSize, after = (folio.First + folio.Count) * PageSize;
        if (folio.Count == 1 || cut >= after || (start <= from && end >= after)) return;
        for (long page = folio.First; page < folio.First + folio.Count; page++) Hide(page);
        SplitAround(cut / PageSize);
        for (long page = folio.First; page < folio.First + folio.Count;)
        {
            (long first, long count) = FolioOf(page);
            page = first + count;
            if (first * PageSize < Length) continue;
            for (long gone = first; gone < page; gone++) Remove(gone);
        }
    }

    private void SplitAround(long page)
    {
        (long first, long count) = FolioOf(page);
        while (count > 1)
        {
            count /= 2;
            bool isLower = page < first + count;
            PutFolio(isLower ? first + count : first, count);
            if (!isLower) first += count;
        }
        PutFolio(page, 1);
    }

    private void Remove(long page)
    {
        _folios.Remove(page);
        _pages.Remove(page);
        _written.Remove(page);
        _unfilled.Remove(page);
        _pinned.Remove(page);
    }

    private void HideWhole(long first)
    {
        foreach (ProcessPages pages in _collapsed[first]) pages.HideWhole(this, first);
    }

    /// <summary>Unmaps a page from every process.</summary>
    public void Hide(long page)
    {
        foreach ((ProcessPages pages, PageNumber where) in _mappings.GetValueOrDefault(page)?.ToList() ?? []) pages.Hide(where);
    }

    private void Erase(long start, long end)
    {
        foreach (long first in _collapsed.Keys.Where(first => start < (first + _pagesEach) * PageSize && end > first * PageSize).ToList())
        {
            HideWhole(first);
            _collapsed.Remove(first);
        }
        (long, long) atStart = FolioOf(start / PageSize), atEnd = FolioOf((end - 1) / PageSize);
        BreakUp(atStart, start, start, end);
        BreakUp(atEnd, end, start, end);
        foreach ((long page, byte[] bytes) in _pages.ToList())
        {
            // Counted from the page: the end of the last page that there can be is beyond 2^63.
            long at = page * PageSize, from = Math.Max(start - at, 0), to = Math.Min(end - at, PageSize);
            if (from >= to) continue;
            if (to - from == PageSize)
            {
                Hide(page);
                Remove(page);
            }
            else
            {
                bytes.AsSpan((int)from, (int)(to - from)).Clear();
                MarkWritten(page);
            }
        }
    }
}
