using Paging.Native;

namespace Paging.Core;

/// <summary>Finds the frames that will be missed least and frees them: active and inactive lists, a second chance by the accessed bit.</summary>
/// <remarks><code>
///                     used twice                              not used since
///   new page ─► inactive ◄────────────────────► active           inactive end ─► evicted ─► remembered
///               head      oldest, deactivated   head                                            │
///                                               ▲                       came back soon          │
///                                               └───────────────────────────────────────────────┘
/// </code>
/// No managed allocation; nothing runs by itself: an allocation that fails asks, or RunBackground does.
/// Linux: mm/vmscan.c try_to_free_pages, shrink_lruvec, shrink_inactive_list, shrink_active_list, folio_check_references; mm/workingset.c.</remarks>
internal sealed class Reclaimer
{
    private const int PriorityMax = 12;             // DEF_PRIORITY: an ordinary turn looks at one frame in 4096
    private const uint BatchSize = 32;              // SWAP_CLUSTER_MAX
    private const int HardRoundCount = 4;           // full turns before giving up: bits are cleared in one, marks in the next

    private readonly PagingEngine _engine;
    private readonly FrameTable _frames;
    private readonly FrameLists _lists;
    private readonly EvictionHistory _history;
    private readonly Eviction _eviction;
    private readonly ScanBalance _balance;
    private ReclaimCounters _counters;

    public Reclaimer(PagingEngine engine)
    {
        _engine = engine;
        _frames = engine.Frames;
        _lists = engine.Frames.Lists;
        _history = new(engine.Frames.Count);
        _eviction = new(engine, _history);
        _balance = new(_lists, engine.Options.Swappiness);
        Watermarks = Watermarks.For(engine.Frames.Count);
    }

    public Watermarks Watermarks { get; }

    public ref readonly ReclaimCounters Counters => ref _counters;

    /// <summary>After an allocation was refused: frees about so many frames, so that it is worth another try. 0: all of RAM is needed.</summary>
    /// <remarks>Preconditions: nothing is half done; the caller looks at areas, entries and caches anew. Linux: __alloc_pages_direct_reclaim.</remarks>
    public uint Free(uint wanted)
    {
        _counters.DirectReclaims++;
        uint freed = Shrink(wanted);
        if (freed == 0) _counters.Failures++;
        return freed;
    }

    public void CountKill() => _counters.Kills++;

    public void CountSwapRead() => _counters.SwapReads++;

    /// <summary>Frees frames up to the high watermark if fewer than the low one are free, at most so many. Linux: balance_pgdat.</summary>
    public uint RunBackground(uint frameCountMax)
    {
        if (_engine.Allocator.FreeFrames >= Watermarks.Low) return 0;
        uint done = 0;
        while (done < frameCountMax && _engine.Allocator.FreeFrames < Watermarks.High)
        {
            uint freed = Shrink(Math.Min(BatchSize, frameCountMax - done));
            if (freed == 0) break;
            done += freed;
        }

        return done;
    }

    /// <summary>Frees the frame of a page now, used or not: MADV_PAGEOUT. Pages that others map, or that are locked, stay.</summary>
    public void PageOut(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;
        References references = Look(frame);
        if (!references.IsLocked) _eviction.Evict(frame, references.IsWritten, ref _counters);
    }

    /// <summary>The page has not been used: MADV_COLD. Linux: madvise_cold_or_pageout_pte_range, folio_deactivate.</summary>
    public void Deactivate(FrameNumber frame)
    {
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (descriptor.MapCount != 1 || !IsListed(descriptor)) return;
        Look(frame);
        descriptor.Flags &= ~FrameFlags.Referenced;
        _lists.Move(frame, descriptor.Flags & FrameFlags.FileBacked);
    }

    /// <summary>A page came back from swap because somebody wants it.</summary>
    public void AddReadBack(FrameNumber frame, SwapEntry entry)
    {
        bool recent = WasEvictedRecently(EvictionHistory.FirstDevice | (uint)entry.Device, entry.Slot, FrameFlags.None);
        _lists.Add(frame, recent ? FrameFlags.Active : FrameFlags.None);
    }

    /// <summary>A page came back from swap because its neighbour is wanted.</summary>
    public void AddReadAhead(FrameNumber frame)
    {
        CountSwapRead();
        _counters.SwapReadAhead++;
        _lists.Add(frame, FrameFlags.None);
    }

    /// <summary>A page of a file joins the cache.</summary>
    public void AddFilePage(FrameNumber frame, uint objectNumber, uint page)
    {
        bool recent = WasEvictedRecently(objectNumber, page, FrameFlags.FileBacked);
        _lists.Add(frame, recent ? FrameFlags.FileBacked | FrameFlags.Active : FrameFlags.FileBacked);
    }

    /// <summary>A page of shared memory joins its object: fresh, or brought back from a slot.</summary>
    public void AddSharedPage(FrameNumber frame, SwapEntry from)
    {
        if (from.IsNone) _lists.Add(frame, FrameFlags.None);
        else AddReadBack(frame, from);
    }

