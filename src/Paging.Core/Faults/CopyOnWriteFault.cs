using System.Runtime.CompilerServices;
using Paging.Core.Accounting;
using Paging.Core.Areas;
using Paging.Core.Frames;
using Paging.Core.ReverseMapping;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Faults;

/// <summary>Handles a write to a present, read-only page of a private area.</summary>
/// <remarks>
/// The area's process gets a copy of its own. If no other process uses the page, the page itself becomes writable instead.
/// Linux: mm/memory.c do_wp_page, wp_can_reuse_anon_folio, wp_page_copy.
/// </remarks>
internal sealed class CopyOnWriteFault(
    PhysicalMemory ram, FrameTable frames, FrameLists lists, BuddyAllocator allocator, SwapSpace swap, AnonymousFault anonymous,
    HugeSharing sharing)
{
    /// <summary>Gives the process a page of its own. Precondition: the entry is present and read-only.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome Break(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        PageTableEntry entry = new(slot.Word);
        if (entry.Frame == EntryWords.ZeroFrame) return ReplaceZeroPage(space, ref area, page, slot);

        ref FrameDescriptor descriptor = ref frames.Named(entry.Frame);
        if (descriptor.MapCount == 0) return CopyUncounted(space, ref area, page, slot, descriptor.State);    // F4: of no page of a process
        bool mayReuse = EntryWords.IsOwnPage(descriptor) && area.Root.IsSome && !space.Tables.IsKept(page);
        if (mayReuse && (EntryWords.IsExclusive(entry) || IsLastOwner(space, entry.Frame)))
        {
            descriptor.Owner = area.Root.Value;    // later searches skip the parent's areas. Linux: folio_move_anon_rmap
            space.Tables.Raise(page, slot, EntryWords.OwnWritable(entry.Frame, area.Flags, slot));
            space.Faults.Reused++;
            return FaultOutcome.Resolved;
        }

        return Copy(space, ref area, page, slot, entry.Frame);
    }

    /// <summary>Returns true if no other page table entry maps the frame and no swap entry refers to it.</summary>
    private bool IsLastOwner(Space space, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref frames[frame];
        if (descriptor.MapCount == 1 && descriptor.State == FrameState.SwapCache) swap.TryLeave(frame);    // its reference is no owner
        return descriptor is { ReferenceCount: 1, MapCount: 1 } && !(HugeBlocks.IsPart(descriptor) && sharing.HasOther(space, frame));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome ReplaceZeroPage(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        lists.Current = space.Group;    // the frame is charged to the process's group
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: true, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Tables.Replace(page, slot, EntryWords.OwnWritable(frame, area.Flags, slot));
        space.Faults.Copied++;
        space.Events?.Note(EngineEventKind.Copied, space.ProcessId, new(page, PageCount.One), frame);
        return FaultOutcome.Resolved;
    }

    /// <summary>Copies a page of an image (ProcessImage).</summary>
    /// <returns>BusError for any other entry: a host wrote it, and its frame holds no page of a process.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome CopyUncounted(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameState state)
    {
        FrameNumber source = slot.Entry.Frame;
        if (state != FrameState.Reserved || !EntryWords.IsSpecial(slot.Entry) || !ram.HasBytes(source)) return FaultOutcome.BusError;
        lists.Current = space.Group;    // as in ReplaceZeroPage
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: false, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        ram.Copy(source, frame);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        space.Tables.Replace(page, slot, EntryWords.OwnWritable(frame, area.Flags, slot));
        space.Faults.Copied++;
        space.Events?.Note(EngineEventKind.Copied, space.ProcessId, new(page, PageCount.One), frame);
        return FaultOutcome.Resolved;
    }

    // Not inlined: the shorter way, which keeps the page, would pay for the registers of this one.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome Copy(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameNumber source)
    {
        lists.Current = space.Group;    // as in ReplaceZeroPage
        ram.Prefetch(source);    // the bytes arrive while a frame is taken
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: false, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        ram.Copy(source, frame);
        space.Tables.Replace(page, slot, EntryWords.OwnWritable(frame, area.Flags, slot));
        space.Faults.Copied++;
        space.Events?.Note(EngineEventKind.Copied, space.ProcessId, new(page, PageCount.One), frame);
        ref FrameDescriptor descriptor = ref frames[source];    // only now: the entry no longer leads there
        if (descriptor.Kind != (byte)ResidentKind.Anonymous) CountAsOwn(space, (ResidentKind)descriptor.Kind);
        if (descriptor is { State: not FrameState.SwapCache, ReferenceCount: > 1 }) descriptor.Counts -= FrameTable.OneReferenceAndMapping;
        else GiveBack(source);
        return FaultOutcome.Resolved;
    }

    /// <summary>Drops the mapping of a source frame, and frees the frame if that was its last user.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GiveBack(FrameNumber source)
    {
        bool isInSwapCache = frames[source].State == FrameState.SwapCache;
        TlbGather gather = new(lists, allocator);
        gather.AddMapped(source);
        if (isInSwapCache) swap.DropIfUnused(source, ref gather);    // the cache alone does not keep a slot that no entry names
        gather.Finish();
    }

    /// <summary>
    /// Moves the page from the counter of file pages to that of anonymous pages, in this order, so that the peak does not rise.
    /// Linux: wp_page_copy.
    /// </summary>
    private static void CountAsOwn(Space space, ResidentKind before)
    {
        space.Statistics.CountResident(before, -1);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
    }
}
