using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

//   line of the object   │ 0 │ 1 │ 2 │ … │511│      frames in a row, each marked: MADV_COLLAPSE made them together
//   views                │ one leaf          │      where no table of small pages stands; small entries elsewhere
//   after a hole         │ 0 │   │ 2   3 │ 4 … │    folios of the sizes between: a first write maps one as a whole
/// <summary>Huge pages of shared memory: finds them in an object, maps them with leaves, and breaks them up.</summary>
/// <remarks>
/// The marks are in the frames, so a page that was dropped, moved or swapped out ends the huge page without a call here.
/// Cost: nothing for objects that were never collapsed; else O(pages of a line) where a line is touched that has no table.
/// Linux: a folio of PMD order in the page cache; mm/memory.c do_set_pmd; mm/truncate.c truncate_inode_partial_folio.
/// </remarks>
internal sealed class CollapsedPages(FrameTable frames, PageCache cache, FileMappings mappings, int order)
{
    private uint PagesEach => 1u << order;

    /// <summary>Records that a line of an object lies in one block.</summary>
    public void Mark(FileObject file, FrameNumber block)
    {
        file.HasCollapsed = true;
        for (uint i = 0; i < PagesEach; i++) frames[block + new FrameCount(i)].Flags |= PageFlags.HugePart;
    }

    /// <summary>Finds the block of the line that begins with a page. Returns false if it has none, or no longer has one.</summary>
    public bool TryFind(FileObject file, FilePage first, out FrameNumber block)
    {
        block = default;
        if (!file.HasCollapsed || (first.Value & (PagesEach - 1)) != 0 || !cache.TryFind(file, first, out block)) return false;
        return HugeBlocks.IsOfObject(frames, block, PagesEach);    // false: a page of it was dropped, moved or swapped out since
    }

    /// <summary>Maps the huge page around a page of an area with a leaf, if there is one and nothing forbids it.</summary>
    /// <param name="space">The space.</param>
    /// <param name="area">The area of shared memory.</param>
    /// <param name="page">The page that was touched.</param>
    /// <param name="file">The object of the area, which has had a huge page.</param>
    /// <param name="isWritten">True if the access writes: then the leaf is dirty and soft-dirty as a whole.</param>
    /// <remarks>Linux: do_set_pmd, thp_vma_suitable_order, vma_thp_disabled.</remarks>
    public bool TryMap(Space space, in Area area, PageNumber page, FileObject file, bool isWritten)
    {
        if (!space.IsTransparent || space.HugeLines.Policy == TransparentPolicy.Off) return false;
        if (area.HasAny(AreaFlags.NoHugePage | AreaFlags.Reports) || space.Observers.NeedFaults) return false;
        PageRange line = space.Tables.Huge.RangeOf(page);
        if (line.Intersect(area.Range) != line || space.Tables.HasTable(page)) return false;    // a table means small entries, or guards
        if (!TryFind(file, area.OffsetOf(line.First), out FrameNumber block)) return false;
        Map(space, area, line.First, block, isWritten);
        return true;
    }

    /// <summary>Maps a block with a leaf, in place of an empty table.</summary>
    public void Map(Space space, in Area area, PageNumber first, FrameNumber block, bool isWritten)
    {
        bool writable = area.Has(AreaFlags.Shared | AreaFlags.Write) && (isWritten || !area.Has(AreaFlags.SoftClean))
            && !space.Observers.NeedFaults;
        for (uint i = 0; i < PagesEach; i++) frames.AddReferenceAndMapping(block + new FrameCount(i));    // each frame counts the leaf
        PageTableEntry leaf = EntryWords.Cached(block, area.Flags, writable, isWritten);
        space.Tables.Huge.Store(first, area.IsAccessible ? leaf : leaf.WithoutUser());
        space.Statistics.CountResident(ResidentKind.Shared, PagesEach);
        space.NoteRegion(first);
    }

    /// <summary>
    /// The pages of the folio around a page: a huge page, or a part of one that holes have broken up. One page where there is none.
    /// </summary>
    /// <remarks>
    /// A split leaves aligned parts of the sizes between, and one page at the cut (__split_unmapped_folio, not uniform). A page at a cut
    /// loses its mark, so a part is the largest aligned run whose pages all have theirs. Cost: O(pages of the part).
    /// </remarks>
    public FilePageRange FolioOf(FileObject file, FilePage page)
    {
        uint first = page.Value, count = 1;
        if (file.HasCollapsed && TryFindPart(file, page, out FrameNumber frame))
        {
            while (count < PagesEach)
            {
                uint other = first ^ count;    // the other half of the run that is twice as long
                if (!AreParts(file, new(other), count, new(frame.Value + other - page.Value))) break;
                first = Math.Min(first, other);
                count *= 2;
            }
        }

        return FilePageRange.Of(new(first), count);
    }

    private bool AreParts(FileObject file, FilePage first, uint count, FrameNumber frames)
    {
        for (uint i = 0; i < count; i++)
            if (!TryFindPart(file, new(first.Value + i), out FrameNumber part) || part.Value != frames.Value + i) return false;
        return true;
    }

    private bool TryFindPart(FileObject file, FilePage page, out FrameNumber frame) =>
        cache.TryFind(file, page, out frame) && (frames[frame].Flags & PageFlags.HugePart) != 0;

    /// <summary>Breaks up the folios that the ends of a range cut, before the range is dropped, and unmaps them. In bytes.</summary>
    /// <remarks>
    /// Parts beyond the end of the object, which only a huge page can have, are dropped. Linux: truncate_inode_partial_folio,
    /// __split_unmapped_folio.
    /// </remarks>
    public void BreakUp(FileObject file, long offset, long end)
    {
        if (!file.HasCollapsed) return;
        FilePageRange atStart = FolioAt(file, offset), atEnd = FolioAt(file, end - 1);
        BreakUp(file, atStart, offset, offset, end);
        BreakUp(file, atEnd, end, offset, end);
    }

    private FilePageRange FolioAt(FileObject file, long offset) => offset >> VirtualAddress.PageShift > uint.MaxValue
        ? default : FolioOf(file, FilePage.Containing(offset));    // beyond every file there is none

    /// <summary>Breaks up a folio around the page at a cut, unless the range takes the folio as a whole.</summary>
    private void BreakUp(FileObject file, FilePageRange folio, long cut, long offset, long end)
    {
        long first = folio.First.ByteOffset, after = first + ((long)folio.Length << VirtualAddress.PageShift);
        if (folio.Length < 2 || cut >= after || (offset <= first && end >= after)) return;
        mappings.Unmap(file, folio, alsoPrivateCopies: false);
        if (cache.TryFind(file, FilePage.Containing(cut), out FrameNumber frame)) frames[frame].Flags &= ~PageFlags.HugePart;
        DropBeyondEnd(file, folio);
    }

    /// <summary>Drops the parts that begin beyond the end of the object. A part that holds the last page stays as a whole.</summary>
    private void DropBeyondEnd(FileObject file, FilePageRange folio)
    {
        for (ulong page = folio.First.Value; page < folio.End;)
        {
            FilePageRange part = FolioOf(file, new((uint)page));
            page = part.End;
            if (part.First.Value >= file.PageLimit) cache.Drop(file, part);
        }
    }
}
