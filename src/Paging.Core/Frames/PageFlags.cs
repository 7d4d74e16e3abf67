using Paging.Native;

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
    /// Of an anonymous frame: it was made as a part of the block of a transparent huge page. Only pages of files are read ahead, so the bit
    /// is free there. Linux: PG_head and compound_head.
    /// </summary>
    public const FrameFlags HugePart = FrameFlags.Owner6;

    /// <summary>The page was used since reclaim last looked. Linux: PG_referenced.</summary>
    public const FrameFlags Referenced = FrameFlags.Owner1;

    /// <summary>
    /// The page is newer than its copy in a file or on a swap device. A page of shared memory: it has been written, so it is not only zeros
    /// that anyone can make again. Linux: PG_dirty.
    /// </summary>
    public const FrameFlags Dirty = FrameFlags.Owner3;

    /// <summary>
    /// The frame may be neither reclaimed nor moved: it is being written back, or it is a locked page whose area has lost its lock
    /// (MREMAP_DONTUNMAP). Linux: PG_writeback, PG_mlocked.
    /// </summary>
    public const FrameFlags Pinned = FrameFlags.Owner4;
}
