using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Removes huge entries of the pool, and gives back pages that have lost their last user.</summary>
/// <remarks><code>
/// Always      K3  the MapCount of a block's first frame counts its huge entries
///             K4  the reserved huge pages of an owner's area are those that its open file does not note as used
/// Linux       mm/hugetlb.c __unmap_hugepage_range, hugetlb_vm_op_close, unmap_ref_private; fs/hugetlbfs/inode.c hugetlb_vmdelete_list
/// </code></remarks>
internal sealed class PoolMappings(
    FrameTable frames, RadixForest forest, OpenFileTable files, AreaStore areas, SpaceTable spaces, HugeObjects huge)
{
    private HugePool Pool => huge.Pool;

    /// <summary>Unmaps a part of an area of the pool, and gives back pages that have lost their last user.</summary>
    public void Unmap(Space space, AreaIndex index, PageRange part)
    {
        FrameNumber gathered = default;
        Gather(space, ref space.Areas[index], part, ref gathered);
        Finish(gathered);
    }

    /// <summary>Unmaps every area of the pool in a range. Removes all entries before it gives back a page.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="first">The first area that meets the range.</param>
    /// <param name="range">The range; it cuts no huge page.</param>
    public void UnmapEach(Space space, AreaIndex first, PageRange range)
    {
        FrameNumber gathered = default;
        for (AreaIndex index = first; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            ref Area area = ref space.Areas[index];
            if (space.Areas.IsOfPool(area)) Gather(space, ref area, range.Intersect(area.Range), ref gathered);
        }

        Finish(gathered);
    }

    /// <summary>Removes huge pages of an object from all mappings, private copies included.</summary>
    public void UnmapFromAll(FileObject file, uint first, ulong end)
    {
        ulong low = (ulong)first << file.HugeOrder, high = end << file.HugeOrder;
        for (AreaIndex index = NextOf(file, AreaIndex.None); index.IsSome; index = NextOf(file, index))
        {
            ref Area area = ref areas.Slab[index.Value];
            ulong from = Math.Max(low, area.PageOffset.Value), to = Math.Min(high, (ulong)area.PageOffset.Value + area.Count.Value);
            if (from >= to) continue;
            PageRange part = new(area.First + new PageCount((uint)(from - area.PageOffset.Value)), new((uint)(to - from)));
            Unmap(spaces[area.Space], index, part);
        }
    }

    /// <summary>
    /// Finds the next area of an object, ordered by page offset, then by process: while surplus pages are given back, it is visible which
    /// area loses a page first. Linux: vma_interval_tree_foreach.
    /// </summary>
    private AreaIndex NextOf(FileObject file, AreaIndex last)
    {
        AreaIndex best = AreaIndex.None;
        (uint, int, uint) least = default;
        (uint, int, uint) after = last.IsSome ? KeyOf(last) : default;
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas.Slab[index.Value].FileNext)
        {
            (uint, int, uint) key = KeyOf(index);
            if ((last.IsSome && key.CompareTo(after) <= 0) || (best.IsSome && key.CompareTo(least) >= 0)) continue;
            (best, least) = (index, key);
        }

        return best;
    }

    private (uint Offset, int Process, uint First) KeyOf(AreaIndex index)
    {
        ref Area area = ref areas.Slab[index.Value];
        return (area.PageOffset.Value, spaces[area.Space].ProcessId, area.First.Value);
    }

    /// <summary>Unmaps the owner's page from every area that inherited it. These areas never get a page again.</summary>
    public void TakeBack(FileObject file, uint hugeIndex, FrameNumber block)
    {
        uint page = hugeIndex << file.HugeOrder;
        for (AreaIndex index = areas.OfObjects.FirstOf(file.Number); index.IsSome; index = areas.Slab[index.Value].FileNext)
        {
            ref Area area = ref areas.Slab[index.Value];
            if (area.HasAny(AreaFlags.MayShare | PoolAreas.Owner)) continue;    // these have reservations: unmap_ref_private
            if (page - area.PageOffset.Value >= area.Count.Value) continue;    // also wraps for a page before the area
            Space space = spaces[area.Space];
            PageNumber at = area.First + new PageCount(page - area.PageOffset.Value);
            if (!space.Tables.Huge.TryRead(at, out PageTableEntry entry) || entry.Frame != block) continue;
            Take(space, at);
            area.Flags |= PoolAreas.Robbed;
        }
    }

    /// <summary>Gives back the unused reservations of an area that is removed.</summary>
    public void Close(in Area area, FileObject file)
    {
        if (!area.HasAny(PoolAreas.Owner)) return;
        uint count = area.Count.Value >> file.HugeOrder, used = 0;
        for (uint from = file.HugeIndexOf(area, area.First); TryNextUsed(area, file, from, out uint index); from = index + 1)
        {
            Unuse(area.File, index);
            used++;
        }

        Pool.Unreserve(count - used);    // those used up were unreserved when their page was taken
    }

    /// <summary>True if a huge page is reserved for the area and the reservation is not used.</summary>
    public bool IsReserved(in Area area, uint hugeIndex) =>
        area.HasAny(PoolAreas.Owner) && forest.Find(in files[area.File].UsedReservations, hugeIndex) == 0;

    /// <summary>Records that an owner's reservation is used up. Returns false if there is no memory for the record.</summary>
    public bool TryUse(in Area area, uint hugeIndex) => !area.HasAny(PoolAreas.Owner) || TryUse(area.File, hugeIndex, out _);

    /// <summary>Records that a reservation is used up, or will be by a restore. Returns false without memory for the record.</summary>
    /// <param name="open">The open file of the owner's area.</param>
    /// <param name="hugeIndex">The huge page.</param>
    /// <param name="isMade">True if there was no record yet.</param>
    public bool TryUse(OpenFileIndex open, uint hugeIndex, out bool isMade)
    {
        isMade = forest.Find(in files[open].UsedReservations, hugeIndex) == 0;
        return !isMade || forest.TryInsert(ref files[open].UsedReservations, hugeIndex, 1);
    }

    /// <summary>Removes the record that a reservation is used up.</summary>
    public void Unuse(OpenFileIndex open, uint hugeIndex) => forest.Remove(ref files[open].UsedReservations, hugeIndex);

    /// <summary>Returns the huge pages of an owner's area whose reservation is used up, in order.</summary>
    public uint[] UsedIn(in Area area, FileObject file)
    {
        List<uint> used = [];
        for (uint from = file.HugeIndexOf(area, area.First); TryNextUsed(area, file, from, out uint index); from = index + 1)
            used.Add(index);
        return [.. used];
    }

    /// <summary>Counts them. Cost: O(used reservations).</summary>
    public uint CountUsed(in Area area, FileObject file)
    {
        uint count = 0;
        for (uint from = file.HugeIndexOf(area, area.First); TryNextUsed(area, file, from, out uint index); from = index + 1) count++;
        return count;
    }

    /// <summary>Removes the records of those used reservations of an owner's area that a snapshot does not have.</summary>
    public void RestoreUsed(in Area area, FileObject file, HashSet<(OpenFileIndex Open, uint Index)> used)
    {
        for (uint from = file.HugeIndexOf(area, area.First); TryNextUsed(area, file, from, out uint index); from = index + 1)
            if (!used.Contains((area.File, index))) Unuse(area.File, index);
    }

    /// <summary>Adds a huge entry and its counts.</summary>
    public void Put(Space space, PageNumber page, PageTableEntry entry)
    {
        frames[entry.Frame].Counts += FrameTable.OneReferenceAndMapping;
        space.Tables.Huge.Store(page, entry);
        space.Statistics.HugePool += Pool.PagesEach.Value;
    }

    /// <summary>Removes one huge entry and its counts. Its block stays in use.</summary>
    public FrameNumber Take(Space space, PageNumber page)
    {
        FrameNumber block = space.Tables.Huge.Take(page).Frame;
        if (frames[block].MapCount != 0) frames[block].Counts -= FrameTable.OneReferenceAndMapping;
        space.Statistics.HugePool -= Pool.PagesEach.Value;
        return block;
    }

    /// <summary>Gives a block back if nothing maps it and no object has it.</summary>
    public void GiveBackIfUnused(FrameNumber block)
    {
        ref FrameDescriptor first = ref frames[block];
        if (!HugePool.IsUsed(in first)) Pool.GiveBack(block);
    }

    /// <summary>Finds the first used reservation of an owner's area from a huge page on.</summary>
    private bool TryNextUsed(in Area area, FileObject file, uint from, out uint hugeIndex) =>
        forest.TryNext(in files[area.File].UsedReservations, from, out hugeIndex, out _)
            && hugeIndex < file.HugeIndexOf(area, area.First) + (area.Count.Value >> file.HugeOrder);

    private void Gather(Space space, ref Area area, PageRange part, ref FrameNumber gathered)
    {
        FileObject file = files.ObjectOf(area.File);
        if (!huge.HasPages(file)) return;    // the pool of 1 GiB pages is empty, so there are no entries
        PageNumber from = part.First;
        while (space.Tables.Huge.TryNext(from, part.End, out PageNumber page, out _))
        {
            from = page + Pool.PagesEach;
            FrameNumber block = Take(space, page);
            ref FrameDescriptor first = ref frames[block];
            bool isOwn = (first.Private & HugePool.InObject) == 0 && area.HasAny(PoolAreas.Owner);
            if (isOwn && Pool.Surplus == 0)    // with surplus pages the reservation may not be restored: __unmap_hugepage_range
            {
                first.Private |= HugePool.Marked;
                Unuse(area.File, file.HugeIndexOf(area, page));
            }

            if (HugePool.IsUsed(in first)) continue;
            first.Next = gathered.Value;
            gathered = block;
        }
    }

    private void Finish(FrameNumber gathered)
    {
        while (gathered != default)
        {
            FrameNumber block = gathered;
            gathered = new(frames[block].Next);
            frames[block].Next = 0;
            Pool.GiveBack(block);
        }
    }
}
