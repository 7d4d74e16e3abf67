using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Core.Frames;

/// <summary>Where huge pages get their blocks of frames: from the free ones, or from those that compaction makes free.</summary>
internal sealed class BlockSource(BuddyAllocator allocator)
{
    /// <summary>
    /// What makes a block, or room in a group, where there is none. Set once, when reclaim is built; before it nothing does.
    /// </summary>
    public IBlockMaker? Maker { get; set; }

    /// <summary>Takes a free block; where there is none, one that the maker makes free.</summary>
    public bool TryAllocate(int order, FrameState purpose, out FrameNumber first) =>
        allocator.TryAllocateBlock(order, purpose, out first)
        || (Maker?.TryMakeBlock(order) == true && allocator.TryAllocateBlock(order, purpose, out first));

    /// <summary>Makes room for so many frames in the current group. False: it stays full.</summary>
    public bool TryMakeRoom(uint frameCount) => Maker?.TryMakeRoom(frameCount) == true;
}
