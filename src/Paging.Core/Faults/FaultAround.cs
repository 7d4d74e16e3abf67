using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>A read fault maps, with its own page, the neighbours that are cached already: fifteen faults less, no I/O more.</summary>
/// <remarks><code>
///   ├─────── 16 pages, aligned in the page table ───────┤     cut to the area, the table and the file
///   │ c   c   ·   c   #   c   F   c   c   ·   c   t   c │     F the fault, c cached, t touched before, # carries the read-ahead mark
///   │ ▲   ▲       ▲       ▲   ▲   ▲   ▲       ▲       ▲ │     ▲ mapped now; the mark must be noticed when it is used, so # waits for its own fault
/// </code>
/// Entries are born accessed, as on x86, and their translations cached at once: the first read of a neighbour is a hit.
/// Writes bring nothing along: each must be noticed. Linux: mm/memory.c do_fault_around; mm/filemap.c filemap_map_pages, next_uptodate_folio.</remarks>
internal sealed class FaultAround(PhysicalMemory ram, FrameTable frames, OpenFileTable files, PageCache cache, int pageCount)
{
    /// <summary>The most pages of one fault.</summary>
    public const int PagesMax = 64;

    private readonly uint _pageCount = (uint)pageCount;

    /// <summary>Maps the page of a read fault, which has a table, and its neighbours. False: the page itself could not be mapped so; neighbours may be.</summary>
    public bool TryMap(Space space, ref Area area, PageFault fault, FileObject file)
    {
        PageRange window = WindowOf(area, fault.Page, file);
        if (window.Count <= PageCount.One) return false;

        Span<uint> words = stackalloc uint[PagesMax];
        words = words[..(int)window.Count.Value];
        RadixRuns.Copy(cache.Forest, in file.Pages, area.OffsetOf(window.First), words);
        bool writable = file.IsMemory && area.Has(AreaFlags.Shared | AreaFlags.Write) && !area.Has(AreaFlags.SoftClean);
        uint mapped = TurnFramesIntoEntries(space, window.First, words, writable);
        if (mapped == 0) return false;

        space.Tables.FillUntouched(window.First, words);
        space.Statistics.CountResident(file.IsMemory ? ResidentKind.Shared : ResidentKind.File, mapped);
        space.Faults.FaultAround += mapped;
        space.Translations.FillReads(window.First, words, ram);
        bool isResolved = words[(int)(fault.Page - window.First).Value] != 0;
        if (!file.IsMemory) MappedReadAhead.CountMapped(ref files[area.File].ReadAhead, mapped);
        if (!isResolved) return false;
        space.Faults.FaultAround--;    // that one had a fault of its own
        space.Faults.File++;
        return true;
    }

    /// <summary>The pages that may be mapped along, the fault's own among them.</summary>
    private PageRange WindowOf(in Area area, PageNumber page, FileObject file)
    {
        uint inTable = (uint)page.TableIndex;
        uint inArea = page.Value - area.First.Value;
        uint from = Math.Max(inTable & ~(_pageCount - 1), inTable - Math.Min(inTable, inArea));
        uint end = Math.Min(Math.Min(from + _pageCount, 1024), inTable + area.Count.Value - inArea);
        PageNumber first = new(page.Value - (inTable - from));
        ulong inFile = file.PageLimit - area.OffsetOf(first);    // the fault's own page lies within the file
        return new(first, new((uint)Math.Min(end - from, inFile)));
    }

    /// <summary>Where nothing was touched and a page without mark is cached, its entry takes its frame's place, and the frame is counted; all else becomes zero.</summary>
    private uint TurnFramesIntoEntries(Space space, PageNumber first, Span<uint> words, bool writable)
    {
        ReadOnlySpan<PageTableEntry> touched = space.Tables.Entries(first.DirectoryIndex).Slice(first.TableIndex, words.Length);
        uint mapped = 0;
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] == 0) continue;
            FrameNumber frame = new(words[i]);
            words[i] = 0;
            if (!touched[i].IsNeverTouched) continue;
            ref FrameDescriptor descriptor = ref frames[frame];
            if ((descriptor.Flags & PageFlags.ReadAheadMark) != 0) continue;
            frames.AddReferenceAndMapping(frame);
            cache.NoteReadAheadUsed(frame);
            words[i] = EntryWords.Cached(frame, writable, written: false).Word;
            mapped++;
        }

        return mapped;
    }
}
