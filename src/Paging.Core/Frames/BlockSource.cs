using Paging.Native;
using Paging.Native.Allocation;
using Paging.Native.Frames;

namespace Paging.Core.Frames;

/// <summary>The source of blocks of frames for huge pages: free blocks, or blocks that compaction frees.</summary>
internal sealed class BlockSource(BuddyAllocator allocator)
{
    private IBlockMaker? _maker;

    /// <summary>Registers what makes a block, or room in a group, if there is none. Called by that part when it is made.</summary>
    public void AskIfNone(IBlockMaker maker) => _maker = maker;

    /// <summary>Takes a free block; if there is none, one that the maker frees.</summary>
    public bool TryAllocate(int order, FrameState purpose, out FrameNumber first) =>
        allocator.TryAllocateBlock(order, purpose, out first)
        || (_maker?.TryMakeBlock(order) == true && allocator.TryAllocateBlock(order, purpose, out first));

    /// <summary>Same as <see cref="TryAllocate"/>, for a whole huge page (<see cref="BuddyAllocator.TryAllocateWhole"/>).</summary>
    public bool TryAllocateWhole(FrameHeader header, out FrameNumber first) =>
        allocator.TryAllocateWhole(header, out first)
        || (_maker?.TryMakeBlock(allocator.Frames.Wholes.Order) == true && allocator.TryAllocateWhole(header, out first));

    /// <summary>Makes room for a number of frames in a group. Returns false if it stays full.</summary>
    public bool TryMakeRoom(FrameGroup charged, uint frameCount) => _maker?.TryMakeRoom(charged, frameCount) == true;
}
