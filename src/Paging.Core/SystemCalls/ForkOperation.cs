using Paging.Core.Faults;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.SystemCalls;

/// <summary>Implements the memory part of fork(2): copies the areas and shares the pages until one side writes.</summary>
/// <remarks>
/// Cost: O(areas + pages of areas with an anonymous root or guards), but tables of anonymous memory are lent until they are needed
/// (<see cref="ForkLoan"/>): a pass over their words. Entries of others are not copied, because a fault fills them again.
/// Guards are copied, as slots of swap devices are.
/// Linux: mm/mmap.c dup_mmap; mm/memory.c copy_page_range, vma_needs_copy.
/// </remarks>
internal sealed class ForkOperation(
    FrameTable frames, Commitment commitment, MemoryPressure pressure, SwapSpace swap, PinTable pins, CopyOnWriteFault copies,
    WriteObservers observers, HugeSharing sharing)
{
    /// <summary>Fills a child's new, empty space. Returns false, with the parent unchanged, if there is no memory.</summary>
    /// <remarks>After a failure the caller ends the child.</remarks>
    public bool TryCopy(Space parent, Space child)
    {
        parent.Tables.Loans.CopyAll();    // a table has one borrower, and a borrowed one cannot be lent
        child.Break = parent.Break;
        child.IsPrivileged = parent.IsPrivileged;
        child.Inherit(parent);
        child.HugeLines.MayHaveParts = parent.HugeLines.MayHaveParts;
        child.ReadImpliesExecute = parent.ReadImpliesExecute;
        if (!TryCopyAreas(parent, child)) return false;
        if (parent.Shadow is { } shadow) child.Shadow = Inherited(parent, shadow);
        if (child.Userfaults is not null) UserfaultInheritance.Report(parent, child);    // last: a fork that fails is not reported
        return true;
    }

    /// <summary>Returns the child's shadow: the parent's, without the areas that the child does not inherit, or inherits empty.</summary>
    private static ShadowTree Inherited(Space parent, ShadowTree shadow)
    {
        ShadowTree inherited = shadow.Copy();
        for (AreaIndex index = parent.Areas.Tree.First; index.IsSome; index = parent.Areas[index].Next)
        {
            if (parent.Areas[index].HasAny(AreaFlags.DontFork | AreaFlags.WipeOnFork)) inherited.Clear(parent.Areas[index].Range);
        }

        return inherited;
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
        if (!commitment.TryCharge(charged)) return false;    // the child may write every page, so its copy is committed too
        if (!child.Areas.TryDuplicate(original, out AreaIndex copied))
        {
            commitment.Uncharge(charged);
            return false;
        }

        ref Area copy = ref child.Areas[copied];
        bool wiped = original.Has(AreaFlags.WipeOnFork);
        if (wiped) copy.Root = AnonymousRootIndex.None;    // or the parent's pages would be reachable from it
        else if (!child.Areas.Roots.Fork(index, copied))
        {
            child.Areas.FreeUnlinked(copied);
            commitment.Uncharge(charged);
            return false;
        }

        copy.Flags &= ~AreaFlags.LockedMask;
        if (parent.Areas.IsOfPool(original)) return CopyPoolArea(parent, child, original, copied);
        bool wasReported = copy.IsReported;
        if (wasReported) UserfaultInheritance.Settle(parent, child, ref copy);
        // Linux: vma_needs_copy
        bool needsCopy = !wiped && (original.Root.IsSome || original.Has(AreaFlags.MayHaveGuards) || copy.Has(AreaFlags.ReportsWrites));
        bool takesWrites = original.CopiesOnWrite || child.Observers.NeedFaults;    // shared memory stays writable on both sides
        child.Areas.Link(copied);
        child.Statistics.Account(copy.Flags, copy.Count.Value);
        if (!needsCopy) return true;
        if (!TryShare(parent, child, original, takesWrites)) return false;
        if (original.Has(AreaFlags.Shared)) CleanCopies(child, original.Range);
        if (!pins.IsEmpty && !TryCopyPinned(parent, child, copied)) return false;
        if (wasReported && !copy.Has(AreaFlags.ReportsWrites)) UserfaultInheritance.TakeProtection(child, original.Range);
        return true;
    }

    /// <summary>
    /// Copies an area of the pool, without its reservation. Private pages are shared; pages of an object fault in again.
    /// Linux: copy_hugetlb_page_range, hugetlb_dup_vma_private.
    /// </summary>
    private bool CopyPoolArea(Space parent, Space child, in Area original, AreaIndex copied)
    {
        child.Areas[copied].Flags &= ~(PoolAreas.Owner | PoolAreas.Robbed);
        child.Areas.Link(copied);    // before the entries, so that reclaim finds those of the child as well (Y2)
        child.Statistics.Account(child.Areas[copied].Flags, original.Count.Value);
        if (original.Has(AreaFlags.MayShare) || !original.HasAny(PoolAreas.HasOwn)) return true;
        child.Regions |= (byte)(parent.Regions & RegionsOf(original.Range));
        PageNumber from = original.First;
        while (parent.Tables.Huge.TryNext(from, original.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + parent.Tables.Huge.CountEach;
            PageTableEntry shared = entry.WithoutWritable().WithoutSoftware1();
            parent.Tables.Huge.Store(page, shared);
            child.Tables.Huge.Store(page, shared);
            frames[entry.Frame].Counts += FrameTable.OneReferenceAndMapping;    // K3, F5: the child's leaf
            child.Statistics.HugePool += parent.Tables.Huge.CountEach.Value;
        }

        return true;
    }

    /// <summary>Clears D of the child's copies in shared memory; the parent's entries keep it. Linux: __copy_present_ptes.</summary>
    private static void CleanCopies(Space child, PageRange range)
    {
        CleanRule rule = default;
        child.Tables.RewriteRange(range, ref rule);
    }

    private readonly struct CleanRule : IEntryRule
    {
        public PageTableEntry Rewrite(PageNumber page, PageTableEntry entry) => entry.IsPresent ? entry.WithoutDirty() : entry;
    }

    private static byte RegionsOf(PageRange range)
    {
        int first = (int)(range.First.Value >> Space.RegionShift), last = (int)((range.End.Value - 1) >> Space.RegionShift);
        return (byte)((1 << (last + 1)) - (1 << first));
    }

    /// <summary>Gives the child copies of pinned pages, so that the pins stay with the parent. Linux: copy_present_page.</summary>
    private bool TryCopyPinned(Space parent, Space child, AreaIndex copied)
    {
        ref Area copy = ref child.Areas[copied];
        foreach (PinTable.Pin pin in pins.All)
        {
            if (pin.Space != parent || !copy.Range.Contains(pin.Page)) continue;
            EntrySlot slot = child.Tables.SlotOf(pin.Page);
            // The page may have another frame meanwhile, or be pinned twice.
            bool isShared = slot.HasTable && slot.Entry.IsPresent && slot.Entry.Frame == pin.Frame;
            if (!isShared || !EntryWords.IsOwnPage(frames[pin.Frame])) continue;
            bool isProtected = EntryWords.IsProtected(slot.Entry);
            while (copies.Copy(child, ref copy, pin.Page, slot) != FaultOutcome.Resolved)
                if (!pressure.TryFreeFor(child.Group, 1)) return false;
            TakeRights(child, copy, pin.Page, isProtected);
            observers.NoteFilled(child, pin.Page);
            if (IsAlone(pin.Frame)) parent.Tables.Store(pin.Page, parent.Tables.Read(pin.Page).WithSoftware1());    // exclusive again
        }

        return true;
    }

    /// <summary>Removes from a copied entry the rights that its area lacks, and write access if its writes are reported.</summary>
    private static void TakeRights(Space child, in Area copy, PageNumber page, bool isProtected)
    {
        PageTableEntry made = child.Tables.Read(page);
        if (isProtected) made = EntryWords.Protected(made);
        else if (!copy.Has(AreaFlags.Write)) made = made.WithoutWritable();
        child.Tables.Store(page, copy.IsAccessible ? made : made.WithoutUser());
    }

    private bool IsAlone(FrameNumber frame) =>
        frames[frame].MapCount == 1 && (frames[frame].State == FrameState.Anonymous || swap.TryLeave(frame));

    /// <summary>
    /// Maps the same frames in the child. Both sides of private memory lose write access and the mark of exclusive pages.
    /// </summary>
    private bool TryShare(Space parent, Space child, in Area area, bool takesWrites)
    {
        PageRange range = area.Range;
        bool mayLend = takesWrites && area.IsAnonymous;    // then all of its resident pages are of one kind
        if (parent.HugeLines.Count != 0 && !TryShareHuge(parent, child, range)) return false;    // first: leaves it splits are copied below
        if (parent.HugeLines.MayHaveParts) JoinParts(parent, child, range);    // before the tables are lent
        child.Regions |= (byte)(parent.Regions & RegionsOf(range));
        PageTableEntry taken = takesWrites ? default(PageTableEntry).WithWritable().WithSoftware1() : default;
        ForkTally tally = default;
        PageNumber from = range.First;
        bool done = true;
        while (done && from < range.End)
        {
            PageRange rest = PageRange.Between(from, range.End);
            done = parent.Tables.TryCopyForFork(rest, child.Tables, taken, mayLend, ref tally, out PageNumber stoppedAt);
            from = stoppedAt;
            if (!done)
            {
                done = pressure.TryFreeFor(child.Group, 1);    // a frame for the child's table; pages copied before may be evicted by it
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
        return done && TryCopyEmptyTables(parent, child, range);
    }

    /// <summary>Maps the same transparent huge pages in the child. Linux: copy_huge_pmd.</summary>
    private bool TryShareHuge(Space parent, Space child, PageRange range)
    {
        PageNumber from = range.First;
        while (parent.Tables.Huge.TryNext(from, range.End, out PageNumber page, out PageTableEntry entry))
        {
            from = page + parent.Tables.Huge.CountEach;
            if (parent.HugeLines.IsOfObject(entry)) continue;    // faults in again
            if (!pins.IsEmpty && pins.HoldsIn(parent, parent.Tables.Huge.RangeOf(page))) parent.HugeLines.SplitAround(page);
            while (!child.HugeLines.TryReserve())    // K5: the child's leaf needs a table of its own
                if (!pressure.TryFreeFor(child.Group, 1)) return false;
            if (!parent.Tables.Huge.TryRead(page, out entry))
            {
                child.HugeLines.Release(page);    // the split may have followed a shortage of frames; the small pages are copied below
                continue;
            }

            if (!EntryWords.IsSpecial(entry)) sharing.Join(child, page, entry.Frame);    // before the child has its entry
            PageTableEntry shared = entry.WithoutWritable().WithoutSoftware1();
            parent.Tables.Huge.Store(page, shared);
            child.Tables.Huge.Store(page, shared);
            if (EntryWords.IsSpecial(entry)) continue;    // the huge page of zeros is not counted
            parent.HugeLines.Blocks.AddLeaf(entry.Frame);
            child.Statistics.CountResident(ResidentKind.Anonymous, parent.Tables.Huge.CountEach.Value);
        }

        return true;
    }

    /// <summary>Notes the child as a user of each huge page that small entries of a range map parts of.</summary>
    private void JoinParts(Space parent, Space child, PageRange range)
    {
        FrameNumber last = default;
        foreach (TablePart part in new TableParts(parent.Tables, range, omitsLent: true))
        {
            EntryTable words = part.Words;
            for (int index = part.Start; (index = words.NextTouched(index, part.End)) < part.End; index++)
            {
                PageTableEntry entry = new(words[index]);
                if (!entry.IsPresent || EntryWords.IsSpecial(entry) || !HugeBlocks.IsPart(frames.Named(entry.Frame))) continue;
                FrameNumber block = parent.HugeLines.Blocks.FirstOf(entry.Frame);
                if (block == last) continue;
                sharing.Join(child, part.PageAt(index), entry.Frame);
                last = block;
            }
        }
    }

    /// <summary>An empty table keeps its line from getting a huge page, so the child gets one too. Linux: copy_pte_range.</summary>
    private bool TryCopyEmptyTables(Space parent, Space child, PageRange range)
    {
        PageNumber line = parent.Tables.Huge.RangeOf(range.First).First;
        for (; line < range.End; line += parent.Tables.Huge.CountEach)
        {
            if (!parent.Tables.HasTable(line) || child.Tables.HasTable(line)) continue;    // a lent one is not copied
            while (!child.Tables.TryEnsureTable(line))
                if (!pressure.TryFreeFor(child.Group, 1)) return false;
        }

        return true;
    }

    /// <summary>Gives the child a reference to the same slot, which is exclusive to neither side. Linux: copy_nonpresent_pte.</summary>
    private void ShareSwapped(Space parent, Space child, PageNumber page)
    {
        SwapEntry entry = swap.From(parent.Tables.Read(page));
        if (entry.IsSwap)
        {
            entry = entry.WithoutExclusive();    // two entries name the slot now (E3)
            swap.DeviceOf(entry).AddUser(entry.Slot);
            parent.Tables.StoreUnnoted(page, entry.ToPageTableEntry());    // the content is the same: snapshots record nothing
            child.Statistics.Swapped++;
        }

        child.Tables.Store(page, entry.ToPageTableEntry());    // a marker has no slot, and is copied as it is
    }
}
