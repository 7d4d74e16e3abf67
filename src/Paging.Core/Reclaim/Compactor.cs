using Paging.Core.Frames;
using Paging.Core.Reclaim;
using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Reclaim;

//   part  │ 1 · 1 1 │ · 1 · · │  …  │ 1 · · 1 │ · · 1 · │
//           └──────────────────────────► ▲ ◄───────────┘
//         sources, upwards                 targets, downwards: where they meet, all is done
/// <summary>Moves pages to the high end of memory, until a block of free frames has come together at the low end.</summary>
/// <remarks><code>
/// A part      is the range of a huge page. For an allocation, one with a frame that cannot move is left as it is; a request for all of
///             memory moves every page that can be moved out of every part
/// Bounded     each frame is examined once as a source and once as a target. After a failure the next attempts are refused: 1, 3, … 63
/// Zones       high memory before low memory; no page changes sides
/// Linux       mm/compaction.c compact_zone, compact_finished, defer_compaction, compaction_deferred; mm/page_alloc.c
///             __alloc_pages_slowpath with the setting defrag=madvise, which frees compact_gap() frames first
/// </code></remarks>
internal sealed class Compactor : IBlockMaker
{
    private const int DeferShiftMax = 6;       // COMPACT_MAX_DEFER_SHIFT
    private const int ReclaimCountMax = 16;    // MAX_RECLAIM_RETRIES
    private const int WholeMemory = -1;

    private readonly FrameStore _store;
    private readonly PageMover _mover;
    private readonly MemoryPressure _pressure;
    private readonly HugeBlocks _blocks;
    private int _deferShift, _failedOrder = BuddyAllocator.OrderMax + 1;
    private uint _refused;

    public Compactor(BlockSource source, FrameStore store, PageMover mover, MemoryPressure pressure, HugeBlocks blocks)
    {
        (_store, _mover, _pressure, _blocks) = (store, mover, pressure, blocks);
        source.AskIfNone(this);
    }

    /// <summary>Counts its work.</summary>
    public ref HugeCounters Counters => ref _blocks.Counters;

    public bool TryMakeBlock(int order)
    {
        if (IsDeferred(order)) return false;
        Counters.Compactions++;
        uint gap = 2u << order;    // compact_gap: targets for a block's pages while they move
        uint available = _store.Allocator.AvailableFrames.Value;
        if (available < gap) _pressure.TryFree(_store.Lists.Root, gap - available);
        _store.Allocator.Drain();
        bool isMade = HasBlock(order) || Run(order);    // reclaim and the drained stack may have made one already
        if (isMade) Counters.CompactionsServed++;
        else Counters.CompactionsRefused++;
        Note(order, isMade);
        return isMade;
    }

    public bool TryMakeRoom(FrameGroup charged, uint frameCount)
    {
        if (charged.Limit < frameCount) return false;    // the group can never have so many
        for (int pass = 0; pass < ReclaimCountMax && !charged.HasRoomFor(frameCount); pass++)
            if (!_pressure.TryFreeOfGroup(charged, frameCount)) break;
        return charged.HasRoomFor(frameCount);
    }

    /// <summary>Compacts all of memory, as a write to /proc/sys/vm/compact_memory does. Returns the number of pages moved.</summary>
    public uint RunAll()
    {
        long before = Counters.Moved;
        _store.Allocator.Drain();
        Run(WholeMemory);
        (_deferShift, _failedOrder) = (0, BuddyAllocator.OrderMax + 1);    // the next attempt is not refused
        return (uint)(Counters.Moved - before);
    }

    /// <summary>True if the last attempt has failed and it is too early for another one. Linux: compaction_deferred.</summary>
    private bool IsDeferred(int order) => order >= _failedOrder && ++_refused < 1u << _deferShift;

    /// <summary>Linux: defer_compaction, compaction_defer_reset.</summary>
    private void Note(int order, bool isMade)
    {
        _refused = 0;
        _deferShift = isMade ? 0 : Math.Min(_deferShift + 1, DeferShiftMax);
        if (isMade && order >= _failedOrder) _failedOrder = order + 1;
        if (!isMade && order < _failedOrder) _failedOrder = order;
    }

    private bool HasBlock(int order)
    {
        for (; order <= BuddyAllocator.OrderMax; order++)
            if (_store.Allocator.FreeBlocks(order) != 0) return true;
        return false;
    }

    private bool Run(int order)
    {
        uint end = _store.Frames.OrdinaryCount.Value, high = MemoryZones.HighStart;
        return (end > high && TryCompact(high, end, order)) || TryCompact(0, Math.Min(end, high), order);
    }

    /// <summary>Goes through one zone. Linux: compact_zone.</summary>
    private bool TryCompact(uint start, uint end, int order)
    {
        FreeTargets targets = new(_store.Allocator, end, _blocks.Order);
        bool isMade = false;
        uint size = _blocks.FramesEach;
        for (uint part = start; !isMade && part + size <= targets.Lowest; part += size)
        {
            if (IsWorthwhile(part, part + size, order)) Empty(part, part + size, order, ref targets);
            // Frames in limbo come free on the allocator's stack, which is then drained. Linux: compact_zone, check_drain.
            if (_store.Lists.Shootdown?.TrySettle() == true) _store.Allocator.Drain();
            isMade = order != WholeMemory && HasBlock(order);
        }

        targets.GiveBack();    // targets that were collected and not used
        Counters.TargetsScanned += targets.Scanned;
        return isMade;
    }

    /// <summary>True if a part has pages to move, and for an allocation nothing else. Linux: skip_on_failure.</summary>
    private bool IsWorthwhile(uint part, uint end, int order)
    {
        if (HugeBlocks.IsOfObject(_store.Frames, new(part), end - part))    // a huge page stays whole: skip_isolation_on_order
        {
            Counters.SourcesScanned += end - part;
            return false;
        }

        bool hasPages = false;
        for (uint number = part; number < end; number++)
        {
            ref FrameDescriptor descriptor = ref _store.Frames[new(number)];
            Counters.SourcesScanned++;
            if (descriptor.State == FrameState.Free) continue;
            if (_mover.MayMove(in descriptor)) hasPages = true;
            else if (order != WholeMemory) return false;
        }

        return hasPages;
    }

    /// <summary>Moves the pages of a part to free frames after it, as long as there are any.</summary>
    private void Empty(uint part, uint end, int order, ref FreeTargets targets)
    {
        for (uint number = part; number < end; number++)
        {
            ref FrameDescriptor descriptor = ref _store.Frames[new(number)];
            if (!_mover.MayMove(in descriptor)) continue;
            if (!targets.TryTake(end, descriptor.State, out FrameNumber target)) return;    // which also ends the search
            Counters.Isolated += 2;    // the source and the target
            if (_mover.TryMove(new(number), target))
            {
                Counters.Moved++;
                continue;
            }

            Counters.MovesRefused++;
            _store.Allocator.FreeBlock(target, 0);
            if (order != WholeMemory) return;    // the part cannot become free
        }
    }
}
