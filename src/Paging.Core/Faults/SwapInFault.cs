using Paging.Core.Frames;
using Paging.Core.Io;
using Paging.Core.Reclaim;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles a touch of a swapped-out page: maps it from the swap cache, or reads it back, which is a major fault.</summary>
/// <remarks>Linux: mm/memory.c do_swap_page, should_try_to_free_swap.</remarks>
internal sealed class SwapInFault(
    FrameStore store, AnonymousRoots roots, SwapSpace swap, Reclaimer reclaimer, SwapPrefetch prefetch, CopyOnWriteFault copyOnWrite)
{
    private readonly FrameTable _frames = store.Frames;
    private readonly BuddyAllocator _allocator = store.Allocator;

    public FaultOutcome Fill(Space space, ref Area area, PageFault fault, PageTableEntry entry)
    {
        SwapEntry swapped = swap.From(entry);
        if (swapped.IsSwap && area.Root.IsNone) return FaultOutcome.BusError;    // a host wrote the entry: nothing was swapped out here
        if (!swapped.IsSwap) return swapped.Marker == PageMarker.Guard ? FaultOutcome.NotMapped : FaultOutcome.BusError;

        bool wasRead = !swap.TryFind(swapped, out FrameNumber frame);
        if (wasRead)
        {
            if (space.Group.IsFull || !_allocator.TryAllocate(FrameState.SwapCache, out frame)) return FaultOutcome.OutOfMemory;
            Errno error = swap.Insert(swapped, frame);
            if (error != Errno.None)
            {
                _allocator.Free(frame);
                if (error == Errno.EAGAIN) prefetch.Around(space.Group, swapped);    // requests the neighbours as well
                return error == Errno.EAGAIN ? FaultOutcome.Pending : FaultOutcome.BusError;    // the entry stays: it can be read again
            }

            reclaimer.Counters.SwapReads++;
        }

        PageTableEntry mapped = Map(space, ref area, fault, swapped, frame);
        if (wasRead)
        {
            reclaimer.AddReadBack(space.Group, frame, swapped);    // after Map: a watcher reads the owner and index
            prefetch.Around(space.Group, swapped);
        }

        bool isAllowed = fault.IsWrite && !EntryWords.IsProtected(mapped);    // a protected page faults again, and is reported then
        FaultOutcome outcome = isAllowed && !mapped.IsWritable && area.Has(AreaFlags.Write)
            ? copyOnWrite.Copy(space, ref area, fault.Page, space.Tables.SlotOf(fault.Page))    // Linux: do_wp_page in do_swap_page
            : FaultOutcome.Resolved;
        return outcome == FaultOutcome.Resolved && wasRead ? FaultOutcome.ResolvedByReading : outcome;
    }

    private PageTableEntry Map(Space space, ref Area area, PageFault fault, SwapEntry swapped, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        SwapDevice device = swap.DeviceOf(swapped);
        bool isKept = space.Tables.IsKept(fault.Page);
        if (isKept && !device.IsClosing) space.Tables.NoteChange(fault.Page);    // a snapshot keeps the slot
        if (descriptor.MapCount == 0)
        {
            if ((descriptor.Flags & PageFlags.ReadAheadMark) != FrameFlags.None) reclaimer.CountReadAheadHit(ref descriptor);
            // Other processes may use the slot, so the page belongs to the oldest root they share. Linux: __folio_set_anon.
            descriptor.Owner = swapped.IsExclusive ? area.Root.Value : roots[area.Chain].Root.Value;
            descriptor.Index = area.OffsetOf(fault.Page).Value;
        }

        _frames.AddReferenceAndMapping(frame);
        device.DropUser(swapped.Slot);    // frees no slot: the frame is still cached there
        // The copy on the device is worth its slot only while the page stays clean and may be evicted. Linux: should_try_to_free_swap.
        bool isSlotUseless = fault.IsWrite || device.IsHalfFull || device.IsClosing || area.Has(AreaFlags.Locked);
        if (isSlotUseless && descriptor.MapCount == 1) swap.TryLeave(frame);
        else if (device.IsClosing) swap.TryLeave(frame);    // swapoff needs the slot empty, however often the frame is mapped

        // A snapshot that keeps the slot does not change the owner of the page, which UFFDIO_MOVE checks.
        bool exclusive = isKept
            ? swapped.IsExclusive && !device.IsClosing && swap.TryPart(frame)
            : swapped.IsExclusive || descriptor.ReferenceCount == 1;    // 1: out of the swap cache, and this entry is alone
        PageTableEntry mapped = PageTableEntry.Map(frame, area.IsAccessible ? PageAccess.User : PageAccess.None).WithAccessed();
        mapped = EntryWords.WithFetch(mapped, area.Flags);
        if (exclusive)
        {
            descriptor.Owner = area.Root.Value;
            mapped = mapped.WithSoftware1();
            if (area.Has(AreaFlags.Write) && fault.IsWrite) mapped = EntryWords.Written(mapped);
            else if (area.Has(AreaFlags.Write) && space.Observers.MayOpen(frame)) mapped = mapped.WithWritable();
        }

        // A swap entry has no soft-dirty bit, so the page counts as written since the last clear_refs.
        mapped = mapped.WithSoftware2();
        if (swapped.IsProtected) mapped = EntryWords.Protected(mapped);

        space.Tables.StoreUnnoted(fault.Page, mapped);    // no change of the page; a kept slot was noted above
        space.Statistics.Swapped--;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Faults.SwappedIn++;
        space.Events?.Note(EngineEventKind.SwappedIn, space.ProcessId, new(fault.Page, PageCount.One), frame);
        return mapped;
    }
}
