namespace Paging.Core.Frames;

/// <summary>Makes a free block of frames, or room in a group. An interface, as this room must not depend on compaction.</summary>
/// <remarks>Both move and free pages, so the caller holds no frame, slot or entry across a call. Linux: __alloc_pages_slowpath.</remarks>
internal interface IBlockMaker
{
    /// <summary>Moves and frees pages until a block of 2^order frames is free. Returns false if none could be freed.</summary>
    bool TryMakeBlock(int order);

    /// <summary>Frees pages of a group until it may have that many more frames.</summary>
    /// <returns>False if its limit is too low, or too little can be reclaimed.</returns>
    bool TryMakeRoom(FrameGroup charged, uint frameCount);
}
