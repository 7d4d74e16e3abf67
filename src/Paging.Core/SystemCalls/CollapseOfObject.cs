using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>MADV_COLLAPSE of shared memory: copies the object's pages into contiguous frames, which one leaf then maps.</summary>
/// <remarks>
/// Each frame counts the leaf as a mapping of its own, so that reclaim and truncation find it; they drop the leaf first.
/// Linux: mm/khugepaged.c hpage_collapse_scan_file, collapse_file, retract_page_tables, collapse_pte_mapped_thp.
/// </remarks>
internal sealed class CollapseOfObject(
    FrameStore store, OpenFileTable files, PageCache cache, PageFiller filler, FileMappings mappings, AreaStore areas,
    SpaceTable spaces, CollapsedPages collapsed, Zap zap)
{
    /// <summary>Makes a huge page of the object's line, unless it is one already, and maps it here.</summary>
    /// <returns>EINVAL: not shared memory, no page, or a private copy or a guard in the line. ENOMEM: no block, or no record.</returns>
    /// <param name="space">The space.</param>
    /// <param name="area">The area.</param>
    /// <param name="line">A whole line of it.</param>
    /// <param name="goesOn">True if the refusal does not end the call: a guard. The object then has its huge page.</param>
    public Errno Collapse(Space space, ref Area area, PageRange line, out bool goesOn)
    {
        goesOn = false;
        FileObject file = files.ObjectOf(area.File);
        FilePageRange range = FilePageRange.Of(area.OffsetOf(line.First), line.Count.Value);
        if (!collapsed.TryFind(file, range.First, out FrameNumber block))
        {
            if (!file.IsSharedMemory || !HasPages(file, range)) return Errno.EINVAL;
            Errno error = CollapsePages(space, file, range, out block);
            if (error != Errno.None) return error;
        }

        if (HasObstacle(space, line, out goesOn)) return Errno.EINVAL;    // after the pages: the object keeps its huge page
        zap.CachedPages(space, line);
        collapsed.Map(space, area, line.First, block, isWritten: false);
        return Errno.None;
    }

    private Errno CollapsePages(Space space, FileObject file, FilePageRange range, out FrameNumber block)
    {
        uint count = (uint)range.Length;
        block = default;
        FilePageRange filled = Fill(file, range);
        if (filled != range)
        {
            mappings.Unmap(file, filled, alsoPrivateCopies: false);
            return Errno.EINVAL;
        }

        if (!space.HugeLines.Blocks.TryAllocate(FrameState.PageCache, out block)) return Errno.ENOMEM;
        mappings.Unmap(file, range, alsoPrivateCopies: false);    // before the copy, so that no store goes to an old frame
        mappings.AwaitWriters();
        for (uint i = 0; i < count; i++)
        {
            if (filler.FindOrFill(space.Group, file, range.First + new PageCount(i), out FrameNumber old, out _) == Errno.None)
            {
                store.Ram.Copy(old, block + new FrameCount(i));
                store.Ram.Observers.Note(block + new FrameCount(i));    // moved bytes, as PageMover reports them
                continue;
            }

            store.Allocator.FreeBlock(block, space.HugeLines.Blocks.Order);    // the old pages are still in the cache, so nothing is lost
            return Errno.ENOMEM;
        }

        // Replaces one page at a time: the others keep the nodes of the tree alive, so that inserting needs no new record.
        for (uint i = 0; i < count; i++)
        {
            FrameNumber frame = block + new FrameCount(i);
            cache.Drop(file, FilePageRange.Of(range.First + new PageCount(i), 1));
            if (!filler.TryInsert(space.Group, file, range.First + new PageCount(i), frame))
                throw new InvariantException(
                    $"C1: page {range.First + new PageCount(i)} had a place in the tree of its file, and has none now.");
            cache.MarkDirty(file, range.First + new PageCount(i), frame);    // W6: a clean page would count as zeros
        }

        collapsed.Mark(file, block);    // all frames are in the cache: a line with a gap would be no huge page
        Retract(file, range);
        return Errno.None;
    }

    /// <summary>
    /// Fills the pages that only fallocate has used. Returns the pages before the first that cannot be filled, as it lies beyond the end.
    /// </summary>
    /// <remarks>Linux: collapse_file takes page after page, those that are not uptodate by shmem_get_folio.</remarks>
    private FilePageRange Fill(FileObject file, FilePageRange range)
    {
        FilePage from = range.First;
        while (cache.TryNext(file, from, out FilePage page, out FrameNumber frame) && range.Includes(page))
        {
            if (cache.IsUnfilled(frame) && !file.Contains(page)) return new(range.First, page.Value);
            cache.NoteUsed(frame);
            from = page.Next;
        }

        return range;
    }

    private bool HasPages(FileObject file, FilePageRange range) =>
        cache.TryNext(file, range.First, out FilePage page, out _) && range.Includes(page);

    /// <summary>
    /// True if an entry of the line maps no page of the object. The first such entry decides: a guard refuses the line, and a
    /// private copy ends the call. Linux: collapse_pte_mapped_thp.
    /// </summary>
    private bool HasObstacle(Space space, PageRange line, out bool isGuard)
    {
        isGuard = false;
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(line))
        {
            isGuard = !entry.IsPresent && !SwapEntry.From(entry).IsSwap;
            if (!entry.IsPresent || EntryWords.IsOwnPage(store.Frames.Named(entry.Frame))) return true;
        }

        return false;
    }

    /// <summary>Frees the empty table of each area that maps the whole line, aligned, so that a touch can map it as one leaf.</summary>
    private void Retract(FileObject file, FilePageRange range)
    {
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas.Slab[index.Value].FileNext)
        {
            ref Area area = ref areas.Slab[index.Value];
            uint inArea = range.First.Value - area.PageOffset.Value;
            Space space = spaces[area.Space];
            if (area.Root.IsSome || area.HasAny(AreaFlags.MayHaveGuards) || inArea >= area.Count.Value) continue;
            if (space.Foreign is not null) continue;    // views of another system have no leaves
            PageNumber place = area.First + new PageCount(inArea);
            PageRange line = space.Tables.Huge.RangeOf(place);
            if (line.First == place && line.Intersect(area.Range) == line) space.Tables.FreeEmptyTables(line);
        }
    }
}
