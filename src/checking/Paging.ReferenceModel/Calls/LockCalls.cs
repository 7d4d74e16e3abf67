using Paging.Core;
using Paging.Native;
using Paging.ReferenceModel.Rules;
using Paging.ReferenceModel.State;
using Paging.Scripting.Calls;

namespace Paging.ReferenceModel.Calls;

/// <summary>mlock, mlock2, munlock, mlockall, munlockall (DIALECT section 4). Linux: mm/mlock.c.</summary>
internal static class LockCalls
{
    public static ScriptResult Lock(ModelProcess process, in ScenarioCall call)
    {
        LockFlags flags = call.Name == CallName.Mlock2 ? (LockFlags)(uint)call.A2 : LockFlags.None;
        if ((flags & ~LockFlags.OnFault) != LockFlags.None) return ScriptResult.Error(Errno.EINVAL);
        if (process.Limits.LockedMemory == 0) return ScriptResult.Error(Errno.EPERM);

        PageRange range = RangeOf(call);
        ulong locked = Allowance.Of(process).Locked + range.Count.Value - LockedIn(process, range);    // a range locked twice counts once
        if (!ResourceLimits.Allows(process.Limits.LockedMemory, locked)) return ScriptResult.Error(Errno.ENOMEM);
        Errno error = SetLocks(process, range,
            AreaFlags.Locked | (flags.HasFlag(LockFlags.OnFault) ? AreaFlags.LockedOnFault : AreaFlags.None));
        if (error == Errno.None && !Filling.FillAll(process, range)) error = Errno.ENOMEM;
        return ScriptResult.ZeroOr(error);
    }

    public static ScriptResult Unlock(ModelProcess process, in ScenarioCall call) =>
        ScriptResult.ZeroOr(SetLocks(process, RangeOf(call), AreaFlags.None));

    /// <summary>Each call sets the future anew, so that MCL_CURRENT alone ends it (DIALECT L4.49).</summary>
    public static ScriptResult LockAll(ModelProcess process, in ScenarioCall call)
    {
        const LockAllFlags All = LockAllFlags.Current | LockAllFlags.Future | LockAllFlags.OnFault;
        LockAllFlags flags = (LockAllFlags)(uint)call.A0;
        if (flags == LockAllFlags.None || (flags & ~All) != LockAllFlags.None || flags == LockAllFlags.OnFault)
            return ScriptResult.Error(Errno.EINVAL);
        if (process.Limits.LockedMemory == 0) return ScriptResult.Error(Errno.EPERM);
        bool locksNow = flags.HasFlag(LockAllFlags.Current);
        if (locksNow && !ResourceLimits.Allows(process.Limits.LockedMemory, Allowance.Of(process).Size))
            return ScriptResult.Error(Errno.ENOMEM);

        AreaFlags kind = AreaFlags.Locked | (flags.HasFlag(LockAllFlags.OnFault) ? AreaFlags.LockedOnFault : AreaFlags.None);
        process.FutureLock = flags.HasFlag(LockAllFlags.Future) ? kind : AreaFlags.None;
        if (locksNow)
        {
            SetAllLocks(process, kind);
            Filling.FillWhatCan(process, process.UserPages);
        }
        return ScriptResult.Number(0);
    }

    public static ScriptResult UnlockAll(ModelProcess process)
    {
        process.FutureLock = AreaFlags.None;
        SetAllLocks(process, AreaFlags.None);
        return ScriptResult.Number(0);
    }

    /// <summary>The start rounded down, the end up.</summary>
    private static PageRange RangeOf(in ScenarioCall call)
    {
        VirtualAddress start = new((uint)call.A0);
        return new(start.Page, PageCount.Covering((uint)call.A1 + (ulong)start.OffsetInPage));
    }

    private static ulong LockedIn(ModelProcess process, PageRange range)
    {
        ulong count = 0;
        foreach (Area area in process.Areas.In(range))
        {
            if (area.IsLocked) count += range.Intersect(area.Range).Count.Value;
        }
        return count;
    }

    /// <summary>Up to the first hole; areas before it stay changed. Linux: apply_vma_lock_flags, mlock_fixup.</summary>
    private static Errno SetLocks(ModelProcess process, PageRange range, AreaFlags locks)
    {
        for (PageNumber next = range.First; next < range.End;)
        {
            if (process.Areas.Covering(next) is not { } area) return Errno.ENOMEM;
            PageRange part = PageRange.Between(next, range.End).Intersect(area.Range);
            Errno error = area.IsOfPool ? Errno.None : Merging.Modify(process, ref area, part, (area.Flags & ~AreaFlags.AnyLock) | locks);
            if (error != Errno.None) return error;
            next = area.End;
        }
        return Errno.None;
    }

    private static void SetAllLocks(ModelProcess process, AreaFlags locks)
    {
        for (PageNumber next = process.UserPages.First; process.Areas.FirstEndingAfter(next) is { } area;)
        {
            if (!area.IsOfPool)    // which is never locked; a whole area needs no cut
                Merging.Modify(process, ref area, area.Range, (area.Flags & ~AreaFlags.AnyLock) | locks);
            next = area.End;
        }
    }
}
