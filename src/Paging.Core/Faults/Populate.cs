using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Touches pages ahead of the program: MAP_POPULATE, locking, MADV_POPULATE_*.</summary>
/// <remarks>
/// Linux: mm/gup.c __mm_populate, populate_vma_page_range, faultin_page_range. Areas never grow here, and holes are not filled.
/// </remarks>
internal sealed class Populate(PageFaultHandler faults, FrameTable frames, FrameLists lists, WriteObservers observers)
{
    /// <summary>Fills the mapped pages of the range as locking does: private writable pages are written, others are read.</summary>
    /// <remarks>After a page that cannot be filled, goes on with the next area (mmap, mlockall) or stops (mlock).</remarks>
    /// <returns>
    /// EFAULT: a page could not be filled. ENOMEM: no frame was left. EAGAIN: a pager or userfaultfd supplies the page later, which
    /// <see cref="Space.PendingFill"/> begins with.
    /// </returns>
    public Errno Fill(Space space, PageRange range, bool goOn)
    {
        space.PendingFill = default;
        AreaIndex next = space.Areas.Tree.FirstIn(range);
        while (next.IsSome && space.Areas[next].First < range.End)
        {
            AreaIndex index = next;
            ref Area area = ref space.Areas[index];
            next = area.Next;
            if (area.Has(AreaFlags.Device)) faults.ShowHost(space, area, range);
            if (area.HasAny(AreaFlags.LockedOnFault | AreaFlags.Foreign | AreaFlags.Device)) continue;
            PageNumber page = area.First;
            Errno error = area.IsAccessible ? FillPart(space, index, range, NeedsOwnPages(area), out page) : Errno.EFAULT;
            if (error == Errno.EAGAIN)
            {
                space.PendingFill = new(PageRange.Between(page, range.End), goOn ? PendingFillKind.Ahead : PendingFillKind.Lock);
                return error;    // even with goOn: Linux waits here
            }

            if (error != Errno.None && !goOn) return error;    // __mm_populate: ignore_errors
        }

        return Errno.None;
    }

    /// <summary>Fills the range for MADV_POPULATE_READ or MADV_POPULATE_WRITE. Stops at the first hole, refusal or failure.</summary>
    /// <returns>
    /// ENOMEM: a hole, or no frame. EINVAL: the area's rights do not allow it. EFAULT: beyond the end of a file. EAGAIN: as
    /// <see cref="Fill"/>.
    /// </returns>
    public Errno FillAs(Space space, PageRange range, bool forWriting)
    {
        space.PendingFill = default;
        PageNumber page = range.First;
        while (page < range.End)
        {
            AreaIndex index = space.Areas.Tree.Covering(page);
            if (index.IsNone) return Errno.ENOMEM;
            ref Area area = ref space.Areas[index];
            AreaFlags right = forWriting ? AreaFlags.Write : AreaFlags.Read;    // exactly this right, unlike Allows: check_vma_flags
            if (!area.Has(right) || area.HasAny(AreaFlags.Foreign | AreaFlags.Device)) return Errno.EINVAL;    // faultin_page_range
            Errno error = FillPart(space, index, range, forWriting, out page);
            if (error == Errno.EAGAIN)
                space.PendingFill = new(PageRange.Between(page, range.End), forWriting ? PendingFillKind.Write : PendingFillKind.Read);
            if (error != Errno.None) return error;
        }

        return Errno.None;
    }

    /// <summary>Same as <see cref="Fill"/>, but neither reports nor waits. Linux: a null <c>locked</c> in gup.c.</summary>
    public void FillWithoutWaiting(Space space, PageRange range)
    {
        using UnawaitedAccess unawaited = new(space);
        _ = Fill(space, range, goOn: true);
        space.PendingFill = default;    // a pager's page is left missing
    }

