using Paging.Native.Diagnostics;
using Paging.Native.Frames;

namespace Paging.Native.Allocation;

/// <summary>Hands out blocks by the descriptor of their first frame, and takes them back (<see cref="WholeBlocks"/>).</summary>
/// <remarks>Cost: O(orders), whatever the size of the block.</remarks>
internal static class WholeFrames
{
    /// <summary>As <see cref="BuddyAllocator.TryAllocateBlock(int, FrameState, out FrameNumber)"/>, for a block of a huge page.</summary>
    /// <param name="allocator">The allocator.</param>
    /// <param name="header">The header that each frame gets; one reference each, no mapping, all else zero.</param>
    /// <param name="first">The first frame; frame 0 when there are none.</param>
    public static bool TryAllocateWhole(this BuddyAllocator allocator, FrameHeader header, out FrameNumber first)
    {
        FrameTable frames = allocator.Frames;
        if (!allocator.TryTakeBlock(frames.Wholes.Order, needsLow: false, out first)) return false;
        for (uint i = 0; Check.Cheap && i < 1u << frames.Wholes.Order; i++)
        {
            FrameNumber frame = first + new FrameCount(i);
            allocator.CheckFree(frame, in frames[frame]);
            frames[frame].Private = 0;    // the mark of poison
        }

        frames.HandOutWhole(first, header);
        return true;
    }

    /// <summary>Takes back a block that is still whole. No translation and no entry may lead to it.</summary>
    public static void FreeWhole(this BuddyAllocator allocator, FrameNumber first)
    {
        FrameTable frames = allocator.Frames;
        if (Check.Cheap) BuddyAllocator.CheckFreeable(first, in frames[first]);
        frames.Wholes.Remove(first);
        frames.TakeBack(ref frames[first]);
        FrameNumber end = first + new FrameCount(1u << frames.Wholes.Order);
        for (FrameNumber frame = first; Check.Cheap && frame < end; frame++) allocator.Poison(frame, ref frames[frame]);
        for (FrameNumber frame = first; allocator.Ram.Code is { } code && frame < end; frame++) code.Changed(frame);
        allocator.Lists.Return(first.Value, frames.Wholes.Order);
    }
}
