using Paging.Native.Frames;

namespace Paging.Native.Allocation;

//   pages are taken from here ─►                                    ◄─ free frames are taken from here
//   ├──────────┬──────────┬── … ──┬──────────┬──────────┬──────────┤
//   │ 1·1·11·1 │ ·1111··· │       │ 11·1··1· │ 1·1·1·1· │ ········ │      a wholly free part is left alone
//   └──────────┴──────────┴── … ──┴──────────┴──────────┴──────────┘
/// <summary>Takes free frames from the high end of a range, part by part downwards, as targets for pages that move.</summary>
/// <remarks>
/// The frames are out of the allocator's lists while they wait here, so no other caller can get them: <see cref="GiveBack"/> ends that.
/// Precondition: the allocator's stack is drained. Cost: reads the descriptor of each frame of the range.
/// Linux: isolate_freepages, isolate_freepages_block (mm/compaction.c).
/// </remarks>
internal struct FreeTargets(BuddyAllocator allocator, uint end, int partOrder)
{
    private uint _part = end, _next = end, _partEnd = end;    // the part that is searched, and where in it
    private uint _free, _freeEnd;                             // the rest of the block that was found last

    /// <summary>The frames scanned.</summary>
    public uint Scanned { get; private set; }

    /// <summary>The part of RAM that the search has reached: all targets lie here or above.</summary>
    public readonly uint Lowest => _part;

    /// <summary>Hands out a free frame above a limit, in the state that it is to have: one reference, no mapping, all else zero.</summary>
    /// <returns>False: no free block is left above the limit.</returns>
    public bool TryTake(uint limit, FrameState purpose, out FrameNumber frame)
    {
        frame = default;
        if (_free == _freeEnd && !TryFind(limit)) return false;
        frame = new(_free++);
        allocator.Frames.HandOut(ref allocator.Frames[frame], purpose);
        return true;
    }

    /// <summary>Returns the frames that were taken out of the lists and not handed out.</summary>
    public void GiveBack()
    {
        allocator.Lists.ReturnRange(_free, _freeEnd);
        _free = _freeEnd = 0;
    }

    private bool TryFind(uint limit)
    {
        FrameTable frames = allocator.Frames;
        while (true)
        {
            while (_next < _partEnd)
            {
                Scanned++;
                FrameHeader header = frames[new FrameNumber(_next)].Header;
                if ((header.Flags & FrameFlags.BuddyHead) == FrameFlags.None)
                {
                    _next++;
                    continue;
                }

                uint first = _next;
                _next += 1u << header.Order;
                if (header.Order >= partOrder || !allocator.Lists.TryTakeAround(first, out _free, out int order)) continue;
                _freeEnd = _free + (1u << order);
                return true;
            }

            uint below = (_part - 1) & ~((1u << partOrder) - 1);
            if (_part == 0 || below < limit) return false;
            (_part, _next, _partEnd) = (below, below, _part);
        }
    }
}
