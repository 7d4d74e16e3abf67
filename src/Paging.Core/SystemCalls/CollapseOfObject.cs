using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.ReverseMapping;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>MADV_COLLAPSE of shared memory: the object's pages move into frames in a row, which one leaf then maps.</summary>
/// <remarks>
/// Each frame counts the leaf as a mapping of its own, so that reclaim and truncation find it; they drop the leaf first.
/// Linux: mm/khugepaged.c hpage_collapse_scan_file, collapse_file, retract_page_tables, collapse_pte_mapped_thp.
/// </remarks>
internal sealed class CollapseOfObject(
    PhysicalMemory ram, FrameTable frames, BuddyAllocator allocator, OpenFileTable files, PageCache cache, PageFiller filler,
    FileMappings mappings, AreaStore areas, SpaceTable spaces)
{
    /// <returns>EINVAL: no object in memory, nothing there, or private copies. ENOMEM: no block, or no record.</returns>
    public Errno Collapse(Space space, ref Area area, PageRange line)
    {
        FileObject file = files.ObjectOf(area.File);
        FilePageRange range = FilePageRange.Of(area.OffsetOf(line.First), line.Count.Value);
        if (!file.IsSharedMemory || !HasPages(file, range) || HasCopies(space, line)) return Errno.EINVAL;
        if (!space.HugeLines.Blocks.TryAllocate(FrameState.PageCache, out FrameNumber block)) return Errno.ENOMEM;
        mappings.Unmap(file, range, alsoPrivateCopies: false);
        mappings.AwaitWriters();
        for (uint i = 0; i < line.Count.Value; i++)
        {
            if (filler.FindOrFill(file, range.First + new PageCount(i), out FrameNumber old, out _) == Errno.None)
            {
                ram.Copy(old, block + new FrameCount(i));
                continue;
            }

            allocator.FreeBlock(block, space.HugeLines.Blocks.Order);
            return Errno.ENOMEM;
        }

        // One page at a time: its neighbours keep their part of the tree, so that no record is needed.
        for (uint i = 0; i < line.Count.Value; i++)
        {
            FrameNumber frame = block + new FrameCount(i);
            cache.Drop(file, FilePageRange.Of(range.First + new PageCount(i), 1));
            if (!filler.TryInsert(file, range.First + new PageCount(i), frame))
                throw new InvariantException(
                    $"C1: page {range.First + new PageCount(i)} had a place in the tree of its file, and has none now.");
            cache.MarkDirty(file, range.First + new PageCount(i), frame);
        }

        Retract(file, range);
        Map(space, area, line.First, block);
        return Errno.None;
    }

    private bool HasPages(FileObject file, FilePageRange range) =>
        cache.TryNext(file, range.First, out FilePage page, out _) && range.EndsBehind(page);

    private bool HasCopies(Space space, PageRange line)
    {
        PageNumber from = line.First;
        while (space.Tables.TryNextTouched(from, line.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + PageCount.One;
            if (!entry.IsPresent || EntryWords.IsOwnPage(frames.Named(entry.Frame))) return true;
        }

        return false;
    }

    /// <summary>The tables of small pages go wherever the line is mapped as a whole, so that it could come as one.</summary>
    private void Retract(FileObject file, FilePageRange range)
    {
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas.Slab[index.Value].FileNext)
        {
            ref Area area = ref areas.Slab[index.Value];
            uint inArea = range.First.Value - area.PageOffset.Value;
            Space space = spaces[area.Space];
            if (area.Root.IsSome || inArea >= area.Count.Value || space.Foreign is not null) continue;
            PageRange line = space.Tables.HugeRangeOf(area.First + new PageCount(inArea));
            if (line.Intersect(area.Range) == line) space.Tables.FreeEmptyTables(line);
        }
    }

    private void Map(Space space, in Area area, PageNumber first, FrameNumber block)
    {
        bool writable = area.Has(AreaFlags.Shared | AreaFlags.Write) && !area.Has(AreaFlags.SoftClean) && !space.WritesFault;
        PageCount count = space.Tables.HugeCountOf();
        for (uint i = 0; i < count.Value; i++) frames.AddReferenceAndMapping(block + new FrameCount(i));
        PageTableEntry leaf = EntryWords.Cached(block, area.Flags, writable, written: false);
        space.Tables.StoreHuge(first, area.IsAccessible ? leaf : leaf.WithoutUser());
        space.Statistics.CountResident(ResidentKind.Shared, count.Value);
        space.NoteRegion(first);
    }
}
