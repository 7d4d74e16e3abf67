using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements UFFDIO_MOVE: moves private pages to another place of the same address space, without copying.</summary>
/// <remarks>Linux: mm/userfaultfd.c move_pages, validate_move_areas, move_present_pte, move_swap_pte, move_zeropage_pte.</remarks>
internal sealed class UserfaultMove(
    FrameTable frames, SwapSpace swap, CopyOnWriteFault copyOnWrite, MemoryPressure pressure, WriteObservers observers)
{
    /// <summary>Checks both ranges.</summary>
    /// <returns>
    /// ENOENT: nothing is mapped. EAGAIN: an event of changed mappings is unread. EINVAL: not within one private anonymous area each,
    /// different rights or locks, not writable, or the target is not registered with this userfaultfd. ENOMEM: no record for its history.
    /// </returns>
    public static Errno Check(Space space, UserfaultContext context, PageRange to, PageNumber from)
    {
        AreaIndex target = space.Areas.Tree.Covering(to.First), source = space.Areas.Tree.Covering(from);
        if (target.IsNone) return Errno.ENOENT;    // before EAGAIN, as in move_pages
        ref Area into = ref space.Areas[target];
        // Even a refused move leaves the target with a history. Linux: uffd_move_lock → find_vma_and_prepare_anon
        if (!into.Has(AreaFlags.Shared) && !AnonymousFault.TryPrepareRoot(space, ref into)) return Errno.ENOMEM;
        if (source.IsNone) return Errno.ENOENT;
        if (context.IsChanging) return Errno.EAGAIN;
        ref Area outOf = ref space.Areas[source];
        const AreaFlags same = AreaFlags.Rights | AreaFlags.Locked;
        bool isWithin = from + to.Count <= outOf.End && to.End <= into.End && !into.Has(AreaFlags.Shared) && !outOf.Has(AreaFlags.Shared);
        bool agree = ((into.Flags ^ outOf.Flags) & same) == 0 && outOf.Has(AreaFlags.Write);
        bool isOwn = space.Userfaults?.Find(into) == context && into.IsAnonymous && outOf.IsAnonymous;
        bool isReserved = into.Has(AreaFlags.Foreign) || outOf.Has(AreaFlags.Foreign);
        return isWithin && agree && isOwn && !isReserved ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Moves one page of ranges that were checked.</summary>
    /// <returns>
    /// EEXIST: the target has a page. ENOENT: the source has none, and holes are not allowed. EBUSY: another process also maps the page.
    /// ENOMEM: no frame.
    /// </returns>
    public Errno MovePage(Space space, PageNumber to, PageNumber from, bool allowHoles)
    {
        space.HugeLines.SplitAround(from);    // entries are moved one by one
        while (!space.Tables.TryEnsureTable(to))
            if (!pressure.TryFreeFor(space.Group, 1)) return Errno.ENOMEM;
        if (!space.Tables.Read(to).IsNeverTouched) return Errno.EEXIST;
        Errno error;
        do error = MoveEntry(space, to, from, allowHoles);
        while (error == Errno.ENOMEM && pressure.TryFreeFor(space.Group, 1));    // which may have evicted the page itself
        return error;
    }

    private Errno MoveEntry(Space space, PageNumber to, PageNumber from, bool allowHoles)
    {
        PageTableEntry entry = space.Tables.Read(from);
        if (entry.IsNeverTouched || entry == EntryWords.ProtectionMarker) return allowHoles ? Errno.None : Errno.ENOENT;
        if (EntryWords.IsZeroPage(entry)) return Place(space, to, from, EntryWords.Unprotected(entry));
        Errno error = entry.IsPresent ? MovePresent(space, to, from, entry) : MoveSwapped(space, to, from, swap.From(entry));
        if (error == Errno.None) observers.NoteFilled(space, to);
        return error;
    }

    private Errno MovePresent(Space space, PageNumber to, PageNumber from, PageTableEntry entry)
    {
        if (EntryWords.IsImagePage(entry, frames))    // for the program, a private page like any other
        {
            Errno copied = Unshare(space, from);
            if (copied != Errno.None) return copied;
            entry = space.Tables.Read(from);
        }

        bool isExclusive = EntryWords.IsExclusive(entry);
        if (!EntryWords.IsOwnPage(frames.Named(entry.Frame)) || !(isExclusive || IsAloneBesideSnapshots(space, from, entry.Frame)))
            return Errno.EBUSY;
        if (!isExclusive || space.Tables.IsKept(from))
        {
            Errno error = Unshare(space, from);    // a snapshot has the page too, which the program cannot see
            if (error != Errno.None) return error;
            entry = space.Tables.Read(from);
        }

        ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
        ref Area target = ref space.Areas[space.Areas.Tree.Covering(to)];
        if (!AnonymousFault.TryPrepareRoot(space, ref target)) return Errno.ENOMEM;
        descriptor.Owner = target.Root.Value;    // E4: the reverse map finds the page at its new place
        descriptor.Index = target.OffsetOf(to).Value;
        return Place(space, to, from, EntryWords.Unprotected(entry.WithDirty().WithSoftware2()));    // as if written, as after mremap
    }

    private Errno MoveSwapped(Space space, PageNumber to, PageNumber from, SwapEntry swapped)
    {
        if (!swapped.IsSwap) return Errno.EFAULT;    // a guard or a poison mark
        if (!swapped.IsExclusive && !IsAloneBesideSnapshots(space, from, swapped)) return Errno.EBUSY;
        ref Area target = ref space.Areas[space.Areas.Tree.Covering(to)];
        if (!AnonymousFault.TryPrepareRoot(space, ref target)) return Errno.ENOMEM;
        if (space.Tables.IsKept(from)) swapped = swapped.WithoutExclusive();    // a snapshot uses the slot as well from now on
        return Place(space, to, from, swapped.WithoutProtection().ToPageTableEntry());
    }

    /// <summary>True if only this entry and snapshots of the process have the frame: without them it would be exclusive.</summary>
    private bool IsAloneBesideSnapshots(Space space, PageNumber page, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames.Named(frame);
        if (space.Tables.Journal is null || descriptor.MapCount != 1) return false;    // without snapshots the entry would be exclusive
        return descriptor.State != FrameState.SwapCache || OtherUsersOf(swap.EntryOf(frame), space.Tables.Journal, page) == 0;
    }

    private bool IsAloneBesideSnapshots(Space space, PageNumber page, SwapEntry swapped) =>
        space.Tables.Journal is { } journal && OtherUsersOf(swapped, journal, page) == 1
        && !(swap.TryFind(swapped, out FrameNumber cached) && frames[cached].MapCount != 0);

    /// <summary>The number of users of a slot, without the entry that the snapshot keeps for the page.</summary>
    private uint OtherUsersOf(SwapEntry slot, EntryJournal journal, PageNumber page)
    {
        uint users = swap.DeviceOf(slot).UsersOf(slot.Slot);
        if (!journal.Has(page)) return users;
        PageTableEntry kept = journal[page];
        bool isInCache = kept.IsPresent && frames.Named(kept.Frame).State == FrameState.SwapCache;
        if (kept.IsPresent && !isInCache) return users;
        SwapEntry keptSlot = isInCache ? swap.EntryOf(kept.Frame) : SwapEntry.From(kept);
        return keptSlot.Key == slot.Key ? users - 1 : users;
    }

    private static Errno Place(Space space, PageNumber to, PageNumber from, PageTableEntry entry)
    {
        _ = space.Tables.Take(from);    // before the store, or the frame would have two mappings (F4)
        space.Tables.Store(to, entry);
        return Errno.None;
    }

    /// <summary>Copies a page that a snapshot also has, so that the space has a page of its own.</summary>
    private Errno Unshare(Space space, PageNumber page) =>
        copyOnWrite.Copy(space, ref space.Areas[space.Areas.Tree.Covering(page)], page, space.Tables.SlotOf(page)) switch
        {
            FaultOutcome.Resolved => Errno.None,
            FaultOutcome.OutOfMemory => Errno.ENOMEM,
            _ => Errno.EFAULT,
        };
}
