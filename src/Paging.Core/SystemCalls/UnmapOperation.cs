using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements munmap(2), and the first half of every call that maps over something else.</summary>
/// <remarks>
/// Has two steps, as in Linux. <see cref="Prepare"/> splits the areas at the borders of the range, and may fail.
/// <see cref="Complete"/> removes pages and areas, and may not. A caller may stop between them, but the splits remain
/// (dialect, L5.36).
/// Linux: mm/vma.c do_vmi_munmap → vms_gather_munmap_vmas → vms_complete_munmap_vmas.
/// </remarks>
internal sealed class UnmapOperation(Zap zap, PoolMappings pool, Commitment commitment)
{
    public Errno Execute(Space space, VirtualAddress start, uint byteLength)
    {
        return PageRange.TryCover(start, byteLength, out PageRange range) ? Remove(space, range) : Errno.EINVAL;
    }

    /// <summary>Unmaps everything in a range of pages.</summary>
    /// <returns>EINVAL: no page, or beyond the user half. ENOMEM, EPERM: as <see cref="Prepare"/>.</returns>
    public Errno Remove(Space space, PageRange range)
    {
        if (range.IsEmpty || !space.Holds(range)) return Errno.EINVAL;
        AreaIndex first = space.Areas.Tree.FirstIn(range);
        if (first.IsNone) return Errno.None;
        ref Area area = ref space.Areas[first];
        if (area.Has(AreaFlags.Sealed)) return RemoveParts(space, range);    // finds the error that comes first
        if (area.Range == range)
        {
            RemoveWhole(space, first, range);
            return Errno.None;
        }

        bool isEdge = area.First == range.First ? area.End > range.End : area.First < range.First && area.End == range.End;
        // Only the long way sends events of a userfaultfd, and refuses to cut a huge page of the pool.
        return isEdge && !area.IsReported && !space.Areas.IsOfPool(area) ? RemoveEdge(space, first, range) : RemoveParts(space, range);
    }

    private Errno RemoveParts(Space space, PageRange range)
    {
        Errno error = Prepare(space, range, out Gathered gathered);
        if (error == Errno.None) Complete(space, range, gathered);
        return error;
    }

    /// <summary>Splits the areas that cross a border of the range, and counts the pages of the range.</summary>
    /// <returns>
    /// ENOMEM: no record for a split, or the range lies within one area of a process at max_map_count. EPERM: one of the areas is sealed.
    /// EINVAL: the range cuts a huge page of the pool. A split that was made stays.
    /// </returns>
    public static Errno Prepare(Space space, PageRange range, out Gathered gathered)
    {
        gathered = default;
        AreaIndex first = space.Areas.Tree.FirstIn(range);
        if (first.IsNone) return Errno.None;

        // The checks of vms_gather_munmap_vmas, in its order: the limit, the seal, the split.
        if (space.Areas[first].First < range.First)
        {
            // Only a hole leaves one area more. Other cuts may exceed the limit for a moment, so that memory can be freed at it.
            if (range.End < space.Areas[first].End && space.Areas.Count >= space.Areas.MaxCount) return Errno.ENOMEM;
            if (space.Areas[first].Has(AreaFlags.Sealed)) return Errno.EPERM;
            Errno error = SplitAt(space, first, range.First, newBelow: true);    // the record stays with the part in the range
            if (error != Errno.None) return error;
        }

        for (AreaIndex index = first; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            if (space.Areas[index].Has(AreaFlags.Sealed)) return Errno.EPERM;
            Errno error = space.Areas[index].End > range.End ? SplitAt(space, index, range.End, newBelow: false) : Errno.None;
            if (error != Errno.None) return error;
            gathered.Add(space.Areas[index]);
            gathered.HasPool |= space.Areas.IsOfPool(space.Areas[index]);
        }

        gathered.First = first;
        return Errno.None;
    }

