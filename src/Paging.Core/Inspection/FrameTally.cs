using Paging.Core.Frames;
using Paging.Native;
using Paging.Native.Frames;

namespace Paging.Core.Inspection;

/// <summary>The sums of one pass over frame descriptors. "Own" are private pages, mapped or only in the swap cache.</summary>
internal struct FrameTally
{
    public long Active, InactiveOwn, ActiveOwn, Unevictable, Pages, OwnMapped, Mapped, Shared, HugeBlocks;

    private uint _leftInBlock;
    private bool _isBlockActive;

    /// <summary>The number of frames in the block of a transparent huge page. All of them count on the list of the first.</summary>
    public uint FramesOfBlock { get; init; }

    /// <summary>Pages of files that were used recently.</summary>
    public readonly long ActiveFile => Active - ActiveOwn;

    /// <summary>Pages of files that were not used recently.</summary>
    public readonly long InactiveFile => Pages - Unevictable - Active - InactiveOwn;

    /// <summary>The number of free frames that need no look, from this one on: those of its block; 1 for other frames.</summary>
    public static uint FreeFramesFrom(in FrameDescriptor frame) =>
        frame.Header == FrameHeader.OfBlock(frame.Order) ? 1u << frame.Order : 1;

    /// <summary>Adds a frame; they come in order. A locked page counts in no list.</summary>
    /// <remarks>Shared memory ages with private pages, because it can only go to swap.</remarks>
    public void Count(in FrameDescriptor frame, bool isLocked)
    {
        bool isBlock = FrameLists.IsBlock(in frame);
        // The other parts are on no list: they are as active as the first.
        if (isBlock) (_leftInBlock, _isBlockActive) = (FramesOfBlock, (frame.Flags & PageFlags.Active) != 0);
        bool isInBlock = _leftInBlock != 0;
        if (isInBlock) _leftInBlock--;
        bool isOwn = frame.State is FrameState.Anonymous or FrameState.SwapCache;
        bool isShared = frame.State == FrameState.PageCache && frame.Kind == (byte)ResidentKind.Shared;
        if (!isOwn && frame.State != FrameState.PageCache) return;
        Pages++;
        bool isHugePart = (frame.Flags & PageFlags.HugePart) != 0 && isOwn;
        if (isBlock) HugeBlocks++;
        // A leaf counts as a mapping of the first part, and as a reference of each other one (F7).
        if (isOwn && (frame.MapCount != 0 || (isHugePart && frame.ReferenceCount != 0))) OwnMapped++;
        else if (frame.MapCount != 0) Mapped++;
        if (isShared) Shared++;
        bool isActive = isInBlock ? _isBlockActive : (frame.Flags & PageFlags.Active) != 0;
        if (isLocked)
        {
            Unevictable++;
            return;
        }

        if (isActive) Active++;
        if (!isOwn && !isShared) return;
        if (isActive) ActiveOwn++;
        else InactiveOwn++;
    }
}
