using Paging.Core.Faults;
using Paging.Core.Files;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements madvise(2) for everything that is mapped in the range.</summary>
/// <remarks>
/// A hole makes the result ENOMEM, but the call goes on after it. An area that refuses the advice ends the call.
/// Linux: mm/madvise.c do_madvise, madvise_walk_vmas, madvise_vma_behavior.
/// </remarks>
internal sealed class AdviseOperation(
    OpenFileTable files, Zap zap, Reclaimer reclaimer, ReadAhead readAhead, SwapPrefetch prefetch, FileSizes sizes, LazyFree lazyFree,
    Populate populate, GuardOperation guards, PoolMappings pool, CollapseOperation collapse)
{
    public Errno Execute(Space space, VirtualAddress start, uint byteLength, MemoryAdvice advice)
    {
        if (!IsKnown(advice) || !start.IsPageAligned) return Errno.EINVAL;    // even of an empty range: is_valid_madvise
        if (byteLength == 0) return Errno.None;
        if (!PageRange.TryCover(start, byteLength, out PageRange range)) return Errno.EINVAL;    // mprotect and msync return ENOMEM here
        if (advice is MemoryAdvice.PopulateRead or MemoryAdvice.PopulateWrite)
            return populate.FillAs(space, range, advice == MemoryAdvice.PopulateWrite);    // a hole ends it: madvise_populate

        Errno result = Errno.None;
        PageNumber page = range.First;
        while (page < range.End)
        {
            AreaIndex index = space.Areas.Tree.FirstEndingAfter(page);    // searched again: the advice may have split or joined areas
            if (index.IsNone || space.Areas[index].First >= range.End) return Errno.ENOMEM;
            if (space.Areas[index].First > page) result = Errno.ENOMEM;
            PageRange part = space.Areas[index].Range.Intersect(PageRange.Between(page, range.End));
            Errno error = Apply(space, index, part, advice);
            if (error != Errno.None) return error;
            page = part.End;
        }

        return result;
    }

    /// <summary>Returns true for advice that Linux defines. Linux: madvise_behavior_valid.</summary>
    /// <remarks>Does not use Enum.IsDefined, which rebuilds its table after each garbage collection.</remarks>
    private static bool IsKnown(MemoryAdvice advice) =>
        advice is >= MemoryAdvice.Normal and <= MemoryAdvice.DontNeed or >= MemoryAdvice.Free and <= MemoryAdvice.DontNeedLocked
            or MemoryAdvice.Collapse or MemoryAdvice.GuardInstall or MemoryAdvice.GuardRemove;

    /// <summary>
    /// Returns true for advice that VM_IO and VM_PFNMAP areas accept. Linux: can_madv_lru_vma, madvise_dontneed_free_valid_vma, VM_SPECIAL.
    /// </summary>
    private static bool SuitsDevice(MemoryAdvice advice) => advice is MemoryAdvice.Normal or MemoryAdvice.Sequential or MemoryAdvice.Random
        or MemoryAdvice.WillNeed or MemoryAdvice.DontFork or MemoryAdvice.DontDump;

    private Errno Apply(Space space, AreaIndex index, PageRange part, MemoryAdvice advice)
    {
        ref Area area = ref space.Areas[index];
        if (area.Has(AreaFlags.Sealed) && IsDiscard(advice) && area.IsAnonymous && !area.Has(AreaFlags.Write)) return Errno.EPERM;
        if (area.Has(AreaFlags.Foreign) || (area.Has(AreaFlags.Device) && !SuitsDevice(advice))) return Errno.EINVAL;
        if (space.Areas.PoolObject(area) is { } file && !SuitsPool(advice)) return OfPool(space, index, part, file, advice);
        switch (advice)
        {
            case MemoryAdvice.DontNeed:
            case MemoryAdvice.DontNeedLocked:
                if (advice == MemoryAdvice.DontNeed && area.Has(AreaFlags.Locked)) return Errno.EINVAL;    // MADV_DONTNEED_LOCKED may
                NoteRemoved(space, area, part);
                space.HugeLines.SplitEnds(part);    // a leaf inside the part goes as a whole
                if (area.Has(AreaFlags.ReportsWrites) && !area.IsAnonymous) zap.RangeKeepingProtection(space, part);
                else zap.Pages(space, part);    // anonymous memory loses its protection with its pages
                space.Tables.FreeEmptyTables(space.WholeLinesIn(part));    // Linux: try_get_and_clear_pmd
                return Errno.None;
            case MemoryAdvice.Free:
                if (area.Has(AreaFlags.Locked)) return Errno.EINVAL;
                NoteRemoved(space, area, part);    // even of memory that the next line refuses: madvise_dontneed_free
                if (!area.IsAnonymous) return Errno.EINVAL;    // madvise(2): private anonymous pages only
                space.HugeLines.SplitAllButZeros(part);
                lazyFree.Execute(space, part);
                return Errno.None;
            case MemoryAdvice.Remove:
                return Remove(space, ref area, part);
            case MemoryAdvice.Cold:
            case MemoryAdvice.PageOut:
                if (area.Has(AreaFlags.Locked)) return Errno.EINVAL;    // reclaim never takes locked pages: can_madv_lru_vma
                space.HugeLines.SplitAllButZeros(part);
                GiveUp(space, part, atOnce: advice == MemoryAdvice.PageOut);
                return Errno.None;
            case MemoryAdvice.WillNeed:
                return WillNeed(space, ref area, part);
            case MemoryAdvice.Collapse:
                return collapse.Execute(space, ref area, part);
            case MemoryAdvice.GuardInstall:
                return guards.Install(space, index, part);
            case MemoryAdvice.GuardRemove:
                GuardOperation.Remove(space, part);
                return Errno.None;
            default:
                return ChangeFlags(space, index, part, advice);
        }
    }

    /// <summary>
    /// Returns true for advice that discards contents, which sealed anonymous memory allows only if it is writable.
    /// Linux: is_discard, can_madvise_modify.
    /// </summary>
    private static bool IsDiscard(MemoryAdvice advice) => advice is MemoryAdvice.Free or MemoryAdvice.DontNeed
        or MemoryAdvice.DontNeedLocked or MemoryAdvice.Remove or MemoryAdvice.DontFork or MemoryAdvice.WipeOnFork
        or MemoryAdvice.GuardInstall;

    /// <summary>Returns true for advice that areas of the pool accept as other areas do.</summary>
    private static bool SuitsPool(MemoryAdvice advice) => advice is not (MemoryAdvice.DontNeed or MemoryAdvice.DontNeedLocked
        or MemoryAdvice.Free or MemoryAdvice.Cold or MemoryAdvice.PageOut or MemoryAdvice.Collapse or MemoryAdvice.GuardInstall
        or MemoryAdvice.GuardRemove or MemoryAdvice.WillNeed or MemoryAdvice.Mergeable);

    /// <summary>
    /// Handles advice that areas of the pool refuse, or accept for whole huge pages. Linux: can_madv_lru_vma,
    /// madvise_dontneed_free_valid_vma, vma_ksm_compatible.
    /// </summary>
    private Errno OfPool(Space space, AreaIndex index, PageRange part, FileObject file, MemoryAdvice advice)
    {
        if (advice is MemoryAdvice.WillNeed or MemoryAdvice.Mergeable) return Errno.None;    // accepted, without effect on huge pages
        bool discards = advice is MemoryAdvice.DontNeed or MemoryAdvice.DontNeedLocked;
        if (!discards || part.First != file.HugeFirst(part.First)) return Errno.EINVAL;
        PageNumber end = file.HugeFirst(part.End);    // down, so that no byte beyond the request is lost
        if (end > part.First) pool.Unmap(space, index, PageRange.Between(part.First, end));
        return Errno.None;
    }

    /// <summary>Punches a hole into the object, which all its mappings see. Linux: madvise_remove.</summary>
    private Errno Remove(Space space, ref Area area, PageRange part)
    {
        if (area.Has(AreaFlags.Locked) || area.IsAnonymous) return Errno.EINVAL;
        if (!area.Has(AreaFlags.Shared | AreaFlags.MayWrite)) return Errno.EACCES;    // MayWrite: PROT_WRITE is not needed now
        NoteRemoved(space, area, part);
        FileObject file = files.ObjectOf(area.File);
        if (file.ForbidsWriting) return Errno.EPERM;    // the area is older than F_SEAL_FUTURE_WRITE: shmem_fallocate
        return sizes.PunchHole(space.Group, file, area.OffsetOf(part.First).ByteOffset, (long)part.Count.Bytes);
    }

    /// <summary>Reports removed pages to the userfaultfd, if it has enabled that event. Linux: userfaultfd_remove.</summary>
    private static void NoteRemoved(Space space, in Area area, PageRange part)
    {
        if (area.IsReported && space.Userfaults?.Find(area) is { } context && context.Has(UserfaultFeatures.Remove))
            context.Add(new(UserfaultMessageKind.Remove, part, default, null));
    }

    /// <summary>Reads pages ahead: of an object only its own, not the private copies on swap devices. Linux: madvise_willneed.</summary>
    private Errno WillNeed(Space space, ref Area area, PageRange part)
    {
        if (area.IsAnonymous) prefetch.Range(space, part);
        if (area.IsAnonymous || area.Has(AreaFlags.Device)) return Errno.None;
        FileObject file = files.ObjectOf(area.File);
        FilePageRange range = FilePageRange.Of(area.OffsetOf(part.First), part.Count.Value);
        if (file.IsMemory) prefetch.Range(space.Group, file, range);    // has slots instead of a backing: force_shm_swapin_readahead
        else readAhead.Force(space.Group, file, range);
        return Errno.None;
    }

    private static Errno ChangeFlags(Space space, AreaIndex index, PageRange part, MemoryAdvice advice)
    {
        const AreaFlags pattern = AreaFlags.SequentialRead | AreaFlags.RandomRead, huge = AreaFlags.HugePage | AreaFlags.NoHugePage;
        ref Area area = ref space.Areas[index];
        AreaFlags flags = area.Flags;
        switch (advice)
        {
            case MemoryAdvice.Normal: flags &= ~pattern; break;
            case MemoryAdvice.Sequential: flags = (flags & ~pattern) | AreaFlags.SequentialRead; break;
            case MemoryAdvice.Random: flags = (flags & ~pattern) | AreaFlags.RandomRead; break;
            case MemoryAdvice.DontFork: flags |= AreaFlags.DontFork; break;
            case MemoryAdvice.DoFork: flags &= ~AreaFlags.DontFork; break;
            case MemoryAdvice.DontDump: flags |= AreaFlags.DontDump; break;
            case MemoryAdvice.DoDump: flags &= ~AreaFlags.DontDump; break;
            case MemoryAdvice.HugePage: flags = (flags & ~huge) | AreaFlags.HugePage; break;
            case MemoryAdvice.NoHugePage: flags = (flags & ~huge) | AreaFlags.NoHugePage; break;
            case MemoryAdvice.Mergeable: flags |= Space.MergeableOf(flags); break;
            case MemoryAdvice.Unmergeable: flags &= ~AreaFlags.Mergeable; break;
            case MemoryAdvice.KeepOnFork: flags &= ~AreaFlags.WipeOnFork; break;
            case MemoryAdvice.WipeOnFork when !area.IsAnonymous || area.Has(AreaFlags.Shared): return Errno.EINVAL;
            default: flags |= AreaFlags.WipeOnFork; break;
        }

        if (flags == area.Flags) return Errno.None;    // before an area is split for nothing
        Errno error = space.Areas.Modify(index, part, flags, out AreaIndex changed);
        if (error == Errno.EINVAL) return error;    // the part cuts a huge page of the pool
        if (error != Errno.None) return Errno.EAGAIN;    // Linux: madvise returns EAGAIN if there is no memory to split an area
        space.Areas.SetFlags(changed, flags);
        return Errno.None;
    }

    /// <summary>Makes pages that only this process maps the next victims, or evicts them at once.</summary>
    /// <remarks>Linux: madvise_cold_or_pageout_pte_range.</remarks>
    private void GiveUp(Space space, PageRange part, bool atOnce)
    {
        foreach ((_, PageTableEntry entry) in space.Tables.TouchedIn(part))
        {
            if (!entry.IsPresent || EntryWords.IsSpecial(entry)) continue;
            if (atOnce) reclaimer.PageOut(entry.Frame);
            else reclaimer.Deactivate(entry.Frame);
        }
    }
}
