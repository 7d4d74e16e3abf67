namespace Paging.Native;

/// <summary>What else is known about a frame; one byte.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>First frame of a free block that hangs in a list of the allocator.</summary>
    BuddyHead = 1 << 0,

    /// <summary>Marks the page of a read-ahead window whose use starts the next window. Linux: PG_readahead.</summary>
    ReadAheadMark = 1 << 1,

    /// <summary>Used since somebody last looked.</summary>
    Referenced = 1 << 2,

    /// <summary>On an active list, not an inactive one.</summary>
    Active = 1 << 3,

    /// <summary>On a list of the reclaim policy.</summary>
    OnList = 1 << 4,

    /// <summary>Newer than its copy in a file or on a swap device.</summary>
    Dirty = 1 << 5,

    /// <summary>Not to be reclaimed or moved.</summary>
    Pinned = 1 << 6,

    /// <summary>On a list of pages that can be had again without a swap device, not of swap-backed ones.</summary>
    FileBacked = 1 << 7,
}
