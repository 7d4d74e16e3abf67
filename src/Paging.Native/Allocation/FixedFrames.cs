namespace Paging.Native.Allocation;

//   ├─ pages, from the low end ────────►                         ◄──────── tables, from the high end ─┤
/// <summary>Hands out frames for page tables, which never move, from the high end of memory downwards.</summary>
/// <remarks>
/// Page tables thus lie together, and compaction finds parts of RAM without any. If the high end has no free frame, any other is taken.
/// Used by engines with huge pages only: others have no need of blocks. Cost: one read per frame passed over, and each is passed once.
/// Linux: pageblocks of type MIGRATE_UNMOVABLE (mm/page_alloc.c rmqueue_fallback).
/// </remarks>
internal sealed class FixedFrames(BuddyAllocator allocator)
{
    private readonly uint _end = allocator.Frames.OrdinaryCount.Value;
    private uint _lowNext = uint.Min(allocator.Frames.OrdinaryCount.Value, MemoryZones.HighStart);
    private uint _highNext = allocator.Frames.OrdinaryCount.Value;

    /// <summary>Hands out one frame. As <see cref="BuddyAllocator.TryAllocate"/>.</summary>
    public bool TryAllocate(FrameState purpose, bool needsLow, out FrameNumber frame)
    {
        frame = default;
        if (allocator.Refuses) return false;
        bool hasHigh = _end > MemoryZones.HighStart;
        uint found = hasHigh && !needsLow
            ? FindFrom(ref _highNext, MemoryZones.HighStart, _end)
            : FindFrom(ref _lowNext, 1, uint.Min(_end, MemoryZones.HighStart));
        if (found == 0) return needsLow ? allocator.TryAllocateLow(purpose, out frame) : allocator.TryAllocate(purpose, out frame);
        frame = new(found);
        allocator.Frames.HandOut(ref allocator.Frames[frame], purpose);
        return true;
    }

    /// <summary>Takes a frame back. The highest free frame is handed out first.</summary>
    public void Free(FrameNumber frame)
    {
        allocator.FreeBlock(frame, 0);
        if (frame.Value >= MemoryZones.HighStart) _highNext = uint.Max(_highNext, frame.Value + 1);
        else _lowNext = uint.Max(_lowNext, frame.Value + 1);
    }

    private uint FindFrom(ref uint next, uint floor, uint end)
    {
        for (; next > floor; next--)
        {
            uint frame = next - 1;
            if (allocator.Frames.Shown(new(frame)).State != FrameState.Free) continue;
            if (!allocator.Lists.TryTakeAround(frame, out uint first, out int order)) continue;    // on the stack
            allocator.Lists.ReturnRange(first, frame);
            allocator.Lists.ReturnRange(frame + 1, first + (1u << order));
            next = frame;
            return frame;
        }

        next = end;    // blocks freed meanwhile are found the next time
        return 0;
    }
}
