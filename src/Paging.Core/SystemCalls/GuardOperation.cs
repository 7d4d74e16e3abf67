using Paging.Core.Faults;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements madvise(MADV_GUARD_INSTALL) and madvise(MADV_GUARD_REMOVE), for pages that a program must not touch.</summary>
/// <remarks>
/// A guard is a page table entry (<see cref="PageMarker.Guard"/>), so it costs no area. Discarding pages keeps it, mremap moves it,
/// fork copies it, and unmapping removes it. Cost: O(pages), and the page tables that are missing.
/// The area records that it may have guards, so that a fork copies its page tables, those of files too.
/// Linux: mm/madvise.c madvise_guard_install, madvise_guard_remove (6.13; files since 6.15; VM_MAYBE_GUARD since 6.18.y).
/// </remarks>
internal sealed class GuardOperation(Zap zap, MemoryPressure pressure)
{
    private static PageTableEntry Guard => SwapEntry.ForMarker(PageMarker.Guard).ToPageTableEntry();

    /// <summary>Discards the pages of a part of an area, and puts guards in their place.</summary>
    /// <returns>EINVAL: the area is locked. ENOMEM: no record, or no frame for a page table; guards that were installed stay.</returns>
    public Errno Install(Space space, AreaIndex index, PageRange part)
    {
        ref Area area = ref space.Areas[index];
        if (area.Has(AreaFlags.Locked)) return Errno.EINVAL;    // a lock keeps pages that guards would discard
        // With a root, a fork copies the page tables. Linux: anon_vma_prepare in madvise_guard_install
        if (area.IsAnonymous && !AnonymousFault.TryPrepareRoot(space, ref area)) return Errno.ENOMEM;
        if (!space.Areas.TryKeep(index)) return Errno.ENOMEM;    // before the flag: a snapshot keeps the record without it
        space.Areas.Changing(index).Flags |= AreaFlags.MayHaveGuards;
        space.HugeLines.SplitEnds(part);
        zap.Pages(space, part);    // before the guards, which overwrite the entries
        for (PageNumber page = part.First; page < part.End; page++)
        {
            while (!space.Tables.TryEnsureTable(page))
            {
                if (!pressure.TryFreeFor(space.Group, 1)) return Errno.ENOMEM;
            }

            space.NoteRegion(page);
            space.Tables.Store(page, Guard);
        }

        return Errno.None;
    }

    /// <summary>Removes the guards of a range. Other pages do not change.</summary>
    public static void Remove(Space space, PageRange part)
    {
        foreach ((PageNumber page, PageTableEntry entry) in space.Tables.TouchedIn(part))
            if (entry == Guard) space.Tables.Store(page, default);
    }
}
