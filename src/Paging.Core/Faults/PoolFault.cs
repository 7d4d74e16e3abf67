using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles faults in areas of huge pages from the pool.</summary>
/// <remarks>
/// The first touch, a load or a store, maps a huge page. A store to a read-only private page makes the page writable, copies it, or takes
/// it back from the children that inherited it. An empty pool is a bus error; no memory for a record is OutOfMemory.
/// Linux: mm/hugetlb.c hugetlb_fault, hugetlb_no_page, hugetlb_wp, vmf_error.
/// </remarks>
internal sealed class PoolFault(FrameTable frames, OpenFileTable files, HugeObjects huge, PoolMappings mappings)
{
    private HugePool Pool => huge.Pool;

    public FaultOutcome Fill(Space space, ref Area area, PageFault fault)
    {
        FileObject file = files.ObjectOf(area.File);
        if (!huge.HasPages(file)) return FaultOutcome.BusError;
        space.NoteRegion(fault.Page);
        PageNumber page = file.HugeFirst(fault.Page);
        if (!space.Tables.Huge.TryRead(page, out PageTableEntry entry))
        {
            FaultOutcome outcome = MapAny(space, ref area, file, page, out entry);
            if (outcome != FaultOutcome.Resolved) return outcome;
            space.Faults.File++;
        }

        return !fault.IsWrite || entry.IsWritable ? FaultOutcome.Resolved : MakeWritable(space, ref area, file, page, entry);
    }

    /// <summary>Maps the object's page or a new one. A private page is mapped read-only, even if the area allows writing.</summary>
    private FaultOutcome MapAny(Space space, ref Area area, FileObject file, PageNumber page, out PageTableEntry entry)
    {
        entry = default;
        uint index = file.HugeIndexOf(area, page);
        if (area.HasAny(PoolAreas.Robbed)) return FaultOutcome.BusError;    // Linux: HPAGE_RESV_UNMAPPED in hugetlb_no_page
        if (!huge.TryFind(file, index, out FrameNumber block))
        {
            if (index >= file.ByteLength / file.HugeBytes) return FaultOutcome.BusError;    // a page that exists is never beyond the end
            bool isShared = area.Has(AreaFlags.MayShare);
            if (!isShared) area.Flags |= PoolAreas.HasOwn;    // set before a page is taken: vmf_anon_prepare comes first
            Errno error = isShared ? huge.Make(file, index, out block) : TakeOwn(area, index, out block);
            if (error != Errno.None) return OutcomeOf(error);
            if (!isShared) huge.Begin(block, file, index, 0);    // 0: no object has it, so its last unmapping gives it back
        }

        bool isNoticed = space.Observers.NeedFaults || area.Has(AreaFlags.SoftClean);    // D4, Q4: then only a store opens it
        bool mayOpen = area.Has(AreaFlags.Shared | AreaFlags.Write) && !isNoticed;
        entry = EntryOf(area, block, mayOpen);
        mappings.Put(space, page, entry);
        return FaultOutcome.Resolved;
    }

    /// <summary>Takes a page for a private area: one that was reserved for it, or any. ENOSPC, ENOMEM as for a shared area.</summary>
    private Errno TakeOwn(in Area area, uint index, out FrameNumber block)
    {
        block = default;
        bool isReserved = mappings.IsReserved(area, index);
        if (!mappings.TryUse(area, index)) return Errno.ENOMEM;    // the record before the page: vma_needs_reservation
        if (isReserved ? Pool.TryTakeReserved(out block) : Pool.TryTake(out block)) return Errno.None;
        if (isReserved) mappings.Unuse(area.File, index);
        return Errno.ENOSPC;
    }

    private static FaultOutcome OutcomeOf(Errno error) => error == Errno.ENOMEM ? FaultOutcome.OutOfMemory : FaultOutcome.BusError;

    private FaultOutcome MakeWritable(Space space, ref Area area, FileObject file, PageNumber page, PageTableEntry entry)
    {
        FrameNumber block = entry.Frame;
        ref FrameDescriptor first = ref frames[block];
        bool isOfObject = (first.Private & HugePool.InObject) != 0;
        if (area.Has(AreaFlags.Shared) || (!isOfObject && first.MapCount == 1))    // Linux: hugetlb_wp reuses an unshared page
        {
            Pool.Kept.BeforeChange(block);
            space.Tables.Huge.Store(page, EntryOf(area, block, writable: true));
            return FaultOutcome.Resolved;
        }

        uint index = file.HugeIndexOf(area, page);
        bool isOwner = area.HasAny(PoolAreas.Owner) && !isOfObject;    // its copy uses no reserved page: cow_from_owner
        FrameNumber copy;
        Errno error = !isOwner ? TakeOwn(area, index, out copy) : Pool.TryTake(out copy) ? Errno.None : Errno.ENOSPC;
        if (error != Errno.None)
        {
            if (!isOwner) return OutcomeOf(error);
            mappings.TakeBack(file, index, block);    // the owner's store must succeed: unmap_ref_private
            Pool.Kept.BeforeChange(block);
            space.Tables.Huge.Store(page, EntryOf(area, block, writable: true));
            return FaultOutcome.Resolved;
        }

        huge.BeginCopy(copy, block, file, index);
        area.Flags |= PoolAreas.HasOwn;
        mappings.GiveBackIfUnused(mappings.Take(space, page));    // after the copy, which reads it
        mappings.Put(space, page, EntryOf(area, copy, writable: true));
        space.Faults.Copied++;
        return FaultOutcome.Resolved;
    }

    private static PageTableEntry EntryOf(in Area area, FrameNumber block, bool writable)
    {
        PageTableEntry entry = EntryWords.Cached(block, area.Flags, writable: false, written: false);
        if (!writable) return entry;
        entry = entry.WithWritable().WithSoftware2();    // soft-dirty with the right to write: make_huge_pte, huge_pte_mkdirty
        return area.Has(AreaFlags.Shared) ? entry : entry.WithSoftware1();
    }
}
