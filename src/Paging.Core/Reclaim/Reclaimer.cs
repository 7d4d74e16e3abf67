using Paging.Native;

namespace Paging.Core;

/// <summary>Frees frames for the whole machine, and puts pages that come back where they belong.</summary>
/// <remarks>
/// Goes through the groups in turn, the urgency rising: each is asked for a share of its frames (<see cref="GroupReclaim"/>).
/// No managed allocation; nothing runs by itself: an allocation that fails asks, or RunBackground does.
/// Linux: mm/vmscan.c try_to_free_pages, do_try_to_free_pages, shrink_node, balance_pgdat; mm/workingset.c.</remarks>
internal sealed class Reclaimer
{
    /// <summary>An ordinary turn looks at one frame in 4096. Linux: DEF_PRIORITY.</summary>
    public const int PriorityMax = 12;

    private const uint BatchSize = 32;              // SWAP_CLUSTER_MAX
    private const int HardRoundCount = 4;           // full turns before giving up: bits are cleared in one, marks in the next

    private readonly PagingEngine _engine;
    private readonly FrameTable _frames;
    private readonly FrameLists _lists;
    private ReclaimCounters _counters;
    private int _next;

    public Reclaimer(PagingEngine engine)
    {
        _engine = engine;
        _frames = engine.Frames;
        _lists = engine.Lists;
        History = new(engine.Frames.Count);
        Eviction = new(engine, History);
        Watermarks = Watermarks.For(engine.Frames.Count);
    }

    public Watermarks Watermarks { get; }

    public Eviction Eviction { get; }

    public EvictionHistory History { get; }

    public ref ReclaimCounters Counters => ref _counters;

    /// <summary>After an allocation was refused: frees about so many frames, so that it is worth another try. 0: all of RAM is needed.</summary>
    /// <remarks>Preconditions: nothing is half done; the caller looks at areas, entries and caches anew. Linux: __alloc_pages_direct_reclaim.</remarks>
    public uint Free(uint wanted)
    {
        _counters.DirectReclaims++;
        uint freed = Shrink(wanted);
        if (freed == 0) _counters.Failures++;
        return freed;
    }

    /// <summary>As <see cref="Free"/>, from the group that is at its limit alone. Linux: try_to_free_mem_cgroup_pages.</summary>
    public uint FreeOfGroup(MemoryGroup group, uint wanted)
    {
        _counters.DirectReclaims++;
        group.LimitHits++;
        uint freed = group.Reclaim.Free(wanted);
        if (freed == 0) group.Failures++;
        return freed;
    }

    public void CountKill() => _counters.Kills++;

    public void CountSwapRead() => _counters.SwapReads++;

    /// <summary>Frees frames up to the high watermark if fewer than the low one are free, at most so many. Linux: balance_pgdat.</summary>
    public uint RunBackground(uint frameCountMax)
    {
        if (_engine.Allocator.FreeFrames >= Watermarks.Low) return 0;
        uint done = 0;
        long scanned = _counters.Scanned;
        while (done < frameCountMax && _engine.Allocator.FreeFrames < Watermarks.High)
        {
            uint freed = Shrink(Math.Min(BatchSize, frameCountMax - done));
            if (freed == 0) break;
            _counters.BackgroundReclaimed += freed;
            done += freed;
        }

        _counters.BackgroundScanned += _counters.Scanned - scanned;
        return done;
    }

    /// <summary>Frees the frame of a page now, used or not: MADV_PAGEOUT. Pages that others map, or that are locked, stay.</summary>
    public void PageOut(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;
        References references = Look(frame);
        if (!references.IsLocked) Eviction.Evict(frame, references.IsWritten, ref _counters);
    }

    /// <summary>The page has not been used: MADV_COLD. Linux: madvise_cold_or_pageout_pte_range, folio_deactivate.</summary>
    public void Deactivate(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;
        Look(frame);
        descriptor.Flags &= ~PageFlags.Referenced;
        _lists.Move(frame, descriptor.Flags & PageFlags.FileBacked);
    }

