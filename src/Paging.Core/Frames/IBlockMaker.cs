namespace Paging.Core.Frames;

/// <summary>What can be done when there is no free block of frames, or no room in a group. The room that reclaims implements it.</summary>
/// <remarks>Both move and free pages, so the caller holds no frame, slot or entry across a call. Linux: __alloc_pages_slowpath.</remarks>
internal interface IBlockMaker
{
    /// <summary>Moves and frees pages until a block of 2^order frames is free. False: no such block could be had.</summary>
    bool TryMakeBlock(int order);

    /// <summary>Frees pages of the current group until it may have so many frames more.</summary>
    /// <returns>False: it is too small, or nothing can go.</returns>
    bool TryMakeRoom(uint frameCount);
}
