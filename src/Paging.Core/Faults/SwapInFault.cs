using Paging.Native;

namespace Paging.Core;

/// <summary>A touch of a page that was swapped out: found in the swap cache, or read back, a major fault.</summary>
/// <remarks>Linux: mm/memory.c do_swap_page, should_try_to_free_swap.</remarks>
internal sealed class SwapInFault(PagingEngine engine)
{
    private readonly CopyOnWriteFault _copyOnWrite = new(engine);

    public FaultOutcome Fill(AddressSpace space, ref Area area, PageFault fault, PageTableEntry entry)
    {
        SwapEntry swapped = SwapEntry.From(entry);
        if (!swapped.IsSwap) return swapped.Marker == PageMarker.Guard ? FaultOutcome.NotMapped : FaultOutcome.BusError;

        bool wasRead = !engine.Swap.TryFind(swapped, out FrameNumber frame);
        if (wasRead)
        {
            if (engine.Pressure.IsGroupFull || !engine.Allocator.TryAllocate(FrameState.SwapCache, out frame)) return FaultOutcome.OutOfMemory;
            if (engine.Swap.Insert(swapped, frame) != Errno.None)
            {
                engine.Allocator.Free(frame);
                return FaultOutcome.BusError;    // the entry stays: a device that recovers gives the page back
            }

            engine.Reclaim.CountSwapRead();
        }

        PageTableEntry mapped = Map(space, ref area, fault, swapped, frame);
        if (wasRead)
        {
            engine.Reclaim.AddReadBack(frame, swapped);
            engine.SwapPrefetch.Around(swapped);
        }

        FaultOutcome outcome = fault.IsWrite && !mapped.IsWritable && area.Has(AreaFlags.Write)
            ? _copyOnWrite.Break(space, ref area, fault.Page, space.Tables.SlotOf(fault.Page))
            : FaultOutcome.Resolved;
        return outcome == FaultOutcome.Resolved && wasRead ? FaultOutcome.ResolvedByReading : outcome;
    }

    private PageTableEntry Map(AddressSpace space, ref Area area, PageFault fault, SwapEntry swapped, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref engine.Frames[frame];
        SwapDevice device = engine.Swap.DeviceOf(swapped);
        if (descriptor.MapCount == 0)
        {
            if ((descriptor.Flags & PageFlags.ReadAheadMark) != FrameFlags.None) engine.Reclaim.CountReadAheadHit(ref descriptor);
            // Whoever else names the slot hangs under the oldest root as well. Linux: __folio_set_anon.
            descriptor.Owner = swapped.IsExclusive ? area.Root.Value : engine.Roots[area.Chain].Root.Value;
            descriptor.Index = area.OffsetOf(fault.Page);
        }

        engine.Frames.AddReferenceAndMapping(frame);
        device.DropUser(swapped.Slot);
        bool slotHelpsNobody = fault.IsWrite || device.IsHalfFull || device.IsClosing || area.Has(AreaFlags.Locked);
        if (slotHelpsNobody && descriptor.MapCount == 1) engine.Swap.TryLeave(frame);
        else if (device.IsClosing) engine.Swap.TryLeave(frame);

        bool exclusive = swapped.IsExclusive || descriptor.ReferenceCount == 1;
        PageTableEntry mapped = PageTableEntry.Map(frame, area.IsAccessible ? PageAccess.User : PageAccess.None).WithAccessed();
        if (exclusive)
        {
            descriptor.Owner = area.Root.Value;
            mapped = mapped.WithSoftware1();
            if (area.Has(AreaFlags.Write)) mapped = fault.IsWrite ? EntryWords.Written(mapped) : mapped.WithWritable();
        }

        mapped = mapped.WithSoftware2();    // a swap entry has no bit to remember that clear_refs was told: it counts as written since

        space.Tables.Store(fault.Page, mapped);
        space.Statistics.Swapped--;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Faults.SwappedIn++;
        return mapped;
    }
}