    /// <summary>A page came back from swap because somebody wants it. Its owner is known.</summary>
    public void AddReadBack(FrameNumber frame, SwapEntry entry)
    {
        bool recent = WasEvictedRecently(EvictionHistory.FirstDevice | (uint)entry.Device, entry.Slot, FrameFlags.None);
        _lists.Add(frame, recent ? PageFlags.Active : FrameFlags.None);
    }

    /// <summary>A page came back from swap because its neighbour is wanted.</summary>
    public void AddReadAhead(FrameNumber frame)
    {
        CountSwapRead();
        _counters.SwapReadAhead++;
        _frames[frame].Flags |= PageFlags.ReadAheadMark;
        _lists.Add(frame, FrameFlags.None);
    }

    /// <summary>A page that was read ahead is wanted.</summary>
    public void CountReadAheadHit(ref FrameDescriptor descriptor)
    {
        descriptor.Flags &= ~PageFlags.ReadAheadMark;
        _counters.SwapReadAheadHits++;
    }

    /// <summary>A page of a file joins the cache.</summary>
    public void AddFilePage(FrameNumber frame, uint objectNumber, uint page)
    {
        bool recent = WasEvictedRecently(objectNumber, page, PageFlags.FileBacked);
        _lists.Add(frame, recent ? PageFlags.FileBacked | PageFlags.Active : PageFlags.FileBacked);
    }

    /// <summary>A page of shared memory joins its object: fresh, or brought back from a slot.</summary>
    public void AddSharedPage(FrameNumber frame, SwapEntry from)
    {
        if (from.IsNone) _lists.Add(frame, FrameFlags.None);
        else AddReadBack(frame, from);
    }

    /// <summary>What the entries of a frame say; their accessed bits are cleared.</summary>
    public References Look(FrameNumber frame)
    {
        References references = default;
        _engine.ReverseMap.Walk(frame, ref references);
        return references;
    }

    /// <summary>The page is newer than its copy on a device, or has none. Changes nothing.</summary>
    public bool IsDirty(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        bool hasCopy = descriptor.State == FrameState.SwapCache || descriptor is { State: FrameState.PageCache, Kind: (byte)ResidentKind.File };
        if (!hasCopy || (descriptor.Flags & PageFlags.Dirty) != FrameFlags.None) return true;
        DirtyEntries dirty = default;
        _engine.ReverseMap.Walk(frame, ref dirty);
        return dirty.Count != 0;
    }

    private bool WasEvictedRecently(uint owner, uint index, FrameFlags kind)
    {
        byte group = _lists.Current;
        if (!History.TryTake(group, owner, index, out uint distance)) return false;
        bool isFile = kind != FrameFlags.None;
        _counters.Refaulted++;
        if (isFile) _counters.RefaultedFile++;
        if (!_engine.Groups[group].Reclaim.IsRecent(distance, kind)) return false;
        _counters.RefaultedActive++;
        if (isFile) _counters.RefaultedActiveFile++;
        History.Advance(group);
        return true;
    }

    private uint Shrink(uint target)
    {
        List<MemoryGroup> groups = _engine.Groups.All;
        uint freed = 0;
        for (int priority = PriorityMax; priority > -HardRoundCount && freed < target; priority--)
        {
            for (int count = groups.Count; count != 0 && freed < target; count--)
            {
                _next = (_next + 1) % groups.Count;
                freed += groups[_next].Reclaim.ShrinkOnce(Math.Max(priority, 0), target - freed);
            }
        }

        return freed;
    }

    private static bool IsListed(in FrameDescriptor descriptor) => (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;

    private struct DirtyEntries : IMappingVisitor
    {
        public uint Count;

        public void Visit(AddressSpace space, ref Area area, PageNumber page, PageTableEntry entry)
        {
            if (entry.IsDirty) Count++;
        }
    }
}
