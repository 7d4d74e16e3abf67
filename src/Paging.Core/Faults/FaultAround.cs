using System.Runtime.CompilerServices;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

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
internal sealed class FaultAround(
    PhysicalMemory ram, FrameTable frames, OpenFileTable files, PageCache cache, CollapsedPages collapsed, int pageCount)
{
    /// <summary>The most pages that one fault maps. Linux: fault_around_bytes_set.</summary>
    public const int PagesMax = (int)EntriesOfTable;

    /// <summary>A fault maps nothing across a border of 2 MiB, as on the 64-bit kernel on which the expectations were recorded.</summary>
    private const uint EntriesOfTable = 512;    // PTRS_PER_PTE

    private readonly uint _pageCount = (uint)pageCount;
    // Scratch of one call: on the stack it would be zeroed in each call.
    private readonly uint[] _frames = new uint[PagesMax];
    private readonly PageTableEntry[] _entries = new PageTableEntry[PagesMax];

    /// <summary>Maps the page of a read fault and its cached neighbours. The page table must exist.</summary>
    /// <returns>False if the faulting page itself is not mapped; some neighbours may be.</returns>
    public bool TryMap(Space space, ref Area area, PageFault fault, FileObject file)
    {
        PageRange window = WindowOf(area, fault.Page, file);
        return window.Count > PageCount.One && TryMap(space, ref area, fault, file, window);    // the caller maps a single page itself
    }

    /// <summary>Maps the cached pages around one that is missing: it lies beyond the end of the file, or a userfaultfd fills it.</summary>
    /// <returns>
    /// False if there is no frame for the page table. <c>isMapped</c> is true if the page itself is mapped: its folio has pages before the
    /// end of the file.
    /// </returns>
    public bool TryMapNeighbours(Space space, ref Area area, PageFault fault, FileObject file, out bool isMapped)
    {
        isMapped = false;
        PageRange window = WindowOf(area, fault.Page, file);
        if (window.IsEmpty || window == new PageRange(fault.Page, PageCount.One)) return true;    // no neighbours
        if (!HasMappable(file, FilePageRange.Of(area.OffsetOf(window.First), window.Count.Value))) return true;    // needs no table
        if (!space.Tables.TryEnsureTable(fault.Page)) return false;
        isMapped = TryMap(space, ref area, fault, file, window);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryMap(Space space, ref Area area, PageFault fault, FileObject file, PageRange window)
    {
        Span<uint> cached = _frames.AsSpan(0, (int)window.Count.Value);
        RadixRuns.Copy(cache.Forest, in file.Pages, area.OffsetOf(window.First).Value, cached);
        bool writable = file.IsMemory && area.Has(AreaFlags.Shared | AreaFlags.Write) && !area.Has(AreaFlags.SoftClean)
            && !space.Observers.NeedFaults && !HoldsCode(space, cached);    // otherwise a first write must fault, to be noticed
        PageTableEntry bare = EntryWords.Cached(default, area.Flags, writable, written: false);
        if (!area.IsAccessible) bare = bare.WithoutUser();    // for the kernel alone: Populate.TryShow
        CachedPages source = new(frames, cache, cached, MarksOf(file), bare);
        Span<PageTableEntry> entries = _entries.AsSpan(0, cached.Length);
        uint mapped = space.Tables.FillUntouched(window.First, source, entries);
        if (mapped == 0) return false;

        space.Statistics.CountResident(file.IsMemory ? ResidentKind.Shared : ResidentKind.File, mapped);
        space.Faults.FaultAround += mapped;
        if (area.IsAccessible) space.Translations.FillReads(window.First, entries, ram);    // reads only: the first write walks, and sets D
        bool isResolved = window.Contains(fault.Page) && !entries[(int)(fault.Page - window.First).Value].IsNeverTouched;
        if (!file.IsMemory) MappedReadAhead.CountMapped(ref files[area.File].ReadAhead, mapped);    // each counts as a hit: mmap_miss
        if (!isResolved) return false;
        space.Faults.FaultAround--;    // the faulting page counts as a file fault instead
        space.Faults.File++;
        return true;
    }

    /// <summary>True if a read of a page maps any page before the end of the file, this one or another.</summary>
    public bool Reaches(in Area area, PageNumber page, FileObject file) => !WindowOf(area, page, file).IsEmpty;

    /// <summary>Returns the pages that may be mapped together, including the faulting one if it lies within the file.</summary>
    private PageRange WindowOf(in Area area, PageNumber page, FileObject file)
    {
        uint inTable = page.Value % EntriesOfTable;
        uint inArea = page.Value - area.First.Value;
        bool isAlone = file.IsSegment || area.HasAny(AreaFlags.ReportsWrites | AreaFlags.ReportsMinor);
        uint most = isAlone ? 1 : _pageCount;    // shm_vm_ops has no map_pages; uffd_disable_fault_around
        uint from = Math.Max(inTable & ~(most - 1), inTable - Math.Min(inTable, inArea));
        uint end = Math.Min(Math.Min(from + most, EntriesOfTable), inTable + area.Count.Value - inArea);
        PageNumber first = new(page.Value - (inTable - from));
        ulong inFile = file.PageLimit - Math.Min(file.PageLimit, area.OffsetOf(first).Value);    // 0 if the window lies beyond the end
        PageRange window = new(first, new((uint)Math.Min(end - from, inFile)));
        return file.HasCollapsed && !isAlone && !window.IsEmpty ? WithFolios(area, window, file) : window;
    }

    /// <summary>Extends a window over the folios at its ends, where area and page table have room for them.</summary>
    /// <remarks>Linux: filemap_map_pages maps a large folio as a whole since 6.18.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private PageRange WithFolios(in Area area, PageRange window, FileObject file)
    {
        PageRange first = FolioAround(area, window.First, file), last = FolioAround(area, window.End - PageCount.One, file);
        return PageRange.Between(first.First < window.First ? first.First : window.First, last.End > window.End ? last.End : window.End);
    }

    /// <summary>The pages of an area that map the folio of a page; the page alone if they do not fit in the area and one table.</summary>
    public PageRange FolioAround(in Area area, PageNumber page, FileObject file)
    {
        FilePageRange folio = collapsed.FolioOf(file, area.OffsetOf(page));
        uint before = area.OffsetOf(page).Value - folio.First.Value, count = (uint)folio.Length;
        bool fits = page.Value - area.First.Value >= before && area.End.Value - page.Value >= count - before
            && ((page.Value - before) % EntriesOfTable) + count <= EntriesOfTable;
        return fits ? new(new(page.Value - before), new(count)) : new(page, PageCount.One);
    }

    private bool HasMappable(FileObject file, FilePageRange range)
    {
        FilePage from = range.First;
        while (cache.TryNext(file, from, out FilePage page, out FrameNumber frame) && range.Includes(page))
        {
            if (IsMappable(frames[frame], MarksOf(file))) return true;
            from = page.Next;
        }

        return false;
    }

    /// <summary>The marks of pages that wait for faults of their own. In frames of shared memory the bit means HugePart.</summary>
    private static FrameFlags MarksOf(FileObject file) => file.IsMemory ? FrameFlags.None : PageFlags.ReadAheadMark;

    /// <summary>Linux: next_uptodate_folio.</summary>
    private static bool IsMappable(in FrameDescriptor frame, FrameFlags waits) =>
        (frame.Flags & waits) == FrameFlags.None && !PageCache.IsUnfilled(frame);

    private static bool HoldsCode(Space space, ReadOnlySpan<uint> cached)
    {
        if (space.Observers.Code is null) return false;
        foreach (uint frame in cached)
            if (space.Observers.HoldsCode(new(frame))) return true;    // one is enough, as all pages of the run get the same rights
        return false;
    }

    /// <summary>Makes each frame number into the entry that maps the frame, and counts the mapping.</summary>
    /// <remarks>A page that is not cached, not filled yet, or whose frame carries the read-ahead mark, gets no entry.</remarks>
    private readonly ref struct CachedPages(
        FrameTable frames, PageCache cache, ReadOnlySpan<uint> cached, FrameFlags waits, PageTableEntry bare) : IEntrySource
    {
        private readonly ReadOnlySpan<uint> _cached = cached;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public PageTableEntry Make(int index)
        {
            FrameNumber frame = new(_cached[index]);
            if (frame == default) return default;
            ref FrameDescriptor descriptor = ref frames[frame];
            if (!IsMappable(descriptor, waits)) return default;
            descriptor.Counts += FrameTable.OneReferenceAndMapping;
            cache.NoteUsed(ref descriptor);
            return bare.WithFrame(frame);
        }
    }
}