    /// <summary>Linux: workingset_refault, workingset_test_recent.</summary>
    private bool WasEvictedRecently(uint owner, uint index, FrameFlags kind)
    {
        if (!_history.TryTake(owner, index, out uint distance)) return false;
        _counters.Refaulted++;
        _balance.Note(kind, ioPages: 1, keptPages: 0);
        bool isFile = kind != FrameFlags.None;
        ulong workingSet = _lists.CountOf(FrameFlags.FileBacked | FrameFlags.Active);
        if (!isFile) workingSet += _lists.CountOf(FrameFlags.FileBacked);
        if (_engine.Swap.HasRoom) workingSet += _lists.CountOf(FrameFlags.Active) + (isFile ? _lists.CountOf(FrameFlags.None) : 0);
        if (distance > workingSet) return false;
        _counters.RefaultedActive++;
        _history.Advance();
        return true;
    }

    /// <summary>Linux: do_try_to_free_pages, shrink_node.</summary>
    private uint Shrink(uint target)
    {
        uint freed = 0;
        for (int priority = PriorityMax; priority > -HardRoundCount && freed < target; priority--) freed += ShrinkOnce(Math.Max(priority, 0), target - freed);
        return freed;
    }

    private uint ShrinkOnce(int priority, uint target)
    {
        Span<uint> left = stackalloc uint[FrameLists.ListCount];
        bool canSwap = _engine.Swap.TotalSlots != 0;
        for (int list = 0; list < left.Length; list++) left[list] = _balance.ScanCount(ScanBalance.Lists[list], priority, canSwap);

        uint freed = 0;
        while (freed < target && (left[0] | left[1] | left[2] | left[3]) != 0)
        {
            for (int list = 0; list < left.Length; list++)
            {
                uint count = Math.Min(left[list], BatchSize);
                left[list] -= count;
                FrameFlags which = ScanBalance.Lists[list];
                if (count == 0) continue;
                if ((which & FrameFlags.Active) == FrameFlags.None) freed += ShrinkInactive(which, count, target - Math.Min(freed, target));
                else if (IsInactiveLow(which & FrameFlags.FileBacked)) ShrinkActive(which, count);
            }
        }

        return freed;
    }

    /// <summary>Linux: inactive_is_low.</summary>
    private bool IsInactiveLow(FrameFlags kind)
    {
        ulong inactive = _lists.CountOf(kind), active = _lists.CountOf(kind | FrameFlags.Active);
        ulong gibibytes = (inactive + active) >> 18;
        ulong ratio = gibibytes == 0 ? 1 : (ulong)Math.Sqrt(10.0 * gibibytes);
        return inactive * ratio < active;
    }

    private uint ShrinkInactive(FrameFlags list, uint count, uint target)
    {
        uint freed = 0, kept = 0;
        long writes = _counters.SwapWrites + _counters.FileWrites;
        for (; count != 0 && freed < target; count--)
        {
            FrameNumber frame = _lists.OldestOf(list);
            if (frame.Value == 0) break;
            _counters.Scanned++;
            EvictionResult result = Judge(frame, out References references);
            if (result == EvictionResult.Freed) result = _eviction.Evict(frame, references.IsWritten, ref _counters);
            if (result == EvictionResult.Freed)
            {
                freed++;
                continue;
            }

            kept++;
            if (result == EvictionResult.Activated) Activate(frame);
            else _lists.Move(frame, list);
        }

        _balance.Note(list, _counters.SwapWrites + _counters.FileWrites - writes, kept);
        return freed;
    }

    /// <summary>Freed: it may go. Linux: folio_check_references.</summary>
    private EvictionResult Judge(FrameNumber frame, out References references)
    {
        references = Look(frame);
        ref FrameDescriptor descriptor = ref _frames[frame];
        if (references.IsLocked) return EvictionResult.Activated;
        bool wasReferenced = (descriptor.Flags & FrameFlags.Referenced) != FrameFlags.None;
        descriptor.Flags &= ~FrameFlags.Referenced;
        bool isFile = IsFilePage(descriptor);
        if (references.AccessedCount == 0) return isFile && wasReferenced ? EvictionResult.Kept : EvictionResult.Freed;    // used by read or write

        descriptor.Flags |= FrameFlags.Referenced;
        return wasReferenced || references.AccessedCount > 1 || (isFile && references.IsExecutable) ? EvictionResult.Activated : EvictionResult.Kept;
    }

    private void ShrinkActive(FrameFlags list, uint count)
    {
        for (; count != 0; count--)
        {
            FrameNumber frame = _lists.OldestOf(list);
            if (frame.Value == 0) return;
            References references = Look(frame);
            bool stays = references is { AccessedCount: > 0, IsExecutable: true } && (list & FrameFlags.FileBacked) != FrameFlags.None;
            if (!stays) _counters.Deactivated++;
            _lists.Move(frame, stays ? list : list & ~FrameFlags.Active);
        }
    }

    private References Look(FrameNumber frame)
    {
        References references = default;
        _engine.ReverseMap.Walk(frame, ref references);
        return references;
    }

    /// <summary>Linux: folio_activate, workingset_activation. A page that was written after MADV_FREE is swap-backed again.</summary>
    private void Activate(FrameNumber frame)
    {
        _counters.Activated++;
        _history.Advance();
        bool isFile = IsFilePage(_frames[frame]);
        _lists.Move(frame, isFile ? FrameFlags.FileBacked | FrameFlags.Active : FrameFlags.Active);
    }

    /// <summary>A page of a file with a backing; shared memory goes to swap, as programs' own pages do. Linux: folio_is_file_lru.</summary>
    private static bool IsFilePage(in FrameDescriptor descriptor) => descriptor is { State: FrameState.PageCache, Spare: (byte)ResidentKind.File };

    private static bool IsListed(in FrameDescriptor descriptor) => (descriptor.Flags & FrameFlags.OnList) != FrameFlags.None;
}
