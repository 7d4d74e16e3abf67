using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>
/// madvise: continues after a hole and then returns ENOMEM; an area that refuses ends the call. Linux: do_madvise (mm/madvise.c).
/// </summary>
internal static class MadviseCall
{
    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        MemoryAdvice advice = (MemoryAdvice)call.A2;
        if (!Enum.IsDefined(advice) || !start.IsPageAligned) return ScriptResult.Error(Errno.EINVAL);
        if (call.A1 == 0) return ScriptResult.Number(0);
        PageRange range = new(start.Page, PageCount.Covering((uint)call.A1));
        return ScriptResult.ZeroOr(advice is MemoryAdvice.PopulateRead or MemoryAdvice.PopulateWrite
            ? Populate(process, range, advice == MemoryAdvice.PopulateWrite)
            : AdviseAll(process, range, advice));
    }

    private static Errno AdviseAll(ModelProcess process, PageRange range, MemoryAdvice advice)
    {
        bool hasHole = false;
        for (PageNumber next = range.First; next < range.End;)
        {
            if (process.Areas.FirstIn(PageRange.Between(next, range.End)) is not { } area) return Errno.ENOMEM;
            PageRange part = PageRange.Between(next, range.End).Intersect(area.Range);
            if (part.First > next) hasHole = true;
            Errno error = Advise(process, ref area, part, advice);
            if (error != Errno.None) return error;
            next = area.End;    // a neighbour that it joined has this state already
        }
        return hasHole ? Errno.ENOMEM : Errno.None;
    }

    private static Errno Advise(ModelProcess process, ref Area area, PageRange part, MemoryAdvice advice)
    {
        switch (advice)
        {
            case MemoryAdvice.DontNeed:
            case MemoryAdvice.DontNeedLocked:
                return DontNeed(process, area, part, advice);
            case MemoryAdvice.Free or MemoryAdvice.Cold or MemoryAdvice.PageOut or MemoryAdvice.GuardInstall or MemoryAdvice.GuardRemove
                or MemoryAdvice.Collapse when area.IsOfPool:
                return Errno.EINVAL;
            case MemoryAdvice.Collapse:
                return CollapseCall.Collapse(process, area, part);
            case MemoryAdvice.Free:
                return area.IsLocked || !area.IsPrivateAnonymous ? Errno.EINVAL : Errno.None;
            case MemoryAdvice.Cold:
                return area.IsLocked ? Errno.EINVAL : Errno.None;
            case MemoryAdvice.PageOut:
                return PageOut(process, area, part);
            case MemoryAdvice.GuardInstall:
                return InstallGuards(process, area, part);
            case MemoryAdvice.GuardRemove:
                process.Pages.RemoveGuards(part);
                return Errno.None;
            case MemoryAdvice.Mergeable when area.Has(AreaFlags.MadeShared) || area.IsOfPool:
                return Errno.None;
            case MemoryAdvice.Remove:
                return Remove(process, area, part);
            case MemoryAdvice.WipeOnFork when !area.IsPrivateAnonymous:
                return Errno.EINVAL;
            default:
                // madvise(2): EAGAIN for every shortage of kernel memory
                Errno error = Merging.Modify(process, ref area, part, AdvisedFlags(area.Flags, advice));
                return error == Errno.ENOMEM ? Errno.EAGAIN : error;
        }
    }

    private static AreaFlags AdvisedFlags(AreaFlags flags, MemoryAdvice advice) => advice switch
    {
        MemoryAdvice.Normal => flags & ~(AreaFlags.Random | AreaFlags.Sequential),
        MemoryAdvice.Random => (flags & ~AreaFlags.Sequential) | AreaFlags.Random,
        MemoryAdvice.Sequential => (flags & ~AreaFlags.Random) | AreaFlags.Sequential,
        MemoryAdvice.DontFork => flags | AreaFlags.DontFork,
        MemoryAdvice.DoFork => flags & ~AreaFlags.DontFork,
        MemoryAdvice.WipeOnFork => flags | AreaFlags.WipeOnFork,
        MemoryAdvice.KeepOnFork => flags & ~AreaFlags.WipeOnFork,
        MemoryAdvice.DontDump => flags | AreaFlags.DontDump,
        MemoryAdvice.DoDump => flags & ~AreaFlags.DontDump,
        MemoryAdvice.Mergeable => flags | AreaFlags.Mergeable,
        MemoryAdvice.Unmergeable => flags & ~AreaFlags.Mergeable,
        MemoryAdvice.HugePage => (flags & ~AreaFlags.NoHugePage) | AreaFlags.HugePage,
        MemoryAdvice.NoHugePage => (flags & ~AreaFlags.HugePage) | AreaFlags.NoHugePage,
        _ => flags,    // WILLNEED does nothing that can be seen
    };

    /// <summary>
    /// Memory of the pool: not from the middle of a huge page, and the end is rounded down. Other memory: a line that it empties as a whole
    /// loses its table, too. Linux: madvise_dontneed_free_valid_vma, zap_pte_range (try_get_and_clear_pmd).
    /// </summary>
    private static Errno DontNeed(ModelProcess process, Area area, PageRange part, MemoryAdvice advice)
    {
        if (area.Pool is { } pool)
        {
            if (area.RefusesCutAt(part.First)) return Errno.EINVAL;
            PageNumber end = part.End - new PageCount(part.End.Value % pool.PagesEach);
            if (end > part.First) PoolUnmapping.Unmap(process, [area], PageRange.Between(part.First, end));
            return Errno.None;
        }

        if (advice == MemoryAdvice.DontNeed && area.IsLocked) return Errno.EINVAL;
        process.Pages.Discard(part);
        LineTables lines = process.Pages.Lines;
        for (PageNumber line = lines.LineOf(part.First); line < part.End; line += new PageCount(lines.PagesEach))
        {
            PageRange whole = lines.LineAround(line);
            if (whole.Intersect(part) == whole && lines.HasTable(line) && process.Pages.IsEmpty(whole)) lines.RemoveTable(line);
        }
        return Errno.None;
    }

    /// <summary>Private pages have nowhere to go. Linux: madvise_pageout.</summary>
    private static Errno PageOut(ModelProcess process, Area area, PageRange part)
    {
        if (area.IsLocked) return Errno.EINVAL;
        foreach (FilePage page in process.Pages.ShownIn(part)) page.Contents.PageOut(page.Index);
        return Errno.None;
    }

    /// <summary>Linux: madvise_guard_install.</summary>
    private static Errno InstallGuards(ModelProcess process, Area area, PageRange part)
    {
        if (area.IsLocked) return Errno.EINVAL;
        if (area.IsPrivateAnonymous) Histories.Prepare(process.Areas, area);
        area.Flags |= AreaFlags.MayHaveGuards;
        process.Pages.Discard(part);
        process.Pages.InstallGuards(part);
        return Errno.None;
    }

    /// <summary>Punches a hole into the mapped file; private copies of its pages stay. Linux: madvise_remove.</summary>
    private static Errno Remove(ModelProcess process, Area area, PageRange part)
    {
        if (area.IsLocked || area.IsPrivateAnonymous) return Errno.EINVAL;
        if (!area.IsShared) return Errno.EACCES;
        new HugeFileCalls(process.Machine).Punch(area.File!.Contents, area.OffsetAt(part.First) << 12, (long)part.Count.Bytes);
        return Errno.None;
    }

    /// <summary>Fills page by page and stops at the first that cannot be. Linux: madvise_populate, faultin_page_range (mm/gup.c).</summary>
    private static Errno Populate(ModelProcess process, PageRange range, bool forWriting)
    {
        AreaFlags needed = forWriting ? AreaFlags.Write : AreaFlags.Read;
        AccessKind access = forWriting ? AccessKind.Write : AccessKind.Read;
        for (PageNumber page = range.First; page < range.End; page++)
        {
            if (process.Areas.Covering(page) is not { } area) return Errno.ENOMEM;
            if (!area.Has(needed)) return Errno.EINVAL;
            if (Faulting.BringIn(process, area, page, access).Failed) return Errno.EFAULT;
        }
        return Errno.None;
    }
}
