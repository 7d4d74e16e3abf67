using Paging.Core.Cache;
using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Core.Swap;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>The result of an attempt to free a frame.</summary>
internal enum EvictionResult
{
    /// <summary>The frame is free, and its page can be read back.</summary>
    Freed,
    /// <summary>The frame stays for now, because it was used or something holds it.</summary>
    Kept,
    /// <summary>The frame belongs on the active list: it was used again, is locked, or has nowhere to go.</summary>
    Activated,
}

/// <summary>Frees one frame: writes its page to swap or to its file if needed, and removes it from every page table.</summary>
/// <remarks>
/// The page is safe before the first entry changes, so a device that fails leaves everything unchanged.
/// Linux: mm/vmscan.c shrink_folio_list.
/// </remarks>
internal sealed class Eviction(
    FrameStore store, OpenFileTable files, SwapSpace swap, SharedMemorySwap sharedSwap, PageCache cache, ReverseMap reverseMap,
    FileWriteback writeback, EvictionHistory history, EventSwitch events, HugeBlocks blocks, KeptSwitch kept)
{
    /// <summary>Breaks the block of a transparent huge page into frames that reclaim can free one by one.</summary>
    /// <remarks>
    /// Every huge entry of the block becomes a table of small ones. Each has a table in reserve, so this cannot fail.
    /// Linux: split_folio_to_list in shrink_folio_list. On 32-bit systems swap devices take no whole huge pages (THP_SWAP).
    /// </remarks>
    public void SplitBlock(FrameNumber first)
    {
        EntrySplit split = default;
        reverseMap.Walk(first, ref split);
        blocks.Counters.PagesSplit++;
        blocks.Counters.SwapOutsSplit++;
    }

    /// <summary>Frees a frame, recently used or not, unless something holds it.</summary>
    public EvictionResult Evict(FrameNumber frame, bool isWritten, ref ReclaimCounters counters)
    {
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        if ((descriptor.Flags & PageFlags.Pinned) != FrameFlags.None) return EvictionResult.Activated;    // the next scans need not find it
        if (FrameLists.IsBlock(in descriptor)) SplitBlock(frame);
        bool isFile = descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.File };
        EvictionResult result = descriptor.State switch
        {
            FrameState.Anonymous => EvictAnonymous(frame, isWritten, ref counters),
            FrameState.SwapCache => EvictCachedInSwap(frame, isWritten, ref counters),
            FrameState.PageCache => EvictCachedFile(frame, ref counters),
            _ => EvictionResult.Kept,
        };
        if (result != EvictionResult.Freed) return result;
        counters.Reclaimed++;
        if (isFile) counters.ReclaimedFile++;
        events.Log?.Note(isFile ? EngineEventKind.Dropped : EngineEventKind.SwappedOut, 0, default, frame);    // 0: of no one process
        return result;
    }

    /// <summary>Unmaps a page of a file or of shared memory, and drops it from the cache if it can be made or read again.</summary>
    /// <remarks>
    /// A page of a file that is dirty waits for its write-back. Shared memory that was written goes to swap, if there is any, and stays
    /// cached otherwise. Linux: shrink_folio_list unmaps before it tests PG_dirty; shmem_writeout.
    /// </remarks>
    public void PageOutCached(FrameNumber frame, ref ReclaimCounters counters)
    {
        Unmap(frame, default);
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        bool isDirty = (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None;    // only now: Unmap has added the D of entries
        if (!isDirty || files.Object(descriptor.Owner).IsMemory) Evict(frame, isWritten: isDirty, ref counters);
    }

    private EvictionResult EvictAnonymous(FrameNumber frame, bool isWritten, ref ReclaimCounters counters)
    {
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        uint holders = descriptor.ReferenceCount - descriptor.MapCount;    // F7: a pin or snapshots hold it
        if (holders != 0 && !MayLeaveToSnapshots(frame, in descriptor)) return EvictionResult.Kept;
        if (!isWritten && (descriptor.Flags & PageFlags.Dirty) == FrameFlags.None)
        {
            Unmap(frame, default);    // given up with MADV_FREE and not written since
            counters.LazyFreed++;
            return holders == 0 ? EvictionResult.Freed : EvictionResult.Kept;    // the snapshot's entry is not given up
        }

        if (!swap.TryAdd(frame)) return EvictionResult.Activated;    // no free slot. Linux: activate_locked in shrink_folio_list
        SwapEntry slot = swap.EntryOf(frame);
        for (uint i = 0; i < holders; i++) swap.DeviceOf(slot).AddUser(slot.Slot);    // Z1: a kept entry of a cached frame is one
        EvictionResult result = EvictCachedInSwap(frame, isWritten, ref counters);
        if (result == EvictionResult.Freed || descriptor.MapCount == 0) return result;
        for (uint i = 0; i < holders; i++) swap.DeviceOf(slot).DropUser(slot.Slot);
        swap.TryLeave(frame);    // the failed write has filled no slot
        return result;
    }

    /// <summary>
    /// Returns true if only snapshots hold a mapped frame beyond its entries, so that these can go. Frames that nothing maps wait for their
    /// keeper.
    /// </summary>
    private bool MayLeaveToSnapshots(FrameNumber frame, in FrameDescriptor descriptor)
    {
        if (kept.Kept is not { } keeper || blocks.LeavesOf(frame) != 0 || SpaceOwner.Is(descriptor.Owner)) return false;
        return keeper.TryWant(frame) && descriptor.MapCount != 0;
    }

    private EvictionResult EvictCachedInSwap(FrameNumber frame, bool isWritten, ref ReclaimCounters counters)
    {
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        bool isKept = descriptor.ReferenceCount != descriptor.MapCount + 1;    // 1: the swap cache's own reference
        if (isKept && !MayLeaveToSnapshots(frame, in descriptor)) return EvictionResult.Kept;
        SwapEntry entry = swap.EntryOf(frame);
        if (SpaceOwner.Is(descriptor.Owner) && !reverseMap.CanName(in descriptor, entry)) return EvictionResult.Activated;
        SwapDevice device = swap.DeviceOf(entry);
        if (device.IsClosing && isKept) return EvictionResult.Kept;
        if (device.IsClosing && descriptor.MapCount != 0)    // a mapped page goes to another device; a mere copy is dropped below
            return swap.TryLeave(frame) ? EvictAnonymous(frame, isWritten: true, ref counters) : EvictionResult.Activated;

        if (isWritten || (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None)
        {
            descriptor.Flags |= PageFlags.Dirty;
            if (!WriterStop.TryStop(frame, reverseMap, store.Lists)) return EvictionResult.Activated;
            if (device.Write(entry.Slot, store.Ram, frame, out bool isZero) != Errno.None)
            {
                counters.WriteErrors++;
                return EvictionResult.Activated;
            }

            if (isZero) counters.ZeroPages++;
            else counters.SwapWrites++;
        }
        else
        {
            counters.CleanDrops++;
        }

        history.Remember(descriptor.Group, EvictionHistory.FirstDevice | (uint)device.Number, entry.Slot);
        Unmapping unmapping = new(store.Lists, store.Allocator, swap, entry);    // gives the slot a user for each entry (Z1)
        reverseMap.Walk(frame, ref unmapping);
        CheckUnmapped(frame);
        if (isKept) descriptor.Flags &= ~PageFlags.Dirty;    // the slot has the page: the kept entries will name it
        else unmapping.DropFromSwapCache(frame);    // after the walk: the cache's reference has kept the frame
        unmapping.Finish();
        return isKept ? EvictionResult.Kept : EvictionResult.Freed;
    }

    private EvictionResult EvictCachedFile(FrameNumber frame, ref ReclaimCounters counters)
    {
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        if (descriptor.ReferenceCount != descriptor.MapCount + 1) return EvictionResult.Kept;    // 1: the page cache's own reference
        FileObject file = files.Object(descriptor.Owner);
        FilePage page = new(descriptor.Index);
        if (file.IsMemory) return EvictShared(file, page, frame, ref counters);
        if ((descriptor.Flags & PageFlags.Dirty) != FrameFlags.None)
        {
            counters.FileWrites++;
            if (!writeback.WriteForReclaim(file, page))    // before the entries go, so that a refused page stays as it was
            {
                counters.WriteErrors++;
                return EvictionResult.Activated;
            }
        }

        Unmap(frame, default);
        history.Remember(descriptor.Group, file.Number, page.Value);    // before Evict, which clears the group
        cache.Evict(file, page, frame);
        counters.FileDrops++;
        return EvictionResult.Freed;
    }

    /// <summary>Swaps out a page of shared memory. Its entries are only cleared, because the object records the slot.</summary>
    /// <remarks>Linux: mm/shmem.c shmem_writeout.</remarks>
    private EvictionResult EvictShared(FileObject file, FilePage page, FrameNumber frame, ref ReclaimCounters counters)
    {
        if (store.Frames[frame] is { MapCount: 0 } unmapped && (unmapped.Flags & PageFlags.Dirty) == FrameFlags.None)
        {
            cache.Evict(file, page, frame);    // never written: the next use makes the zeros again
            counters.CleanDrops++;
            return EvictionResult.Freed;
        }

        if (!WriterStop.TryStop(frame, reverseMap, store.Lists)) return EvictionResult.Activated;
        if (!sharedSwap.TryPutOut(file, page, frame, ref counters, out SwapEntry entry)) return EvictionResult.Activated;
        Unmap(frame, default);
        history.Remember(store.Frames[frame].Group, EvictionHistory.FirstDevice | (uint)entry.Device, entry.Slot);
        cache.Evict(file, page, frame);
        return EvictionResult.Freed;
    }

    private void Unmap(FrameNumber frame, SwapEntry replacement)
    {
        Unmapping unmapping = new(store.Lists, store.Allocator, swap, replacement);
        reverseMap.Walk(frame, ref unmapping);
        CheckUnmapped(frame);
        unmapping.Finish();
    }

    private void CheckUnmapped(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref store.Frames[frame];
        if (descriptor.MapCount != 0)
            throw new InvariantException(
                $"Y2: frame {frame.Value:x5} is {descriptor.State} of owner {descriptor.Owner} index {descriptor.Index} " +
                $"and still has {descriptor.MapCount} mappings that its owner does not lead to. " +
                "Either ReverseMap has missed an entry, or E4 does not hold.");
    }

    /// <summary>Does nothing itself, because the walk splits each huge entry before the visit.</summary>
    private readonly struct EntrySplit : IMappingVisitor
    {
        public void Visit(Space space, ref Area area, PageNumber page, PageTableEntry entry)
        {
        }
    }
}
