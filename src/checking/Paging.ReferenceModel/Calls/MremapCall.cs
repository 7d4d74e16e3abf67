using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>mremap (DIALECT section 4). Linux: do_mremap (mm/mremap.c, 6.18).</summary>
internal static class MremapCall
{
    // Linux asks for this room before it changes anything, and with FIXED or DONTUNMAP for two more, which clearing the ground may need.
    private const int AreasAMoveMayNeed = 3;

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        Errno error = MremapRequest.Read(process, call, out MremapRequest request);
        PageNumber place = request.Old.First;
        if (error == Errno.None && request.AlwaysMoves && process.AreaCount + 2 >= process.AreaCountMax - AreasAMoveMayNeed)
            error = Errno.ENOMEM;
        if (error == Errno.None) error = request.IsPureMove ? MoveEach(process, request, out place) : Remap(process, request, out place);
        return error == Errno.None ? ScriptResult.Address(place.Address) : ScriptResult.Error(error);
    }

    private static Errno Remap(ModelProcess process, in MremapRequest request, out PageNumber place)
    {
        place = request.Old.First;
        MremapRequest asked = request;
        Errno error = Check(process, ref asked);
        return error != Errno.None ? error : Execute(process, asked, out place);
    }

    private static Errno Execute(ModelProcess process, in MremapRequest request, out PageNumber place)
    {
        place = request.Old.First;
        if (request.AlwaysMoves) return MoveTo(process, request, out place);
        if (request.Grows) return Grow(process, request, out place);
        return request.Shrinks ? CutTail(process, request) : Errno.None;
    }

    /// <summary>Unmaps everything after the kept part, with the checks of munmap. Linux: shrink_vma.</summary>
    private static Errno CutTail(ModelProcess process, in MremapRequest request)
    {
        if (!process.Has(request.Tail)) return Errno.EINVAL;
        return process.Unmap(request.Tail);
    }

    /// <summary>FIXED without a change of size: area by area, the holes between them stay as wide. Linux: remap_move, since 6.17.</summary>
    private static Errno MoveEach(ModelProcess process, in MremapRequest request, out PageNumber place)
    {
        place = request.Target;
        if (process.Areas.Covering(request.Old.First) is null) return Errno.EFAULT;
        PageNumber target = request.Target;
        for (PageNumber from = request.Old.First; from < request.Old.End;)
        {
            if (process.Areas.FirstIn(PageRange.Between(from, request.Old.End)) is not { } area) break;
            PageRange part = PageRange.Between(from, request.Old.End).Intersect(area.Range);
            MremapRequest step = new(part, part.Count, request.Flags, target + (part.First - from));
            Errno error = Remap(process, step, out _);
            if (error != Errno.None) return error;
            target = step.Target + (area.Pool is { } pool ? RoundUp(part.Count, pool.PagesEach) : part.Count);
            from = part.End;
        }
        return Errno.None;
    }

    /// <summary>Checks that the range is one area, and the limits of growth. Linux: check_prep_vma.</summary>
    private static Errno Check(ModelProcess process, ref MremapRequest request)
    {
        if (process.Areas.Covering(request.Old.First) is not { } area) return Errno.EFAULT;
        if (area.Pool is { } pool && !TryAlign(ref request, pool.PagesEach)) return Errno.EINVAL;
        if (!request.Grows && !request.AlwaysMoves) return Errno.None;    // a plain shrink and the same size need no further check

        if (request.Old.IsEmpty && !area.Has(AreaFlags.MadeShared)) return Errno.EINVAL;
        if (request.KeepsOld && area.IsOfPool) return Errno.EINVAL;
        PageCount kept = request.Shrinks ? request.NewCount : request.Old.Count;
        if (kept > area.End - request.Old.First) return Errno.EFAULT;
        if (!request.Grows) return Errno.None;
        if (!Allowance.MayLock(process, area.Flags, request.Added.Value)) return Errno.EAGAIN;
        return Allowance.MayGrow(process, area.Flags, request.Added.Value) ? Errno.None : Errno.ENOMEM;
    }

    /// <summary>Memory of the pool: lengths are rounded up, places must be whole, and nothing grows. Linux: align_hugetlb.</summary>
    private static bool TryAlign(ref MremapRequest request, uint pagesEach)
    {
        PageRange old = new(request.Old.First, RoundUp(request.Old.Count, pagesEach));
        request = request with { Old = old, NewCount = RoundUp(request.NewCount, pagesEach) };
        return old.First.Value % pagesEach == 0 && request.Target.Value % pagesEach == 0 && !request.Grows;
    }

    private static PageCount RoundUp(PageCount count, uint pagesEach) => new((count.Value + pagesEach - 1) / pagesEach * pagesEach);

    /// <summary>Linux: expand_vma.</summary>
    private static Errno Grow(ModelProcess process, in MremapRequest request, out PageNumber place)
    {
        place = request.Old.First;
        Area area = process.Areas.Covering(request.Old.First)!;
        PageRange after = new(area.End, request.Added);
        if (request.Old.End == area.End && process.IsFree(after))
        {
            // Takes no notice of the 1 MiB gap, and joins the area after (expand_vma_in_place, vma_merge_extend).
            if (area.Has(AreaFlags.Accounted) && !process.CommitLimit.Allow(after.Count.Value)) return Errno.ENOMEM;
            long offset = area.OffsetAt(after.First);
            Merging.JoinNew(process.Areas, new MergeProposal(after, area.Flags, area.File, offset, area.History, PassesOnInherited: true));
            if (area.IsLocked) Filling.FillWhatCan(process, after);
            return Errno.None;
        }
        if (!request.MayMove) return Errno.ENOMEM;
        if (Placement.Find(process, new PageNumber(0), request.NewCount) is not { } found) return Errno.ENOMEM;
        place = found;
        return Move(process, request, area, place);
    }

    /// <summary>FIXED and DONTUNMAP. What lay at the place is gone even when a later step is refused. Linux: mremap_to.</summary>
    private static Errno MoveTo(ModelProcess process, MremapRequest request, out PageNumber place)
    {
        place = request.Target;
        Errno refused = request.IsFixed ? process.Unmap(request.TargetRange) : Errno.None;
        if (refused != Errno.None) return refused;
        if (process.Areas.Covering(request.Old.First) is null) return Errno.EFAULT;
        if (request.Shrinks)
        {
            Errno error = CutTail(process, request);
            if (error != Errno.None) return error;
            request = request.WithoutTail();
        }

        Area area = process.Areas.Covering(request.Old.First)!;
        if (request.KeepsOld && !Allowance.MayGrow(process, area.Flags, request.NewCount.Value)) return Errno.ENOMEM;
        if (request.IsFixed)
        {
            if (request.Target < process.LowestFixed) return Errno.EPERM;
        }
        else
        {
            if (Placement.Find(process, request.Target, request.NewCount) is not { } found) return Errno.ENOMEM;
            place = found;
        }
        return Move(process, request, area, place);
    }

    /// <summary>
    /// Makes the area at its new place, takes the pages there and the old one away. Linux: move_vma, prep_move_vma, copy_vma.
    /// </summary>
    private static Errno Move(ModelProcess process, in MremapRequest request, Area area, PageNumber place)
    {
        if (process.AreaCount >= process.AreaCountMax - AreasAMoveMayNeed) return Errno.ENOMEM;
        long committed = request.NewCount.Value - (request.KeepsOld ? 0 : (long)request.Old.Count.Value);
        if (area.Has(AreaFlags.Accounted) && !process.CommitLimit.Allow(committed)) return Errno.ENOMEM;
        // Memory that was never written has no position to keep: it gets that of the new place, which lets it join there.
        long offset = area.IsPrivateAnonymous && area.History is null ? place.Value : area.OffsetAt(request.Old.First);
        AreaFlags flags = area.Flags;
        MergeProposal moved = new(new PageRange(place, request.NewCount), flags, area.File, offset, area.History);
        Area target = Merging.JoinNewOrInsert(process.Areas, moved);
        process.Pages.Move(request.Old, place, TakesFirstTable(process, request.Old, place));

        if (request.KeepsOld) Empty(process, process.Areas.Covering(request.Old.First)!, request.Old, target);
        else Leave(process, area, target, request.Old);
        PageRange added = new(place + request.Old.Count, request.Added);
        if (request.Grows && flags.HasFlag(AreaFlags.Locked)) Filling.FillWhatCan(process, added);
        return Errno.None;
    }

    /// <summary>
    /// True if the table of the first line moves whole: the range reaches the line's end, keeps its offset in the line, and at both places
    /// an area begins with it that has nothing below it in the line. Linux: can_realign_addr.
    /// </summary>
    private static bool TakesFirstTable(ModelProcess process, PageRange old, PageNumber place)
    {
        PageRange from = process.Pages.Lines.LineAround(old.First), to = process.Pages.Lines.LineAround(place);
        return old.First - from.First == place - to.First && old.First != from.First && old.End >= from.End
            && BeginsAlone(from, old.First) && BeginsAlone(to, place);

        bool BeginsAlone(PageRange line, PageNumber first) =>
            process.Areas.Covering(first)!.First == first && process.Areas.FirstIn(PageRange.Between(line.First, first)) is null;
    }

    /// <summary>Takes the old mapping away; its reservations in the pool go along.</summary>
    private static void Leave(ModelProcess process, Area area, Area target, PageRange old)
    {
        if (area.IsOfPool)
        {
            target.Claim = area.Claim;
            target.IsRobbed = area.IsRobbed;
            process.SplitAtEndsOf(old);
            process.Areas.Covering(old.First)!.Claim = null;
        }
        process.Unmap(old);    // there is room for it, as was asked above
    }

    /// <summary>
    /// What DONTUNMAP leaves: not locked, still accounted, and without history if it was moved as a whole. Linux:
    /// dontunmap_complete.
    /// </summary>
    private static void Empty(ModelProcess process, Area source, PageRange moved, Area target)
    {
        if (source.IsLocked)
        {
            process.LockedForEver += source.Count.Value;
            // What stays are locked pages still, for as long as they live; those of the process are never given up here.
            foreach (FilePage page in process.Pages.ShownIn(source.Range)) page.Contents.Pin(page.Index);
        }
        source.Flags &= ~AreaFlags.AnyLock;
        if (source != target && source.Range == moved) source.History = null;
    }
}
