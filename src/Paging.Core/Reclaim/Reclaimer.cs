using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Reclaim;

/// <summary>Frees frames for the whole machine, and puts pages that come back on their lists.</summary>
/// <remarks>
/// Goes through the groups in turn with rising urgency, and takes a share of the frames of each (<see cref="GroupReclaim"/>).
/// Nothing runs by itself: a failed allocation or RunBackground starts reclaim. No managed allocation.
/// Linux: mm/vmscan.c try_to_free_pages, do_try_to_free_pages, shrink_node, balance_pgdat; mm/workingset.c.
/// </remarks>
internal sealed class Reclaimer
{
    /// <summary>The lowest urgency: a pass scans one frame in 4,096. Linux: DEF_PRIORITY.</summary>
    public const int PriorityMax = 12;

    /// <summary>The full passes before giving up: one clears accessed bits, the next the marks.</summary>
    public const int HardRoundCount = 4;

    private const uint BatchSize = 32;              // SWAP_CLUSTER_MAX
    private const int BarrenCountMax = 16;          // MAX_RECLAIM_RETRIES

    private readonly FrameTable _frames;
    private readonly FrameLists _lists;
    private readonly BuddyAllocator _allocator;
    private readonly MemoryGroups _groups;
    private readonly ReclaimContext _context;
    private int _next, _barrenCount;

    public Reclaimer(BuddyAllocator allocator, MemoryGroups groups, ReclaimContext context)
    {
        _frames = context.Frames;
        _lists = context.Lists;
        _allocator = allocator;
        _groups = groups;
        _context = context;
        Watermarks = ZoneMarks.ForAll(context.Frames.OrdinaryCount);
    }

    public Watermarks Watermarks { get; }

    public ref ReclaimCounters Counters => ref _context.Statistics.Counters;

    /// <summary>Frees about that many frames after a failed allocation. Returns the number freed; 0 if all of RAM is needed.</summary>
    /// <remarks>
    /// All of RAM is needed as well when no device takes pages, and time after time only a few cached pages of files are found, which
    /// programs read again at once: the fault would never end otherwise. Linux: should_reclaim_retry, MAX_RECLAIM_RETRIES.
    /// Preconditions: no operation is half done, and the caller reads areas, entries and caches again afterwards.
    /// Linux: __alloc_pages_direct_reclaim.
    /// </remarks>
    public uint Free(uint wanted)
    {
        Counters.DirectReclaims++;
        (long errors, long writes) = (Counters.WriteErrors, Counters.SwapWrites);
        uint freed = Shrink(wanted);
        bool isBarren = freed < wanted && Counters.WriteErrors != errors && Counters.SwapWrites == writes;
        _barrenCount = isBarren ? _barrenCount + 1 : 0;
        if (_barrenCount > BarrenCountMax) freed = 0;
        if (freed == 0) Counters.Failures++;
        return freed;
    }

    /// <summary>Same as <see cref="Free"/>, but only in the group at its limit. Linux: try_to_free_mem_cgroup_pages.</summary>
    public uint FreeOfGroup(MemoryGroup group, uint wanted)
    {
        Counters.DirectReclaims++;
        group.LimitHits++;
        uint freed = group.Reclaim.Free(wanted);
        if (freed == 0) group.Failures++;
        return freed;
    }

    /// <summary>If fewer frames are free than the low watermark, frees up to the high one, but at most that many.</summary>
    /// <remarks>Linux: balance_pgdat.</remarks>
    public uint RunBackground(uint frameCountMax)
    {
        if (_allocator.AvailableFrames >= Watermarks.Low) return 0;
        uint done = 0;
        long scanned = Counters.Scanned;
        while (done < frameCountMax && _allocator.AvailableFrames < Watermarks.High)
        {
            uint freed = Shrink(Math.Min(BatchSize, frameCountMax - done));
            if (freed == 0) break;    // the rest is in use: the next call tries again
            Counters.BackgroundReclaimed += freed;
            done += freed;
        }

        Counters.BackgroundScanned += Counters.Scanned - scanned;
        return done;
    }

