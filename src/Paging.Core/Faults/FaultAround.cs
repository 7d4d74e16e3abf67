using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>Lets a read fault map the cached neighbours of its page as well: up to fifteen faults fewer, and no extra I/O.</summary>
/// <remarks><code>
///   ├─────── 16 pages, aligned in the page table ───────┤     cut to the area, the table and the file
///   │ c   c   ·   c   #   c   F   c   c   ·   c   t   c │     F the fault, c cached, t touched before,
///   │ ▲   ▲       ▲       ▲   ▲   ▲   ▲       ▲       ▲ │     # carries the read-ahead mark, ▲ mapped now
/// </code>
/// A page with the read-ahead mark waits for its own fault, because read-ahead must notice its first use.
/// New entries have the accessed bit set, as on x86. Their translations are cached at once, so the first read of a neighbour is a hit.
/// A write fault maps only its own page, because each first write must be noticed.
/// Linux: mm/memory.c do_fault_around; mm/filemap.c filemap_map_pages, next_uptodate_folio.
/// </remarks>
internal sealed class FaultAround(PhysicalMemory ram, FrameTable frames, OpenFileTable files, PageCache cache, int pageCount)
{
    /// <summary>The most pages that one fault maps.</summary>
    public const int PagesMax = 64;

    /// <summary>A fault maps nothing beyond a border of 2 MiB: what a table covers on the recording kernel, a 64-bit one.</summary>
    private const uint EntriesOfTable = 512;    // PTRS_PER_PTE

    private readonly uint _pageCount = (uint)pageCount;

    /// <summary>Maps the page of a read fault and its cached neighbours. The page table must exist.</summary>
    /// <returns>False if the faulting page itself is not mapped; some neighbours may be.</returns>
    public bool TryMap(Space space, ref Area area, PageFault fault, FileObject file)
    {
        PageRange window = WindowOf(area, fault.Page, file);
        return window.Count > PageCount.One && TryMap(space, ref area, fault, file, window);
    }

    /// <summary>Maps the cached pages before the end of the file that lie around a page beyond it.</summary>
    /// <returns>False if there is no frame for the page table.</returns>
    public bool TryMapBeforeEnd(Space space, ref Area area, PageFault fault, FileObject file)
    {
        PageRange window = WindowOf(area, fault.Page, file);
        if (_pageCount == 1 || window.IsEmpty) return true;
        if (!space.Tables.TryEnsureTable(fault.Page)) return false;
        _ = TryMap(space, ref area, fault, file, window);
        return true;
    }

    private bool TryMap(Space space, ref Area area, PageFault fault, FileObject file, PageRange window)
    {
        Span<uint> words = stackalloc uint[PagesMax];
        words = words[..(int)window.Count.Value];
        RadixRuns.Copy(cache.Forest, in file.Pages, area.OffsetOf(window.First).Value, words);
        bool writable = file.IsMemory && area.Has(AreaFlags.Shared | AreaFlags.Write) && !area.Has(AreaFlags.SoftClean)
            && !space.WritesFault;
        Span<PageTableEntry> entries = stackalloc PageTableEntry[PagesMax];
        entries = entries[..words.Length];
        uint mapped = TurnFramesIntoEntries(space, area, window.First, words, entries, writable);
        if (mapped == 0) return false;

        space.Tables.FillUntouched(window.First, entries);
        space.Statistics.CountResident(file.IsMemory ? ResidentKind.Shared : ResidentKind.File, mapped);
        space.Faults.FaultAround += mapped;
        space.Translations.FillReads(window.First, entries, ram);
        bool isResolved = window.Contains(fault.Page) && !entries[(int)(fault.Page - window.First).Value].IsNeverTouched;
        if (!file.IsMemory) MappedReadAhead.CountMapped(ref files[area.File].ReadAhead, mapped);
        if (!isResolved) return false;
        space.Faults.FaultAround--;    // the faulting page counts as a file fault instead
        space.Faults.File++;
        return true;
    }

    /// <summary>Returns the pages that may be mapped together, including the faulting one if it lies within the file.</summary>
    private PageRange WindowOf(in Area area, PageNumber page, FileObject file)
    {
        uint inTable = page.Value % EntriesOfTable;
        uint inArea = page.Value - area.First.Value;
        uint from = Math.Max(inTable & ~(_pageCount - 1), inTable - Math.Min(inTable, inArea));
        uint end = Math.Min(Math.Min(from + _pageCount, EntriesOfTable), inTable + area.Count.Value - inArea);
        PageNumber first = new(page.Value - (inTable - from));
        ulong inFile = file.PageLimit - Math.Min(file.PageLimit, area.OffsetOf(first).Value);
        return new(first, new((uint)Math.Min(end - from, inFile)));
    }

    /// <summary>Makes of each frame number the entry that maps the frame, and counts the mapping.</summary>
    /// <remarks>A page that was touched before, or whose frame carries the read-ahead mark, gets none and stays unmapped.</remarks>
    private uint TurnFramesIntoEntries(
        Space space, in Area area, PageNumber first, ReadOnlySpan<uint> frameNumbers, Span<PageTableEntry> entries, bool writable)
    {
        if (!space.Tables.TryTable(first, out EntryTable touched, out _)) return 0;
        int start = (int)first.Value & space.Tables.EntryMask;
        uint mapped = 0;
        for (int i = 0; i < frameNumbers.Length; i++)
        {
            entries[i] = default;
            if (frameNumbers[i] == 0 || touched[start + i] != 0) continue;
            FrameNumber frame = new(frameNumbers[i]);
            ref FrameDescriptor descriptor = ref frames[frame];
            if ((descriptor.Flags & PageFlags.ReadAheadMark) != 0) continue;
            frames.AddReferenceAndMapping(frame);
            cache.NoteReadAheadUsed(frame);
            entries[i] = EntryWords.Cached(frame, area.Flags, writable, written: false);
            mapped++;
        }

        return mapped;
    }
}