    /// <summary>Makes a page of an area without rights readable for the kernel alone.</summary>
    /// <returns>False: no page, or it cannot be had now. The entry stays closed to the program.</returns>
    public bool TryShow(Space space, AreaIndex index, PageNumber page)
    {
        if (Touch(space, index, new(page, AccessKind.Read)) != FaultOutcome.Resolved) return false;
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent) return false;
        PageNumber first = space.Tables.Units.Of(page).First;
        space.Tables.Units.Store(first, space.Tables.Read(first).WithoutUser());
        return true;
    }

    private static bool NeedsOwnPages(in Area area) => (area.Flags & (AreaFlags.Write | AreaFlags.Shared)) == AreaFlags.Write;

    /// <summary>Fills the part of the range that lies in the area.</summary>
    /// <param name="space">The address space.</param>
    /// <param name="index">The area.</param>
    /// <param name="range">The pages.</param>
    /// <param name="forWriting">True to make them writable.</param>
    /// <param name="page">The page at which it has stopped: the end of the part, or before it.</param>
    private Errno FillPart(Space space, AreaIndex index, PageRange range, bool forWriting, out PageNumber page)
    {
        PageRange part = space.Areas[index].Range.Intersect(range);
        for (page = part.First; page < part.End; page++)
        {
            FaultOutcome outcome = Touch(space, index, new(page, forWriting ? AccessKind.Write : AccessKind.Read));
            if (outcome == FaultOutcome.OutOfMemory) return Errno.ENOMEM;
            if (outcome is FaultOutcome.BusError or FaultOutcome.NotMapped)    // NotMapped: a guard page
                return SwapEntry.From(space.Tables.Read(page)).Marker == PageMarker.Poison ? Errno.EHWPOISON : Errno.EFAULT;
            if (outcome == FaultOutcome.Pending) return Errno.EAGAIN;
            NoteUse(space, page, forWriting);
        }

        return Errno.None;
    }

    /// <summary>
    /// Marks the page as used, and as written if requested, even where another fault mapped it. Linux: FOLL_TOUCH, follow_page_pte.
    /// </summary>
    public void NoteUse(Space space, PageNumber page, bool forWriting)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (!entry.IsPresent || EntryWords.IsSpecial(entry)) return;    // special: the frame is not counted, and has no flags of a page
        ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
        if (descriptor.MapCount == 0) return;    // an entry that a host wrote
        lists.MarkUsed(entry.Frame);
        if (forWriting && descriptor.Kind != (byte)ResidentKind.File) descriptor.Flags |= PageFlags.Dirty;    // files: the fault did (E5)
    }

    /// <summary>Makes a private page that is present the process's own, before it is pinned for reading. Linux: gup_must_unshare.</summary>
    /// <returns>False: there is no frame for the copy.</returns>
    public bool TryUnshare(Space space, PageNumber page)
    {
        if (space.Tables.Huge.Count != 0 && space.Tables.Huge.TryRead(page, out PageTableEntry leaf) && !EntryWords.IsExclusive(leaf))
            space.HugeLines.SplitAround(page);    // do_huge_pmd_wp_page splits a shared huge page
        FaultAttempts attempts = faults.BeginAttempts(space, page);
        FaultOutcome outcome;
        do
        {
            space.Tables.OpenTable(page);
            EntrySlot slot = space.Tables.SlotOf(page);
            AreaIndex index = space.Areas.Tree.Covering(page);
            if (!slot.HasTable || index.IsNone) return true;
            ref Area area = ref space.Areas[index];
            outcome = area.Has(AreaFlags.Shared) ? FaultOutcome.Resolved : faults.Copies.Unshare(space, ref area, page, slot);
        }
        while (attempts.MustLookAgain(ref outcome));
        return outcome == FaultOutcome.Resolved;
    }

    private FaultOutcome Touch(Space space, AreaIndex index, PageFault fault)
    {
        FaultAttempts attempts = faults.BeginAttempts(space, fault.Page);
        FaultOutcome outcome;
        do
        {
            PageTableEntry entry = space.Tables.Read(fault.Page);
            if (entry.IsPresent && (!fault.IsWrite || entry.IsWritable)) return FaultOutcome.Resolved;    // not counted, as nothing faults
            outcome = faults.Resolve(space, ref space.Areas[index], fault);
        }
        while (attempts.MustLookAgain(ref outcome));
        if (fault.IsWrite) observers.NoteFilled(space, fault.Page);    // the program's write will not fault, so the logs note it now
        return PageFaultHandler.Count(space, fault, outcome);
    }
}
