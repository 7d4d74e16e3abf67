using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>Takes blocks of frames with somebody at hand who can make one.</summary>
internal static class BlockMaking
{
    /// <summary>Takes a free block; where there is none, one that the maker makes free.</summary>
    public static bool TryAllocateBlock(
        this BuddyAllocator allocator, IBlockMaker? maker, int order, FrameState purpose, out FrameNumber first) =>
        allocator.TryAllocateBlock(order, purpose, out first)
        || (maker?.TryMakeBlock(order) == true && allocator.TryAllocateBlock(order, purpose, out first));
}