    /// <summary>Evicts the page of a frame now, recently used or not (MADV_PAGEOUT), unless it is locked or mapped twice.</summary>
    /// <remarks>A page of a file that cannot be dropped is unmapped all the same. Linux: reclaim_pages (mm/vmscan.c).</remarks>
    public void PageOut(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames.Named(frame);
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;    // other mappings may use it: folio_maybe_mapped_shared
        References references = _context.Use.CollectReferences(frame);
        if (references.IsLocked || (descriptor.Flags & PageFlags.Pinned) != FrameFlags.None) return;
        if (descriptor.State == FrameState.PageCache) _context.Eviction.PageOutCached(frame, ref Counters);
        else _context.Eviction.Evict(frame, references.IsWritten, ref Counters);
    }

    /// <summary>Treats a page as unused (MADV_COLD). Linux: madvise_cold_or_pageout_pte_range, folio_deactivate.</summary>
    public void Deactivate(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames.Named(frame);
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;
        _context.Use.CollectReferences(frame);    // for its effect: clears A, which would save the page
        descriptor.Flags &= ~PageFlags.Referenced;
        _lists.Move(frame, descriptor.Flags & PageFlags.FileBacked);
    }

    /// <summary>Adds a page that a fault has read from swap. Its owner is known.</summary>
    public void AddReadBack(FrameGroup charged, FrameNumber frame, SwapEntry entry)
    {
        bool recent = WasEvictedRecently(charged, EvictionHistory.FirstDevice | (uint)entry.Device, entry.Slot, FrameFlags.None);
        _lists.Add(charged, frame, recent ? PageFlags.Active : FrameFlags.None);
    }

    /// <summary>Adds a page that was read from swap together with its neighbour.</summary>
    public void AddReadAhead(FrameGroup charged, FrameNumber frame)
    {
        Counters.SwapReads++;
        Counters.SwapReadAhead++;
        _frames[frame].Flags |= PageFlags.ReadAheadMark;    // counted as a hit at its first use
        _lists.Add(charged, frame, FrameFlags.None);
    }

    /// <summary>Counts the first use of a page that was read ahead.</summary>
    public void CountReadAheadHit(ref FrameDescriptor descriptor)
    {
        descriptor.Flags &= ~PageFlags.ReadAheadMark;
        Counters.SwapReadAheadHits++;
    }

    /// <summary>Adds a page of a file that joins the cache.</summary>
    public void AddFilePage(FrameGroup charged, FrameNumber frame, uint objectNumber, FilePage page)
    {
        bool recent = WasEvictedRecently(charged, objectNumber, page.Value, PageFlags.FileBacked);
        _lists.Add(charged, frame, recent ? PageFlags.FileBacked | PageFlags.Active : PageFlags.FileBacked);
    }

    /// <summary>Adds a page of shared memory: a new one, or one read back from a slot.</summary>
    public void AddSharedPage(FrameGroup charged, FrameNumber frame, SwapEntry from)
    {
        if (from.IsNone) _lists.Add(charged, frame, FrameFlags.None);
        else AddReadBack(charged, frame, from);
    }

    private bool WasEvictedRecently(FrameGroup charged, uint owner, uint index, FrameFlags kind)
    {
        byte group = charged.Number;    // a page that another group evicted is new to this one
        if (!_context.History.TryTake(group, owner, index, out uint distance)) return false;
        bool isFile = kind != FrameFlags.None;
        Counters.Refaulted++;
        if (isFile) Counters.RefaultedFile++;
        if (!_groups[group].Reclaim.IsRecent(distance, kind)) return false;
        Counters.RefaultedActive++;
        if (isFile) Counters.RefaultedActiveFile++;
        _context.History.Advance(group);    // Linux: workingset_age_nonresident in workingset_refault
        return true;
    }

    private uint Shrink(uint target)
    {
        List<MemoryGroup> groups = _groups.All;
        uint freed = 0;
        for (int priority = PriorityMax; priority > -HardRoundCount && freed < target; priority--)
        {
            for (int count = groups.Count; count != 0 && freed < target; count--)
            {
                _next = (_next + 1) % groups.Count;    // kept between calls, so that no group is always the first
                freed += groups[_next].Reclaim.ShrinkOnce(Math.Max(priority, 0), target - freed);
            }

            freed += _context.Kept.Kept?.EvictWanted(isPressed: freed == 0) ?? 0;
        }

        return freed;
    }

    private static bool IsListed(in FrameDescriptor descriptor) => (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;
}
