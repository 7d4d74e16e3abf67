using Paging.Native.Diagnostics;
using Paging.Native.Memory;

namespace Paging.Native.Translation;

//   word of a page   frame << 2 | writable << 1 | 1          0: not shown
/// <summary>The pages that a window of the host shows: a TLB whose entries are mappings of the host.</summary>
/// <remarks><code>
/// Always holds    X8   a page that is shown is present, user on both levels, and A = 1, and shows the frame that its entry names
///                 X9   one that can be written is writable on both levels, D = 1, and no log needs its next write
///                 X10  the mappings are those of the words, and fewer than WindowMappings.Limit
/// Kept by         TranslationCache, which every change of an entry passes: what it drops is taken away here before it returns
/// Cost            a call of the host for each run of pages shown or taken away, 1 to 3 µs; a page that is not shown costs a load
/// Threading       slow path. The host's call returns when no thread reaches the old page, so no thread has to poll
/// </code></remarks>
internal sealed class ShownPages : IDisposable
{
    private const uint Shown = 1, Writable = 2, NextFrame = 1 << FrameShift;
    private const int FrameShift = 2;
    private const int RunsMax = 32;    // a call that takes rights away from more runs takes the pages away instead: one call of the host
    private const uint GapMax = 15;    // pages that go along in a batch

    private readonly WindowAddresses _addresses;
    private readonly WindowMappings _mappings;
    private readonly HostBlock _block = new(PageCount.AddressSpace.Value * sizeof(uint));
    private RegionSet _regions;    // those that have had words since all was hidden
    private PageRange _pending;    // lost in a batch, and not taken away yet
    private bool _pendingReads;
    private int _batches;

    /// <summary>Reserves the addresses; nothing is shown.</summary>
    /// <exception cref="PlatformNotSupportedException">The host is none for it.</exception>
    /// <exception cref="InvalidOperationException">The host has no room for so many addresses.</exception>
    public ShownPages(PhysicalMemory ram, WindowMappings mappings)
    {
        _addresses = new(ram);
        _mappings = mappings;
        _mappings.Add(this);
        MappingCount = 1;
        _mappings.Count++;
    }

    /// <summary>The host's address of page 0.</summary>
    public nint Start => _addresses.Start;

    /// <summary>The number of the host's mappings: of the pages shown, and of the gaps between them.</summary>
    public int MappingCount { get; private set; }

    /// <summary>The word of a page; 0 if it is not shown.</summary>
    // SAFETY: a page is below 2^20, as many as there are words.
    public unsafe uint this[PageNumber page] => Words[page.Value];

    /// <summary>The word of a page that is shown.</summary>
    public static uint WordOf(FrameNumber frame, bool isWritable) => (frame.Value << FrameShift) | Shown | (isWritable ? Writable : 0);

    /// <summary>The frame of a word that is not 0.</summary>
    public static FrameNumber FrameOf(uint word) => new(word >> FrameShift);

    /// <summary>True if the page can be written to.</summary>
    public static bool IsWritable(uint word) => (word & Writable) != 0;

    /// <summary>True if two pages side by side are one mapping: the frames follow one another, with the same rights.</summary>
    public static bool Follows(uint word, uint before) => word == (FrameOf(before) == default ? before : before + NextFrame);

    /// <summary>Shows a run of pages. Precondition: X8 and X9.</summary>
    /// <param name="pages">The pages, in one region of 4 MiB.</param>
    /// <param name="word">The word of the first page; the others follow it.</param>
    /// <returns>False if the host refuses. The pages are not shown then.</returns>
    public bool TryShow(PageRange pages, uint word)
    {
        Flush();
        _mappings.MakeRoom(2);    // one in the middle of another makes three of it
        if (TryMap(pages, word)) return true;
        HideAll();    // the host may count other mappings than ours
        return TryMap(pages, word);
    }

    /// <summary>Takes away what a page has lost.</summary>
    /// <param name="page">The page.</param>
    /// <param name="alsoReads">False: only the right to write.</param>
    public void Lose(PageNumber page, bool alsoReads)
    {
        if (!Has(page, alsoReads) || TryExtend(page, alsoReads)) return;
        Flush();
        if (!Has(page, alsoReads)) return;    // it has gone with the pages that waited
        (_pending, _pendingReads) = (new(page, PageCount.One), alsoReads);
        if (_batches == 0) Flush();
    }

    /// <summary>Begins a part of a call in which pages side by side are taken away together (<see cref="WindowBatch"/>).</summary>
    public void BeginBatch() => _batches++;

    /// <summary>Takes away what is left of a batch.</summary>
    public void EndBatch()
    {
        if (--_batches == 0) Flush();
    }

    /// <summary>Same as <see cref="Lose(PageNumber, bool)"/>, for a range.</summary>
    public void Lose(PageRange range, bool alsoReads)
    {
        if (range.Count == PageCount.One)
        {
            Lose(range.First, alsoReads);
            return;
        }

        Flush();
        uint wanted = alsoReads ? Shown : Writable, end = range.End.Value;
        if (!TryFind(range.First.Value, end, wanted, out uint first)) return;
        for (int runs = 0; !alsoReads && runs < RunsMax; runs++)
        {
            uint next = first + 1;
            while (next < end && (this[new(next)] & Writable) != 0) next++;
            Take(PageRange.Between(new(first), new(next)), alsoReads: false);
            if (!TryFind(next, end, wanted, out first)) return;
        }

        while (end > first + 1 && (this[new(end - 1)] & wanted) == 0) end = LastBefore(end);
        Take(PageRange.Between(new(first), new(Math.Max(end, first + 1))), alsoReads: true);
    }

