using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Faults;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Core.Tracking;
using Paging.Native;

namespace Paging.Core.SystemCalls;

/// <summary>Implements the memory part of fork(2): copies the areas and shares the pages until one side writes.</summary>
/// <remarks>
/// Cost: O(areas + pages of areas with an anonymous root or guards). Entries of others are not copied, because a fault fills them again.
/// Guards are copied, as slots of swap devices are.
/// Linux: mm/mmap.c dup_mmap; mm/memory.c copy_page_range, vma_needs_copy.
/// </remarks>
internal sealed class ForkOperation(
    FrameTable frames, Commitment commitment, MemoryPressure pressure, SwapSpace swap, PinTable pins, CopyOnWriteFault copies,
    WriteTracking writes)
{
    /// <summary>Fills a child's new, empty space. Returns false if there is no memory; the parent is unchanged then.</summary>
    /// <remarks>After a failure the caller ends the child.</remarks>
    public bool TryCopy(Space parent, Space child)
    {
        child.Break = parent.Break;
        child.IsPrivileged = parent.IsPrivileged;
        child.ReadImpliesExecute = parent.ReadImpliesExecute;
        if (!TryCopyAreas(parent, child)) return false;
        if (child.Userfaults is not null) UserfaultInheritance.Report(parent, child);
        return true;
    }

    private bool TryCopyAreas(Space parent, Space child)
    {
        for (AreaIndex index = parent.Areas.Tree.First; index.IsSome; index = parent.Areas[index].Next)
        {
            if (!parent.Areas[index].Has(AreaFlags.DontFork) && !TryCopyArea(parent, child, index)) return false;
        }

        return true;
    }

    private bool TryCopyArea(Space parent, Space child, AreaIndex index)
    {
        ref Area original = ref parent.Areas[index];
        long charged = original.Has(AreaFlags.Accounted) ? original.Count.Value : 0;
        if (!commitment.TryCharge(charged)) return false;
        if (!child.Areas.TryDuplicate(original, out AreaIndex copied))
        {
            commitment.Uncharge(charged);
            return false;
        }

        ref Area copy = ref child.Areas[copied];
        bool wiped = original.Has(AreaFlags.WipeOnFork);
        if (wiped) copy.Root = AnonymousRootIndex.None;
        else if (!child.Areas.Roots.Fork(index, copied))
        {
            child.Areas.FreeUnlinked(copied);
            commitment.Uncharge(charged);
            return false;
        }

        copy.Flags &= ~AreaFlags.LockedMask;
        bool wasReported = copy.IsReported;
        if (wasReported) UserfaultInheritance.Settle(parent, child, ref copy);
        child.Areas.Link(copied);
        child.Statistics.Account(copy.Flags, copy.Count.Value);
        bool takesWrites = original.CopiesOnWrite || child.WritesFault;
        bool needsCopy = !wiped && (original.Root.IsSome || original.Has(AreaFlags.MayHaveGuards));
        if (!needsCopy && (wiped || !copy.Has(AreaFlags.ReportsWrites))) return true;    // Linux: vma_needs_copy
        if (!TryShare(parent, child, original.Range, takesWrites)) return false;
        if (wasReported && !copy.Has(AreaFlags.ReportsWrites)) UserfaultInheritance.TakeProtection(child, original.Range);
        return pins.IsEmpty || TryCopyPinned(parent, child, copied);
    }

    /// <summary>Gives the child copies of pinned pages, so that the pins stay with the parent. Linux: copy_present_page.</summary>
    private bool TryCopyPinned(Space parent, Space child, AreaIndex copied)
    {
        ref Area copy = ref child.Areas[copied];
        foreach (PinTable.Pin pin in pins.All)
        {
            if (pin.Space != parent || !copy.Range.Contains(pin.Page) || !pin.IsMapped) continue;
            EntrySlot slot = child.Tables.SlotOf(pin.Page);
            bool isShared = slot.HasTable && slot.Entry.IsPresent && slot.Entry.Frame == pin.Frame;    // no longer, if it is pinned twice
            if (!isShared || !EntryWords.IsOwnPage(frames[pin.Frame])) continue;
            while (copies.Break(child, ref copy, pin.Page, slot) != FaultOutcome.Resolved)
                if (!pressure.TryFreeFor(1)) return false;
            writes.NoteFilled(child, pin.Page);
            if (IsAlone(pin.Frame)) parent.Tables.Store(pin.Page, parent.Tables.Read(pin.Page).WithSoftware1());    // exclusive again
        }

        return true;
    }

    private bool IsAlone(FrameNumber frame) =>
        frames[frame].MapCount == 1 && (frames[frame].State == FrameState.Anonymous || swap.TryLeave(frame));

    /// <summary>
    /// Maps the same frames in the child. Both sides of private memory lose write access and the mark of exclusive pages.
    /// </summary>
    private bool TryShare(Space parent, Space child, PageRange range, bool takesWrites)
    {
        PageTableEntry taken = takesWrites ? default(PageTableEntry).WithWritable().WithSoftware1() : default;
        ForkTally tally = default;
        PageNumber from = range.First;
        bool done = true;
        while (done && from < range.End)
        {
            PageRange rest = PageRange.Between(from, range.End);
            done = parent.Tables.TryCopyForFork(rest, child.Tables, taken, ref tally, out PageNumber stoppedAt);
            from = stoppedAt;
            if (!done)
            {
                done = pressure.TryFreeFor(1);    // a frame for the child's table; pages copied before may be evicted meanwhile
            }
            else if (from < range.End)
            {
                ShareSwapped(parent, child, from);
                from += PageCount.One;
            }
        }

        child.Statistics.CountResident(ResidentKind.Anonymous, tally.Of((int)ResidentKind.Anonymous));
        child.Statistics.CountResident(ResidentKind.File, tally.Of((int)ResidentKind.File));
        child.Statistics.CountResident(ResidentKind.Shared, tally.Of((int)ResidentKind.Shared));
        return done;
    }

    /// <summary>Gives the child a reference to the same slot, so that neither side has it alone. Linux: copy_nonpresent_pte.</summary>
    private void ShareSwapped(Space parent, Space child, PageNumber page)
    {
        SwapEntry entry = swap.From(parent.Tables.Read(page));
        if (entry.IsSwap)
        {
            entry = entry.WithoutExclusive();
            swap.DeviceOf(entry).AddUser(entry.Slot);
            parent.Tables.StoreUnnoted(page, entry.ToPageTableEntry());
            child.Statistics.Swapped++;
        }

        child.Tables.Store(page, entry.ToPageTableEntry());
    }
}
