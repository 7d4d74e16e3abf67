using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mremap(2).</summary>
/// <remarks>
/// Linux: mm/mremap.c do_mremap: check_mremap_params, then remap_move for a pure move to a fixed place, else check_prep_vma and
/// mremap_at (in place first) or mremap_to (to an address or elsewhere).
/// </remarks>
internal sealed class RemapOperation(
    FrameTable frames, Commitment commitment, MemoryPressure pressure, UnmapOperation unmap, Populate populate)
{
    /// <summary>The areas that a move may add: the new one, and the parts of an old one that is split. Linux: move_vma, max - 3.</summary>
    private const int AreasAMoveMayNeed = 4;

    public Errno Execute(Space space, in RemapRequest given, out VirtualAddress at)
    {
        at = default;
        Errno error = CheckArguments(space, given, out RemapRequest request);
        if (error != Errno.None) return error;
        return request.IsPureMove ? MoveEach(space, request, out at) : ExecuteOne(space, ref request, out at);
    }

    private Errno ExecuteOne(Space space, ref RemapRequest request, out VirtualAddress at)
    {
        at = default;
        AreaIndex index = space.Areas.Tree.Covering(request.Old);
        bool fills = false;
        if (index.IsSome && space.Areas[index].Has(AreaFlags.Sealed)) return Errno.EPERM;    // even for a call that changes nothing
        if (index.IsSome && space.Areas.PoolObject(space.Areas[index]) is { } file && !TryAlign(ref request, file)) return Errno.EINVAL;
        Errno error = index.IsNone ? Errno.EFAULT : CheckArea(space, request, index, out fills);
        if (error != Errno.None) return error;

        error = request.NamesPlace ? MoveTo(space, ref request, out at) : Resize(space, ref request, index, out at);
        if (error == Errno.None && fills)
            populate.Fill(space, new(at.Page + request.OldCount, request.NewCount - request.OldCount), goOn: true);
        return error;
    }

    /// <summary>Rounds lengths up for the pool. Returns false for an address within a huge page, or growth. Linux: align_hugetlb.</summary>
    private static bool TryAlign(ref RemapRequest request, FileObject file)
    {
        uint mask = file.HugePages.Value - 1;
        request = request with
        {
            OldCount = new((request.OldCount.Value + mask) & ~mask),
            NewCount = new((request.NewCount.Value + mask) & ~mask),
        };
        return ((request.Old.Value | request.NewAddress.Page.Value) & mask) == 0 && request.NewCount <= request.OldCount;
    }

    /// <summary>Makes the checks that need no area. Linux: check_mremap_params.</summary>
    private static Errno CheckArguments(Space space, in RemapRequest given, out RemapRequest request)
    {
        request = given;
        const RemapFlags known = RemapFlags.MayMove | RemapFlags.Fixed | RemapFlags.DontUnmap;
        if ((given.Flags & ~known) != 0 || !given.OldAddress.IsPageAligned) return Errno.EINVAL;
        if (given.NewCount.IsZero || given.NewCount > space.Bounds.Count) return Errno.EINVAL;    // an old length of 0 has a meaning
        if (!given.NamesPlace) return Errno.None;

        if (given.NewAddress.Value > space.Bounds.Count.Bytes - given.NewCount.Bytes) return Errno.EINVAL;    // the sum could wrap
        if (!given.NewAddress.IsPageAligned) return Errno.EINVAL;
        if (!given.Has(RemapFlags.MayMove)) return Errno.EINVAL;
        if (given.Has(RemapFlags.DontUnmap) && given.OldCount != given.NewCount) return Errno.EINVAL;
        if (new PageRange(given.Old, given.OldCount).Intersects(new(given.NewAddress.Page, given.NewCount))) return Errno.EINVAL;
        // Both unmappings may split an area before the move checks its own limit. Linux refuses early, while nothing has changed.
        return space.Areas.Count + 2 >= space.Areas.MaxCount - 3 ? Errno.ENOMEM : Errno.None;
    }

    /// <summary>Checks that the area allows the change, and the limits. Linux: check_prep_vma.</summary>
    private static Errno CheckArea(Space space, in RemapRequest request, AreaIndex index, out bool fills)
    {
        fills = false;
        if (!request.NamesPlace && request.NewCount <= request.OldCount) return Errno.None;    // only unmaps, also over several areas

        ref Area area = ref space.Areas[index];
        // Length 0 maps the same memory again. Of private memory that would be other memory.
        if (request.OldCount.IsZero && !area.HasAny(AreaFlags.Shared | AreaFlags.MayShare)) return Errno.EINVAL;
        if (request.Has(RemapFlags.DontUnmap) && space.Areas.IsOfPool(area)) return Errno.EINVAL;    // VM_DONTEXPAND
        PageCount kept = request.OldCount > request.NewCount ? request.NewCount : request.OldCount;
        if (kept > area.End - request.Old || area.Has(AreaFlags.Foreign)) return Errno.EFAULT;
        if (area.Has(AreaFlags.Device) && request.OldCount.IsZero) return Errno.EINVAL;    // Linux: VM_DONTEXPAND, VM_PFNMAP
        if (request.NewCount <= request.OldCount) return Errno.None;
        if (area.Has(AreaFlags.Device)) return Errno.EFAULT;    // VM_DONTEXPAND

        fills = area.Has(AreaFlags.Locked);
        long more = request.NewCount.Value - (long)request.OldCount.Value;
        if ((ulong)area.OffsetOf(request.Old).Value + request.NewCount.Value > uint.MaxValue) return Errno.EINVAL;    // mmap: EOVERFLOW
        if (!MemoryLimits.MayLock(space, area.Flags, more)) return Errno.EAGAIN;
        return MemoryLimits.MayExpand(space, area.Flags, more) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Moves all areas of a range, or with DONTUNMAP their pages, and keeps the holes between them.</summary>
    /// <remarks>A refused area ends the call, and those before it stay moved. Linux: remap_move (6.17).</remarks>
    private Errno MoveEach(Space space, in RemapRequest whole, out VirtualAddress at)
    {
        at = default;
        PageNumber end = whole.Old + whole.OldCount;
        AreaIndex index = space.Areas.Tree.FirstIn(new(whole.Old, whole.OldCount));
        if (index.IsNone || space.Areas[index].First > whole.Old) return Errno.EFAULT;    // later holes are kept, a first one is refused

        PageNumber page = whole.Old;
        for (; page < end && index.IsSome && space.Areas[index].First < end; index = space.Areas.Tree.FirstEndingAfter(page))
        {
            ref readonly Area area = ref space.Areas[index];
            // A userfaultfd is notified of one move per call, and a segment of System V chooses places itself. Linux: vma_multi_allowed
            bool movesAlone = area.IsReported || space.Areas.MapsSegment(area.File);
            if (movesAlone && (page > whole.Old || area.End < end)) return Errno.EFAULT;
            PageRange part = area.Range.Intersect(PageRange.Between(page, end));
            RemapRequest request = whole with
            {
                OldAddress = part.First.Address,
                OldCount = part.Count,
                NewCount = part.Count,
                NewAddress = (whole.NewAddress.Page + (part.First - whole.Old)).Address,
            };
            Errno error = ExecuteOne(space, ref request, out VirtualAddress moved);
            if (error != Errno.None) return error;
            if (part.First == whole.Old) at = moved;
            page = part.First + request.OldCount > part.End ? part.First + request.OldCount : part.End;    // of the pool: rounded up
        }

        return Errno.None;
    }

    /// <summary>Shrinks or grows a mapping: in place, or by moving it if that is allowed. Linux: mremap_at, expand_vma.</summary>
    private Errno Resize(Space space, ref RemapRequest request, AreaIndex index, out VirtualAddress at)
    {
        at = request.OldAddress;
        if (request.NewCount <= request.OldCount)
        {
            return request.NewCount == request.OldCount
                ? Errno.None
                : unmap.Remove(space, new(request.Old + request.NewCount, request.OldCount - request.NewCount));
        }

        PageCount more = request.NewCount - request.OldCount;
        PageRange after = new(request.Old + request.OldCount, more);
        if (request.Old + request.OldCount == space.Areas[index].End && !request.OldCount.IsZero
            && space.Holds(after) && space.Areas.Tree.FirstIn(after).IsNone)    // without the guard gap of a growing area above
        {
            return GrowInPlace(space, index, after);
        }

        if (!request.Has(RemapFlags.MayMove)) return Errno.ENOMEM;
        Errno error = Placement.Choose(space, default, request.NewCount, out PageNumber place);
        return error != Errno.None ? error : Move(space, request, index, place, out at);
    }

    /// <summary>Extends an area into the free range that follows it. Linux: expand_vma_in_place, vma_merge_extend.</summary>
    private Errno GrowInPlace(Space space, AreaIndex index, PageRange after)
    {
        ref Area area = ref space.Areas[index];
        AreaFlags flags = area.Flags;
        long charged = area.Has(AreaFlags.Accounted) ? after.Count.Value : 0;
        if (!commitment.TryCharge(charged)) return Errno.ENOMEM;
        AreaMerge merge = new()
        {
            Previous = index,
            Next = area.Next,
            First = after.First,
            End = after.End,
            PageOffset = area.OffsetOf(after.First),
            Flags = flags,
            Reporter = area.Reporter,
            File = area.File,
            Root = area.Root,    // its own history, with which it always agrees
        };
        if (space.Areas.MergeNew(ref merge).IsNone)
        {
            commitment.Uncharge(charged);    // no record: nothing else can refuse
            return Errno.ENOMEM;
        }

        space.Statistics.Account(flags, after.Count.Value);
        return Errno.None;
    }

    /// <summary>Moves a mapping to a given place. Unmaps a fixed place first, even if the move fails later. Linux: mremap_to.</summary>
    private Errno MoveTo(Space space, ref RemapRequest request, out VirtualAddress at)
    {
        at = default;
        bool isFixed = request.Has(RemapFlags.Fixed);
        if (isFixed)
        {
            Errno cleared = unmap.Remove(space, new(request.NewAddress.Page, request.NewCount));
            if (cleared != Errno.None) return cleared;
        }

        if (request.NewCount < request.OldCount)
        {
            Errno shrunk = unmap.Remove(space, new(request.Old + request.NewCount, request.OldCount - request.NewCount));
            if (shrunk != Errno.None) return shrunk;
            request = request with { OldCount = request.NewCount };    // the tail is gone: only a move is left
        }

        AreaIndex index = space.Areas.Tree.Covering(request.Old);    // the unmapping may have split it
        if (index.IsNone) return Errno.EFAULT;
        // The old area stays, so all pages of the new one are additional.
        if (request.Has(RemapFlags.DontUnmap) && !MemoryLimits.MayExpand(space, space.Areas[index].Flags, request.OldCount.Value))
            return Errno.ENOMEM;

        PageNumber place = request.NewAddress.Page;
        Errno error = isFixed
            ? Placement.CheckFixed(space.Bounds, request.NewAddress, request.NewCount)
            : Placement.Choose(space, place, request.NewCount, out place);
        return error != Errno.None ? error : Move(space, request, index, place, out at);
    }

    /// <summary>Makes the area at the new place, moves the entries, and removes the old area. Linux: move_vma, copy_vma_and_data.</summary>
    private Errno Move(Space space, in RemapRequest request, AreaIndex index, PageNumber place, out VirtualAddress at)
    {
        at = place.Address;
        if (space.Areas.Count >= space.Areas.MaxCount - AreasAMoveMayNeed + 1) return Errno.ENOMEM;
        AreaFlags flags = space.Areas[index].Flags;
        bool isReported = (flags & AreaFlags.Reports) != 0;
        UserfaultContext? userfault = isReported ? UserfaultInheritance.FollowerOf(space, space.Areas[index]) : null;
        bool isOfPool = space.Areas.IsOfPool(space.Areas[index]);
        bool accounted = (flags & AreaFlags.Accounted) != 0;
        bool keepsOld = request.Has(RemapFlags.DontUnmap);
        // The pages unmapped at the old place are committed already. Linux: vrm_calc_charge.
        long charged = !accounted ? 0 : request.NewCount.Value - (keepsOld ? 0 : (long)request.OldCount.Value);
        if (!commitment.TryCharge(charged)) return Errno.ENOMEM;

        if (!TryCopyArea(space, request, flags, ref index, place, out AreaIndex copy))
        {
            commitment.Uncharge(charged);
            return Errno.ENOMEM;
        }

        PageRange joined = space.Areas[copy].Range;    // with the neighbours that the new area was merged with
        long peak = space.Statistics.PeakTotal;    // both places count for a moment, which is not a peak
        space.Statistics.Account(flags, request.NewCount.Value);
        PageRange old = new(request.Old, request.OldCount);
        UnmapOperation.Gathered gathered = default;
        bool takesOld = !keepsOld && !old.IsEmpty;    // an old length of 0 maps the memory twice
        // Every step that can fail comes before the entries move.
        bool isReady = takesOld ? UnmapOperation.Prepare(space, old, out gathered) == Errno.None : !keepsOld || space.Areas.TryKeep(index);
        if (!isReady || !TryMoveEntries(space, old, place, TakesFirstTable(space, old, place, index, copy)))
        {
            unmap.Remove(space, new(place, request.NewCount));    // the new area is still empty; this uncommits all of it
            if (accounted) commitment.Move(request.NewCount.Value - charged);    // the old area stays, with what it had committed
            space.Statistics.PeakTotal = peak;
            return Errno.ENOMEM;
        }

        gathered.AccountedPages = 0;    // the new area has taken the commitment over
        if (isOfPool) space.Areas[space.Areas.Tree.Covering(old.First)].Flags &= ~PoolAreas.Owner;    // clear_vma_resv_huge_pages
        if (isReported && userfault is null) UserfaultInheritance.Unregister(space, joined);
        userfault?.Add(new(UserfaultMessageKind.Remap, old, place, null));
        if (takesOld) unmap.Complete(space, old, gathered);
        else if (keepsOld) LeaveEmpty(space, old, index, copy);
        space.Statistics.PeakTotal = Math.Max(peak, space.Statistics.Total);
        return Errno.None;
    }

    /// <summary>
    /// True if the table of the first line, which the old range reaches the end of, moves as a whole although the range begins within the
    /// line: both areas begin there, at the same offset, and nothing is mapped below them in the line.
    /// </summary>
    /// <remarks>Linux: can_realign_addr, can_align_down.</remarks>
    private static bool TakesFirstTable(Space space, PageRange old, PageNumber place, AreaIndex index, AreaIndex copy)
    {
        PageRange line = space.Tables.Huge.RangeOf(old.First), target = space.Tables.Huge.RangeOf(place);
        uint inLine = old.First.Value - line.First.Value;
        if (inLine == 0 || inLine != place.Value - target.First.Value || old.End < line.End) return false;
        return BeginsAlone(space, index, old.First, line) && BeginsAlone(space, copy, place, target);
    }

    private static bool BeginsAlone(Space space, AreaIndex index, PageNumber first, PageRange line) =>
        space.Areas[index].First == first && space.Areas.Tree.FirstIn(PageRange.Between(line.First, first)).IsNone;

    /// <summary>Moves the entries. Frees frames if the tables at the new place need them.</summary>
    private bool TryMoveEntries(Space space, PageRange old, PageNumber place, bool takesFirstTable)
    {
        if (old.IsEmpty) return true;    // an old length of 0 maps shared memory a second time, and no entry moves
        uint mask = space.Tables.Huge.CountEach.Value - 1;
        bool movesWhole = ((old.First.Value - place.Value) & mask) == 0;    // otherwise no leaf fits at the new place
        if (space.Tables.Huge.Count != 0 && !movesWhole) space.HugeLines.SplitAll(old);
        else space.HugeLines.SplitEnds(old);
        uint tablesMax = (old.Count.Value / space.Tables.Huge.CountEach.Value) + 2;    // both ends may lie within a table
        while (!TryPrepareTables(space, old, place) || !space.Tables.TryMoveRange(old, place))
        {
            if (!pressure.TryFreeFor(space.Group, tablesMax)) return false;
        }

        // Tables of whole lines have moved. Linux: move_normal_pmd
        PageNumber from = takesFirstTable ? space.Tables.Huge.RangeOf(old.First).First : old.First;
        if (movesWhole) space.Tables.FreeEmptyTables(space.WholeLinesIn(PageRange.Between(from, old.End)));

        space.Shadow?.Move(old, place);
        space.NoteMoved(new(place, old.Count));
        return true;
    }

    /// <summary>Makes tables at the new place for the lines that have one, empty or not. Linux: move_page_tables, pte_alloc.</summary>
    private static bool TryPrepareTables(Space space, PageRange old, PageNumber place)
    {
        PageNumber line = space.Tables.Huge.RangeOf(old.First).First;
        for (; line < old.End; line += space.Tables.Huge.CountEach)
        {
            PageRange part = space.Tables.Huge.RangeOf(line).Intersect(old);
            PageNumber first = place + (part.First - old.First), last = first + part.Count - PageCount.One;
            if (space.Tables.Huge.Has(line)) space.NoteRegion(first);    // a leaf moves as it is, without a table
            if (!space.Tables.HasTable(line)) continue;
            // A part of one line lies across two tables, unless both places are aligned alike.
            if (!space.Tables.TryEnsureTable(first) || !space.Tables.TryEnsureTable(last)) return false;
            space.NoteRegion(first);
            space.NoteRegion(last);
        }

        return true;
    }

    /// <summary>Makes the area at the new place. Linux: copy_vma.</summary>
    /// <remarks>An anonymous area without a root has no pages yet, so its page offset follows the new address.</remarks>
    private static bool TryCopyArea(
        Space space, in RemapRequest request, AreaFlags flags, ref AreaIndex index, PageNumber place, out AreaIndex copy)
    {
        ref Area area = ref space.Areas[index];
        FilePage pageOffset = area.IsAnonymous && area.Root.IsNone ? Area.PositionOf(place) : area.OffsetOf(request.Old);
        AreaIndex next = space.Areas.Tree.FirstEndingAfter(place);
        AreaMerge merge = new()
        {
            Previous = next.IsSome ? space.Areas[next].Previous : space.Areas.Tree.Last,
            Next = next,
            First = place,
            End = place + request.NewCount,
            PageOffset = pageOffset,
            Flags = flags,
            Reporter = area.Reporter,
            File = area.File,
            Root = area.Root,
            CopiedFrom = index,
        };
        copy = space.Areas.MergeNew(ref merge);
        if (copy.IsSome)
        {
            index = space.Areas.Tree.Covering(request.Old);    // the merge may have joined the two areas
            return true;
        }

        if (!space.Areas.TryDuplicate(area, out copy)) return false;
        ref Area twin = ref space.Areas[copy];
        twin.First = place;
        twin.Count = request.NewCount;
        twin.PageOffset = pageOffset;
        twin.Flags = flags & ~AreaFlags.SoftClean;    // all pages count as written at the new place. Linux: move_soft_dirty_pte
        if (!space.Areas.Roots.TryClone(index, copy))
        {
            space.Areas.FreeUnlinked(copy);
            return false;
        }

        space.Areas.Link(copy);
        return true;
    }

    /// <summary>Leaves the old area empty, without locks. If the whole area moved, it also loses its anonymous root.</summary>
    /// <remarks>Linux: dontunmap_complete.</remarks>
    private void LeaveEmpty(Space space, PageRange old, AreaIndex index, AreaIndex copy)
    {
        ref Area area = ref space.Areas[index];
        if (area.Has(AreaFlags.Locked))
        {
            space.Statistics.LockedForEver += area.Count.Value;
            if (area.Range != old) PinPages(space, area.Range);    // the pages that were not moved
        }

        space.Areas.Changing(index).Flags &= ~AreaFlags.LockedMask;
        if (index != copy && area.Range == old) space.Areas.Roots.Release(ref area);    // the same area, if the merge has joined both
    }

    /// <summary>Marks the pages that stay in an area that loses its lock: they stay unevictable until they are freed.</summary>
    /// <remarks>
    /// Linux: dontunmap_complete clears VM_LOCKED without munlock_folio. A page with a backing can be read again, so it needs no mark.
    /// </remarks>
    private void PinPages(Space space, PageRange range)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(range))
        {
            if (!entry.IsPresent || EntryWords.IsSpecial(entry)) continue;
            space.HugeLines.Blocks.EnsureTails(entry.Frame);
            ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
            if (EntryWords.IsOwnPage(descriptor) || descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.Shared })
                descriptor.Flags |= PageFlags.Pinned;
        }
    }
}

/// <summary>The arguments of mremap(2), with lengths rounded up to pages.</summary>
internal readonly record struct RemapRequest(
    VirtualAddress OldAddress, PageCount OldCount, PageCount NewCount, RemapFlags Flags, VirtualAddress NewAddress)
{
    public PageNumber Old => OldAddress.Page;

    /// <summary>True if the new address has a meaning. Linux: vrm_implies_new_addr.</summary>
    public bool NamesPlace => (Flags & (RemapFlags.Fixed | RemapFlags.DontUnmap)) != 0;

    /// <summary>True for a move to a fixed place that keeps the size, with DONTUNMAP or without. Linux: vrm_move_only.</summary>
    public bool IsPureMove => Has(RemapFlags.Fixed) && OldCount == NewCount && !OldCount.IsZero;

    public bool Has(RemapFlags flags) => (Flags & flags) == flags;
}