    /// <summary>Takes all pages away.</summary>
    /// <exception cref="InvalidOperationException">The host does not let them go.</exception>
    public void HideAll()
    {
        if (!_addresses.TryHide(PageRange.All)) throw new InvalidOperationException("The host does not unmap the pages of a window.");
        for (int region = _regions.NextFrom(0); region >= 0; region = _regions.NextFrom(region + 1)) WordsOf(region).Clear();
        (_regions, _pending) = (default, default);
        Count(1 - MappingCount);
    }

    /// <summary>Gives the addresses back.</summary>
    public void Dispose()
    {
        _addresses.Dispose();
        _block.Dispose();
        _mappings.Remove(this);
        Count(-MappingCount);
    }

    /// <summary>Recounts the mappings; rule X10. <c>TranslationAudit</c> compares the words with the tables.</summary>
    public void Audit(AuditReport report)
    {
        report.AddIfDifferent("X10", "mappings of a window", CountBorders(PageRange.All) + 1, MappingCount);
        if (_mappings.Count > _mappings.Limit)
            report.Add("X10", $"the windows have {_mappings.Count} mappings, and {_mappings.Limit} are allowed");
    }

    /// <summary>The first page from another one on that is shown.</summary>
    /// <returns>False if there is none.</returns>
    public bool TryNext(PageNumber from, out PageNumber page)
    {
        bool isFound = TryFind(from.Value, PageCount.AddressSpace.Value, Shown, out uint first);
        page = new(first);
        return isFound;
    }

    private bool Has(PageNumber page, bool alsoReads) => alsoReads ? this[page] != 0 : IsWritable(this[page]);

    /// <summary>Adds a page to those that wait in a batch. Returns false if it does not continue them.</summary>
    /// <remarks>Pages of a small gap go along when all rights go: they come back with the next fault beside them.</remarks>
    private bool TryExtend(PageNumber page, bool alsoReads)
    {
        if (_pending.IsEmpty || _pendingReads != alsoReads) return false;
        if (_pending.Contains(page)) return true;
        uint gap = page.Value - _pending.End.Value;
        if (gap > (alsoReads ? GapMax : 0)) return false;
        _pending = _pending with { Count = _pending.Count + new PageCount(gap + 1) };
        return true;
    }

    private void Flush()
    {
        PageRange pending = _pending;
        _pending = default;
        if (!pending.IsEmpty) Take(pending, _pendingReads);
    }

    private bool TryMap(PageRange pages, uint word)
    {
        bool isDone = FrameOf(word) == default ? _addresses.TryShowZeros(pages)
            : _addresses.TryShow(pages, FrameOf(word), IsWritable(word));
        if (!isDone) return false;
        _regions.Add(pages.First.DirectoryIndex);
        int before = CountBorders(pages);
        foreach (ref uint one in WordsIn(pages))
        {
            one = word;
            if (FrameOf(word) != default) word += NextFrame;
        }

        Count(CountBorders(pages) - before);
        return true;
    }

    private void Take(PageRange pages, bool alsoReads)
    {
        bool hasRoom = _mappings.Count <= _mappings.Limit - 2;    // one in the middle of another makes three of it
        if (!hasRoom) _mappings.ForgottenCount++;
        if (!hasRoom || !(alsoReads ? _addresses.TryHide(pages) : _addresses.TryProtect(pages)))
        {
            HideAll();    // which needs no mapping more
            return;
        }

        int before = CountBorders(pages);
        uint end = pages.End.Value;
        for (uint page = pages.First.Value; page < end;)
        {
            uint inRegion = Math.Min(end - page, 1024 - (page & 1023));
            Span<uint> words = _regions.Contains((int)(page >> 10)) ? WordsIn(new(new(page), new(inRegion))) : default;
            if (alsoReads) words.Clear();
            else foreach (ref uint word in words) word &= ~Writable;
            page += inRegion;
        }

        Count(CountBorders(pages) - before);
    }

    private void Count(int added)
    {
        MappingCount += added;
        _mappings.Count += added;
    }

    /// <summary>The first page in a range whose word has a bit.</summary>
    private bool TryFind(uint first, uint end, uint bit, out uint page)
    {
        for (page = first; page < end;)
        {
            int region = _regions.NextFrom((int)(page >> 10));
            if (region < 0) return false;
            page = Math.Max(page, (uint)region << 10);
            for (uint stop = Math.Min(end, (uint)(region + 1) << 10); page < stop; page++)
                if ((this[new(page)] & bit) != 0) return true;
        }

        return false;
    }

    /// <summary>A page before which nothing is shown up to the end of a range: skips a region without words.</summary>
    private uint LastBefore(uint end) =>
        _regions.Contains((int)((end - 1) >> 10)) ? end - 1 : (end - 1) & ~1023u;

    /// <summary>Counts the pages, from the first one to the one after the last, that begin a mapping of the host.</summary>
    private int CountBorders(PageRange pages)
    {
        int borders = 0;
        uint end = Math.Min(pages.End.Value, PageCount.AddressSpace.Value - 1);
        for (uint page = Math.Max(pages.First.Value, 1); page <= end; page++)
        {
            if (!_regions.Contains((int)(page >> 10)) && !_regions.Contains((int)((page - 1) >> 10)))
            {
                int region = _regions.NextFrom((int)(page >> 10));
                if (region < 0 || (uint)region << 10 > end) break;
                page = (uint)region << 10;
            }

            if (!Follows(this[new(page)], this[new(page - 1)])) borders++;
        }

        return borders;
    }

    // SAFETY: the block has a word for each page, and lives as long as this object.
    private unsafe uint* Words => (uint*)_block.Address;

    private unsafe Span<uint> WordsOf(int region) => new(Words + ((uint)region << 10), 1024);

    private unsafe Span<uint> WordsIn(PageRange pages) => new(Words + pages.First.Value, (int)pages.Count.Value);
}
