using Paging.Core.Faults;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements mlock(2), mlock2(2), munlock(2), mlockall(2) and munlockall(2).</summary>
/// <remarks>Linux: mm/mlock.c do_mlock, apply_vma_lock_flags, apply_mlockall_flags, mlock_fixup.</remarks>
internal sealed class LockOperation(Populate populate)
{
    public Errno Lock(Space space, VirtualAddress start, uint byteLength, LockFlags flags)
    {
        if ((flags & ~LockFlags.OnFault) != 0) return Errno.EINVAL;
        if (!MemoryLimits.MayLockAnything(space)) return Errno.EPERM;
        if (!TryRound(start, byteLength, out PageRange range)) return Errno.EINVAL;

        long wanted = range.Count.Value + space.Statistics.Locked;
        if (!space.IsPrivileged && (ulong)wanted > MemoryLimits.LockedPagesMax(space))    // the overlap is counted only if it decides
        {
            wanted -= LockedPagesIn(space, range);
            if ((ulong)wanted > MemoryLimits.LockedPagesMax(space)) return Errno.ENOMEM;
        }

        AreaFlags state = AreaFlags.Locked | (flags == LockFlags.OnFault ? AreaFlags.LockedOnFault : AreaFlags.None);
        Errno error = Apply(space, range, state);
        if (error != Errno.None) return error;
        return ErrorOfFill(populate.Fill(space, range, goOn: false));
    }

    /// <summary>Returns the result of a locking call whose pages were filled with this result.</summary>
    public static Errno ErrorOfFill(Errno error) => error switch
    {
        Errno.None => Errno.None,
        Errno.EFAULT => Errno.ENOMEM,    // Linux: __mlock_posix_error_return
        _ => Errno.EAGAIN,    // in POSIX, ENOMEM means that pages are not mapped
    };

    public static Errno Unlock(Space space, VirtualAddress start, uint byteLength) =>
        TryRound(start, byteLength, out PageRange range) ? Apply(space, range, AreaFlags.None) : Errno.EINVAL;

    public Errno LockAll(Space space, LockAllFlags flags)
    {
        const LockAllFlags known = LockAllFlags.Current | LockAllFlags.Future | LockAllFlags.OnFault;
        // MCL_ONFAULT only qualifies the other two.
        if (flags is LockAllFlags.None or LockAllFlags.OnFault || (flags & ~known) != 0) return Errno.EINVAL;
        if (!MemoryLimits.MayLockAnything(space)) return Errno.EPERM;
        bool current = (flags & LockAllFlags.Current) != 0;
        if (current && !space.IsPrivileged && (ulong)space.Statistics.Total > MemoryLimits.LockedPagesMax(space)) return Errno.ENOMEM;

        ApplyToAll(space, flags);
        if (current) populate.Fill(space, space.Tables.UserPages, goOn: true);    // errors are ignored: mm_populate
        return Errno.None;
    }

    public static Errno UnlockAll(Space space)
    {
        ApplyToAll(space, LockAllFlags.None);
        return Errno.None;
    }

    private static bool TryRound(VirtualAddress start, uint byteLength, out PageRange range)
    {
        PageCount count = PageCount.Covering((ulong)byteLength + (uint)start.OffsetInPage);
        range = new(start.Page, count);
        return range.End.Value <= PageCount.AddressSpace.Value;
    }

    private static void ApplyToAll(Space space, LockAllFlags flags)
    {
        AreaFlags onFault = (flags & LockAllFlags.OnFault) != 0 ? AreaFlags.LockedOnFault : AreaFlags.None;
        // Each call sets both flags anew, so MCL_CURRENT alone ends MCL_FUTURE.
        space.DefaultFlags = (flags & LockAllFlags.Future) != 0 ? AreaFlags.Locked | onFault : AreaFlags.None;
        bool current = (flags & LockAllFlags.Current) != 0;
        if ((flags & LockAllFlags.Future) != 0 && !current) return;    // locks only future mappings

        AreaFlags state = current ? AreaFlags.Locked | onFault : AreaFlags.None;
        for (AreaIndex index = space.Areas.Tree.First; index.IsSome;)
        {
            PageNumber end = space.Areas[index].End;    // of now: the change may join the area with its neighbours
            if (Change(space, index, space.Areas[index].Range, state) == Errno.ENOMEM) ChangeApart(space, index, state);
            index = space.Areas.Tree.FirstEndingAfter(end);
        }
    }

    /// <summary>Changes area after area up to the first hole or error. Earlier areas stay changed.</summary>
    private static Errno Apply(Space space, PageRange range, AreaFlags state)
    {
        PageNumber page = range.First;
        while (page < range.End)
        {
            AreaIndex index = space.Areas.Tree.Covering(page);    // searched again, as the last change may have joined areas
            if (index.IsNone) return Errno.ENOMEM;
            PageRange part = PageRange.Between(page, range.End).Intersect(space.Areas[index].Range);
            Errno error = Change(space, index, part, state);
            if (error != Errno.None) return error;
            page = part.End;
        }

        return Errno.None;
    }

    /// <summary>Sets the lock state of a part of an area. Linux: mlock_fixup.</summary>
    private static Errno Change(Space space, AreaIndex index, PageRange part, AreaFlags state)
    {
        ref Area area = ref space.Areas[index];
        AreaFlags old = area.Flags;
        AreaFlags flags = (old & ~AreaFlags.LockedMask) | state;
        // Memory that is never evicted takes no lock, and the call succeeds. Linux: vma_supports_mlock
        if (flags == old || area.HasAny(AreaFlags.Foreign | AreaFlags.Device) || space.Areas.IsOfPool(area)) return Errno.None;

        Errno error = space.Areas.Modify(index, part, flags, out AreaIndex changed);
        if (error != Errno.None) return error;
        SetFlags(space, changed, old, flags, part.Count);
        return Errno.None;
    }

    /// <summary>
    /// Sets the lock state of an area that could not be joined with its neighbours, without joining it. The calls for all memory return 0,
    /// so no area may be left out. Linux skips the area.
    /// </summary>
    private static void ChangeApart(Space space, AreaIndex index, AreaFlags state)
    {
        ref Area area = ref space.Areas[index];
        if (!space.Areas.TryKeep(index)) return;
        SetFlags(space, index, area.Flags, (area.Flags & ~AreaFlags.LockedMask) | state, area.Count);
    }

    private static void SetFlags(Space space, AreaIndex index, AreaFlags old, AreaFlags flags, PageCount count)
    {
        space.Areas.SetFlags(index, flags);
        if ((flags & AreaFlags.Locked) == 0) space.Statistics.Locked -= count.Value;
        else if ((old & AreaFlags.Locked) == 0) space.Statistics.Locked += count.Value;
    }

    /// <summary>Counts the pages of the range that are locked already, so that they count once. Linux: count_mm_mlocked_page_nr.</summary>
    private static long LockedPagesIn(Space space, PageRange range)
    {
        long pages = 0;
        AreaIndex index = space.Areas.Tree.FirstIn(range);
        for (; index.IsSome && space.Areas[index].First < range.End; index = space.Areas[index].Next)
        {
            if (space.Areas[index].Has(AreaFlags.Locked)) pages += space.Areas[index].Range.Intersect(range).Count.Value;
        }

        return pages;
    }
}
