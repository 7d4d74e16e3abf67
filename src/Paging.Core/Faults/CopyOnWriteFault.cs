using System.Runtime.CompilerServices;
using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;

namespace Paging.Core.Faults;

/// <summary>A write to a present, read-only page of a private area: a copy of its own, or the page itself where nobody else has it.</summary>
/// <remarks>Linux: mm/memory.c do_wp_page, wp_can_reuse_anon_folio, wp_page_copy.</remarks>
internal sealed class CopyOnWriteFault(
    PhysicalMemory ram, FrameTable frames, FrameLists lists, BuddyAllocator allocator, SwapSpace swap, AnonymousFault anonymous)
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FaultOutcome Break(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        PageTableEntry entry = slot.Entry;
        if (EntryWords.IsZeroPage(entry)) return ReplaceZeroPage(space, ref area, page, slot);

        ref FrameDescriptor descriptor = ref frames[entry.Frame];
        if (EntryWords.IsOwnPage(descriptor) && (EntryWords.IsExclusive(entry) || IsLastOwner(entry.Frame)))
        {
            descriptor.Owner = area.Root.Value;    // later searches need not visit the parent's side. Linux: folio_move_anon_rmap
            space.Tables.Replace(page, slot, EntryWords.Own(entry.Frame, writable: true));
            space.Faults.Reused++;
            return FaultOutcome.Resolved;
        }

        return Copy(space, ref area, page, slot, entry.Frame);
    }

    /// <summary>Nobody else maps it, and no swap entry stands for it.</summary>
    private bool IsLastOwner(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (descriptor.MapCount == 1 && descriptor.State == FrameState.SwapCache) swap.TryLeave(frame);
        return descriptor is { ReferenceCount: 1, MapCount: 1 };
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ReplaceZeroPage(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: true, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Tables.Replace(page, slot, EntryWords.Own(frame, writable: true));
        space.Faults.Copied++;
        return FaultOutcome.Resolved;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private FaultOutcome Copy(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameNumber source)
    {
        ram.Prefetch(source);
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: false, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        ram.Copy(source, frame);
        space.Tables.Replace(page, slot, EntryWords.Own(frame, writable: true));
        space.Faults.Copied++;
        ref FrameDescriptor descriptor = ref frames[source];
        if (descriptor.Kind != (byte)ResidentKind.Anonymous) CountAsOwn(space, (ResidentKind)descriptor.Kind);
        if (descriptor is { State: not FrameState.SwapCache, ReferenceCount: > 1 }) descriptor.Counts -= FrameTable.OneReferenceAndMapping;
        else GiveBack(source);
        return FaultOutcome.Resolved;
    }

    /// <summary>The frame that was copied may be nobody's any more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GiveBack(FrameNumber source)
    {
        bool isInSwapCache = frames[source].State == FrameState.SwapCache;
        TlbGather gather = new(lists, allocator);
        gather.AddMapped(source);
        if (isInSwapCache) swap.DropIfUnused(source, ref gather);
        gather.Finish();
    }

    /// <summary>The page was a file's and is the program's own now. Linux: wp_page_copy.</summary>
    private static void CountAsOwn(Space space, ResidentKind before)
    {
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Statistics.CountResident(before, -1);
    }
}