    /// <summary>Makes a border. Linux: __split_vma.</summary>
    private static Errno SplitAt(Space space, AreaIndex index, PageNumber at, bool newBelow)
    {
        if (space.Areas.RefusesCut(space.Areas[index], at)) return Errno.EINVAL;
        return space.Areas.TrySplit(index, at, newBelow, out _) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Removes the pages, the tables that became empty, and the areas. The range must end at borders of areas.</summary>
    public void Complete(Space space, PageRange range, in Gathered gathered)
    {
        if (gathered.First.IsNone) return;
        if (gathered.IsReported) NoteUnmapped(space, range, gathered.First);    // while the areas can still be found
        if (gathered.HasPool) pool.UnmapEach(space, gathered.First, range);
        TakePages(space, range, gathered.AccountedPages);
        PageNumber first = space.Areas[gathered.First].First, end = first;
        for (AreaIndex index = gathered.First; index.IsSome && space.Areas[index].First < range.End;)
        {
            AreaIndex next = space.Areas[index].Next;    // before the record is freed
            end = space.Areas[index].End;
            TakeArea(space, index);
            index = next;
        }

        TakeTables(space, first, end);
    }

    /// <summary>Handles the usual case: the range is exactly one area, so nothing has to be split or counted first.</summary>
    private void RemoveWhole(Space space, AreaIndex index, PageRange range)
    {
        if (space.Areas[index].IsReported) NoteUnmapped(space, range, index);
        if (space.Areas.IsOfPool(space.Areas[index])) pool.UnmapEach(space, index, range);
        TakePages(space, range, AccountedIn(range, space.Areas[index].Flags));
        TakeArea(space, index);
        TakeTables(space, range.First, range.End);
    }

    /// <summary>Handles another usual case: the first or the last pages of one area, as when the break goes down.</summary>
    private Errno RemoveEdge(Space space, AreaIndex index, PageRange range)
    {
        if (!space.Areas.TryCutOff(index, range)) return Errno.ENOMEM;
        AreaFlags flags = space.Areas[index].Flags;
        TakePages(space, range, AccountedIn(range, flags));
        NoteGone(space, flags, range);
        TakeTables(space, range.First, range.End);
        return Errno.None;
    }

    /// <summary>Notifies each userfaultfd that has enabled the event, once per call. Linux: userfaultfd_unmap_prep.</summary>
    private static void NoteUnmapped(Space space, PageRange range, AreaIndex index)
    {
        if (space.Userfaults is not { } userfaults) return;
        userfaults.UnmapCount++;
        for (; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            if (userfaults.Find(space.Areas[index]) is not { } context || !context.Has(UserfaultFeatures.Unmap)) continue;
            if (context.LastUnmap == userfaults.UnmapCount) continue;    // several areas of the range may name it (has_unmap_ctx)
            context.Add(new(UserfaultMessageKind.Unmap, range, default, null));
            context.LastUnmap = userfaults.UnmapCount;
        }
    }

    /// <summary>Removes the pages of a range, and uncharges those of them that are accounted.</summary>
    private void TakePages(Space space, PageRange range, long accountedPages)
    {
        if (space.Tables.Huge.Count != 0 || space.Tables.PartsOf(range).MoveNext())    // otherwise no page near it was ever touched
        {
            zap.Range(space, range);
        }

        space.Shadow?.Clear(range);
        commitment.Uncharge(accountedPages);
    }

    private static long AccountedIn(PageRange range, AreaFlags flags) => (flags & AreaFlags.Accounted) != 0 ? range.Count.Value : 0;

    /// <summary>The last step of every unmapping, after the areas are gone. Most spaces have nothing to free at this point.</summary>
    private static void TakeTables(Space space, PageNumber first, PageNumber end)
    {
        if (space.Regions != 0 || !space.Tables.TableCount.IsZero) FreeTables(space, first, end);
    }

    /// <summary>Frees tables and clears regions that lie in the free range around the removed areas. Linux: free_pgtables.</summary>
    private static void FreeTables(Space space, PageNumber first, PageNumber end)
    {
        AreaIndex next = space.Areas.Tree.FirstEndingAfter(first);
        AreaIndex previous = next.IsSome ? space.Areas[next].Previous : space.Areas.Tree.Last;
        PageNumber floor = previous.IsSome ? space.Areas[previous].End : default;
        PageNumber ceiling = next.IsSome ? space.Areas[next].First : space.Tables.End;
        PageRange free = PageRange.Between(floor, ceiling);
        PageNumber low = space.Tables.Huge.RangeOf(first).First, high = space.Tables.Huge.RangeOf(end - PageCount.One).End;
        space.Tables.FreeEmptyTables(space.WholeLinesIn(free.Intersect(PageRange.Between(low, high))));

        for (uint region = first.Value >> Space.RegionShift; region <= (end.Value - 1) >> Space.RegionShift; region++)
        {
            PageRange whole = new(new(region << Space.RegionShift), new(1u << Space.RegionShift));
            if (whole.Intersect(free) == whole) space.Regions &= (byte)~(1 << (int)region);    // no area is left in the region
        }
    }

    private void TakeArea(Space space, AreaIndex index)
    {
        ref Area area = ref space.Areas[index];
        if (space.Areas.PoolObject(area) is { } file) pool.Close(area, file);
        NoteGone(space, area.Flags, area.Range);
        space.Areas.Discard(index);
    }

    private static void NoteGone(Space space, AreaFlags flags, PageRange range)
    {
        space.Events?.Note(EngineEventKind.Unmapped, space.ProcessId, range);
        space.Statistics.Account(flags, -range.Count.Value);
    }

    /// <summary>Removes every area and page. Needs no memory. Records, pages and tables that snapshots keep stay.</summary>
    public void RemoveAll(Space space)
    {
        if (space.Areas.Tree.First.IsNone) return;
        space.Areas.Tree.Trie.Clear();    // once for all areas
        PageRange all = space.Tables.UserPages;
        Gathered gathered = new() { First = space.Areas.Tree.First };
        for (AreaIndex index = gathered.First; index.IsSome; index = space.Areas[index].Next)
        {
            gathered.Add(space.Areas[index]);
            gathered.HasPool |= space.Areas.IsOfPool(space.Areas[index]);
        }

        Complete(space, all, gathered);
    }

    /// <summary>Removes every area, page and table of a space that ends. Linux: exit_mmap.</summary>
    public void RemoveEverything(Space space)
    {
        RemoveAll(space);
        space.Tables.FreeAll();
        space.Areas.Tree.Clear();
    }

    /// <summary>The contents of a range that is about to be unmapped. Linux: struct vma_munmap_struct.</summary>
    internal struct Gathered
    {
        public AreaIndex First;
        public long Pages;
        public long AccountedPages;
        public bool IsReported;
        public bool HasPool;

        public void Add(in Area area)
        {
            IsReported |= area.IsReported;
            if (!area.Has(AreaFlags.Foreign)) Pages += area.Count.Value;    // the limits do not count these either
            if (area.Has(AreaFlags.Accounted)) AccountedPages += area.Count.Value;
        }
    }
}
