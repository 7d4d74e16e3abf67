using Paging.Native.Frames;

namespace Paging.Core.Frames;

/// <summary>
/// Names for the bits of <see cref="FrameFlags"/> that are left to a frame's owner: the ones that memory management uses.
/// </summary>
/// <remarks>Linux: enum pageflags.</remarks>
internal static class PageFlags
{
    /// <summary>The frame is on an active list. Linux: PG_active.</summary>
    public const FrameFlags Active = FrameFlags.Owner2;

    /// <summary>The frame is on a list of pages that can be read again without a swap device.</summary>
    public const FrameFlags FileBacked = FrameFlags.Owner5;

    /// <summary>Marks the page of a read-ahead window whose use starts the next window. Linux: PG_readahead.</summary>
    public const FrameFlags ReadAheadMark = FrameFlags.Owner6;

    /// <summary>
    /// Of private or shared memory: the frame was made as a part of the block of a transparent huge page. Shares its bit with
    /// <see cref="ReadAheadMark"/>, which such a frame has only while it waits in the swap cache, read ahead. Linux: PG_head.
    /// </summary>
    public const FrameFlags HugePart = FrameFlags.Owner6;

    /// <summary>The page was used since reclaim last scanned it. Linux: PG_referenced.</summary>
    public const FrameFlags Referenced = FrameFlags.Owner1;

    /// <summary>
    /// The page is newer than its copy in a file or on a swap device. Of shared memory: the page has been written, so it may hold more than
    /// zeros. Linux: PG_dirty.
    /// </summary>
    public const FrameFlags Dirty = FrameFlags.Owner3;

    /// <summary>
    /// The frame may be neither reclaimed nor moved: it is being written back, or it is a locked page whose area has lost its lock
    /// (MREMAP_DONTUNMAP). Linux: PG_writeback, PG_mlocked.
    /// </summary>
    public const FrameFlags Pinned = FrameFlags.Owner4;
}
