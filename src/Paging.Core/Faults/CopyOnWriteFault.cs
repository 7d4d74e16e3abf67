using System.Runtime.CompilerServices;
using Paging.Core.Frames;
using Paging.Core.Reclaim;
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
internal sealed class CopyOnWriteFault(FrameStore store, SwapSpace swap, AnonymousFault anonymous, HugeSharing sharing)
{
    private readonly PhysicalMemory _ram = store.Ram;
    private readonly FrameTable _frames = store.Frames;
    private readonly BuddyAllocator _allocator = store.Allocator;
    private readonly FrameLists _lists = store.Lists;

    /// <summary>Gives the process a page of its own. Precondition: the entry is present and read-only.</summary>
    /// <returns>BusError for an entry that a host wrote, whose frame holds no page of a process.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public FaultOutcome Copy(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        PageTableEntry entry = new(slot.Word);
        ref FrameDescriptor descriptor = ref _frames.Named(entry.Frame);
        return descriptor.MapCount != 0 && TryReuse(space, area, page, slot, entry, ref descriptor)
            ? FaultOutcome.Resolved
            : CopyPage(space, ref area, page, slot, entry.Frame);
    }

    // Not inlined: a page that is kept would pay for these registers, 9 % of cow-reuse.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private FaultOutcome CopyPage(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameNumber source)
    {
        bool isCounted = _frames.Named(source).MapCount != 0;    // F4: the zero page and pages of an image (ProcessImage) are not
        if (isCounted) _ram.Prefetch(source);    // the bytes arrive while a frame is taken
        else if (!IsUncountedPage(slot.Entry)) return FaultOutcome.BusError;
        if (!TryInstallCopy(space, ref area, page, slot, source, isPresent: true)) return FaultOutcome.OutOfMemory;
        if (!isCounted) space.Statistics.CountResident(ResidentKind.Anonymous, 1);
        else Leave(space, source);    // only now: the entry no longer leads there
        return FaultOutcome.Resolved;
    }

    /// <summary>Makes the page itself writable if no other process uses it. Linux: wp_can_reuse_anon_folio.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReuse(Space space, in Area area, PageNumber page, EntrySlot slot, PageTableEntry entry, ref FrameDescriptor descriptor)
    {
        bool mayReuse = EntryWords.IsOwnPage(descriptor) && area.Root.IsSome && !space.Tables.IsKept(page);
        if (!mayReuse || !(EntryWords.IsExclusive(entry) || IsLastOwner(space, entry.Frame, descriptor))) return false;
        descriptor.Owner = area.Root.Value;    // later searches skip the parent's areas. Linux: folio_move_anon_rmap
        space.Tables.Raise(page, slot, EntryWords.OwnWritable(entry.Frame, area.Flags, slot));
        space.Faults.Reused++;
        return true;
    }

    /// <summary>Puts a copy of a frame in the place of a page's entry, which may be the first. Returns false without a frame.</summary>
    /// <remarks>The resident pages are the caller's to count: the copy may take the place of a page that was counted.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryInstallCopy(Space space, ref Area area, PageNumber page, EntrySlot slot, FrameNumber source, bool isPresent)
    {
        bool ofZeros = source == EntryWords.ZeroFrame;
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros, out FrameNumber frame)) return false;
        if (!ofZeros) _ram.Copy(source, frame);
        PageTableEntry entry = EntryWords.OwnWritable(frame, area.Flags, slot);
        if (isPresent) space.Tables.ReplaceFrame(page, slot, entry);
        else space.Tables.Replace(page, slot, entry);
        space.Faults.Copied++;
        space.Events?.Note(EngineEventKind.Copied, space.ProcessId, new(page, PageCount.One), frame);
        return true;
    }

    /// <summary>
    /// Makes a private page exclusive for a pin that only reads: a page that other processes map is copied. The entry stays read-only.
    /// </summary>
    /// <returns>Resolved, also for a page that needs no copy. OutOfMemory without a frame: nothing has changed.</returns>
    /// <remarks>Linux: do_wp_page with FAULT_FLAG_UNSHARE. Its copy starts clean; here it starts dirty, so that reclaim keeps it.</remarks>
    public FaultOutcome Unshare(Space space, ref Area area, PageNumber page, EntrySlot slot)
    {
        PageTableEntry entry = slot.Entry;
        if (!entry.IsPresent || EntryWords.IsSpecial(entry) || EntryWords.IsExclusive(entry)) return FaultOutcome.Resolved;
        FrameNumber source = entry.Frame;
        ref FrameDescriptor descriptor = ref _frames.Named(source);
        if (!EntryWords.IsOwnPage(descriptor) || descriptor.MapCount == 0) return FaultOutcome.Resolved;
        if (area.Root.IsSome && !space.Tables.IsKept(page) && IsLastOwner(space, source, descriptor)) return FaultOutcome.Resolved;
        if (!anonymous.TryTakeFrame(space, ref area, page, ofZeros: false, out FrameNumber frame)) return FaultOutcome.OutOfMemory;
        _ram.Copy(source, frame);
        PageTableEntry copy = EntryWords.Own(frame, area.Flags, writable: false);
        if (!EntryWords.IsSoftDirty(entry)) copy = copy.WithoutSoftware2();
        if (!area.IsAccessible) copy = copy.WithoutUser();
        space.Tables.Replace(page, slot, EntryWords.IsProtected(entry) ? EntryWords.Protected(copy) : copy);
        space.Faults.Copied++;
        Leave(space, source);
        return FaultOutcome.Resolved;
    }

    /// <summary>True for the zero page, or a page of an image.</summary>
    private bool IsUncountedPage(PageTableEntry entry) =>
        entry.Frame == EntryWords.ZeroFrame || (EntryWords.IsImagePage(entry, _frames) && _ram.HasBytes(entry.Frame));

    /// <summary>Returns true if no other page table entry maps the frame and no swap entry refers to it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool IsLastOwner(Space space, FrameNumber frame, in FrameDescriptor descriptor) =>
        (descriptor is { ReferenceCount: 1, MapCount: 1 } && !HugeBlocks.IsPart(descriptor)) || IsLastOwnerBeside(space, frame);

    /// <summary>The swap cache's reference is no owner. A part of a huge page may be kept if no other process uses it.</summary>
    // Not inlined: its calls would cost the usual page registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool IsLastOwnerBeside(Space space, FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.MapCount == 1 && descriptor.State == FrameState.SwapCache) swap.TryLeave(frame);
        return descriptor is { ReferenceCount: 1, MapCount: 1 } && (!HugeBlocks.IsPart(descriptor) || sharing.MayReuse(space, frame));
    }

    /// <summary>Drops the mapping of a frame that was copied, and frees the frame if that was its last user.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Leave(Space space, FrameNumber source)
    {
        ref FrameDescriptor descriptor = ref _frames[source];
        if (descriptor.Kind != (byte)ResidentKind.Anonymous) CountAsOwn(space, (ResidentKind)descriptor.Kind);
        if (descriptor is { State: not FrameState.SwapCache, ReferenceCount: > 1 }) descriptor.Counts -= FrameTable.OneReferenceAndMapping;
        else GiveBack(source);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GiveBack(FrameNumber source)
    {
        bool isInSwapCache = _frames[source].State == FrameState.SwapCache;
        TlbGather gather = new(_lists, _allocator);
        gather.AddMapped(source);
        if (isInSwapCache) swap.DropIfUnused(source, ref gather);    // the cache alone does not keep a slot that no entry names
        gather.Finish();
    }

    /// <summary>
    /// Moves the page from the counter of file pages to that of anonymous pages. The peak of RSS must not rise between the two.
    /// Linux: wp_page_copy.
    /// </summary>
    private static void CountAsOwn(Space space, ResidentKind before)
    {
        space.Statistics.CountResident(before, -1);
        space.Statistics.CountResident(ResidentKind.Anonymous, 1);
    }
}
