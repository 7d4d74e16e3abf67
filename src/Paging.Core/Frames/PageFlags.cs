using Paging.Native;

namespace Paging.Core.Frames;

/// <summary>
/// What memory management keeps in the flags of a frame: names for the bits that <see cref="FrameFlags"/> leaves to the owner.
/// </summary>
/// <remarks>Linux: enum pageflags.</remarks>
public static class PageFlags
{
    /// <summary>On an active list, not on an inactive one. Linux: PG_active.</summary>
    public const FrameFlags Active = FrameFlags.Owner2;

    /// <summary>On a list of pages that can be had again without a swap device, not on one of swap-backed pages.</summary>
    public const FrameFlags FileBacked = FrameFlags.Owner5;

    /// <summary>Marks the page of a read-ahead window whose use starts the next window. Linux: PG_readahead.</summary>
    public const FrameFlags ReadAheadMark = FrameFlags.Owner6;

    /// <summary>Used since reclaim last looked. Linux: PG_referenced.</summary>
    public const FrameFlags Referenced = FrameFlags.Owner1;

    /// <summary>Newer than its copy in a file or on a swap device. Linux: PG_dirty.</summary>
    public const FrameFlags Dirty = FrameFlags.Owner3;

    /// <summary>May be neither reclaimed nor moved.</summary>
    public const FrameFlags Pinned = FrameFlags.Owner4;
}
