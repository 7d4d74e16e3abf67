using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>
/// mprotect: area by area; an error in the middle leaves the earlier part changed. Linux: do_mprotect_pkey, mprotect_fixup.
/// </summary>
internal static class MprotectCall
{
    private const MemoryProtection Grows = MemoryProtection.GrowsDown | MemoryProtection.GrowsUp;

    // An area with any of these does not become accounted by becoming writable.
    private const AreaFlags NotNewlyAccounted = AreaFlags.Accounted | AreaFlags.Write | AreaFlags.Shared | AreaFlags.NoReserve;

    public static ScriptResult Execute(ModelProcess process, in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        MemoryProtection protection = (MemoryProtection)(uint)call.A2;
        if ((protection & Grows) == Grows || !start.IsPageAligned) return ScriptResult.Error(Errno.EINVAL);
        if (call.A1 == 0) return ScriptResult.Number(0);
        if ((protection & ~(Rights.Known | Grows)) != MemoryProtection.None) return ScriptResult.Error(Errno.EINVAL);

        PageRange range = new(start.Page, PageCount.Covering((uint)call.A1));
        Errno error = Begin(process, range, protection, out PageNumber first);
        if (error == Errno.None) error = ChangeAll(process, PageRange.Between(first, range.End), Rights.Of(protection));
        return ScriptResult.ZeroOr(error);
    }

    /// <summary>The start of the change: PROT_GROWSDOWN takes it to the start of the first area that meets the range.</summary>
    private static Errno Begin(ModelProcess process, PageRange range, MemoryProtection protection, out PageNumber first)
    {
        first = range.First;
        if (process.Areas.FirstIn(range) is not { } area) return Errno.ENOMEM;
        if (protection.HasFlag(MemoryProtection.GrowsDown))
        {
            first = area.First;
            return area.GrowsDown ? Errno.None : Errno.EINVAL;
        }
        if (area.First > range.First) return Errno.ENOMEM;
        return protection.HasFlag(MemoryProtection.GrowsUp) ? Errno.EINVAL : Errno.None;    // no area grows up
    }

    private static Errno ChangeAll(ModelProcess process, PageRange range, AreaFlags rights)
    {
        for (PageNumber next = range.First; next < range.End;)
        {
            if (process.Areas.Covering(next) is not { } area) return Errno.ENOMEM;
            if (rights.HasFlag(AreaFlags.Write) && !area.Has(AreaFlags.MayWrite)) return Errno.EACCES;
            PageRange part = PageRange.Between(next, area.End < range.End ? area.End : range.End);
            Errno error = Change(process, ref area, part, rights);
            if (error != Errno.None) return error;
            next = area.End;    // it may have joined the next one, which then has these rights already
        }
        return Errno.None;
    }

    private static Errno Change(ModelProcess process, ref Area area, PageRange part, AreaFlags rights)
    {
        AreaFlags before = area.Flags, after = (before & ~AreaFlags.Rights) | rights;
        if (after == before) return Errno.None;
        if (rights.HasFlag(AreaFlags.Write))
        {
            // Turning into data is refused for RLIMIT_DATA, but not where RLIMIT_AS would refuse the old kind, too (DIALECT L5.33).
            if (!Allowance.MayGrow(process, after, part.Count.Value) && Allowance.MayGrow(process, before, part.Count.Value))
                return Errno.ENOMEM;
            if ((before & NotNewlyAccounted) == AreaFlags.None && !area.IsOfPool)
            {
                if (!process.CommitLimit.Allow(part.Count.Value)) return Errno.ENOMEM;
                after |= AreaFlags.Accounted;
            }
        }
        else if (area.IsPrivateAnonymous && area.History is null)
        {
            after &= ~AreaFlags.Accounted;
        }

        Errno error = Merging.Modify(process, ref area, part, after);
        if (error != Errno.None) return error;
        if (area.IsOfPool)
        {
            // The new rights of a private entry never let a write through at once. Linux: hugetlb_change_protection.
            foreach ((PageRange line, HugeEntry entry) in process.Pages.Lines.Entries)
                if (part.Contains(line.First) && !area.IsShared) entry.IsExclusive = false;
            return Errno.None;
        }
        bool opensLocked = (before & (AreaFlags.Write | AreaFlags.Shared | AreaFlags.Locked)) == AreaFlags.Locked
            && rights.HasFlag(AreaFlags.Write);
        if (opensLocked) Filling.FillArea(process, area, part);
        return Errno.None;
    }
}
