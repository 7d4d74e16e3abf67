using Paging.Native;

namespace Paging.Core;

/// <summary>One zone of physical memory, in frames of 4 KiB: the figures of /proc/zoneinfo and /proc/buddyinfo.</summary>
/// <remarks>Linux: mm/vmstat.c zoneinfo_show_print, frag_show_print.</remarks>
public sealed record ZoneMemory
{
    /// <summary>Its name as Linux prints it: DMA, Normal or HighMem.</summary>
    public required string Name { get; init; }
    /// <summary>Its first frame (start_pfn).</summary>
    public required FrameNumber First { get; init; }
    /// <summary>All its frames that are RAM (present); 0 where RAM ends before it.</summary>
    public required FrameCount Present { get; init; }
    /// <summary>The frames that are not reserved (managed).</summary>
    public required FrameCount Managed { get; init; }
    /// <summary>Free frames, in blocks or not.</summary>
    public required FrameCount Free { get; init; }
    /// <summary>Free blocks by order, from one frame (order 0) to 1024 frames (order 10).</summary>
    public required IReadOnlyList<uint> FreeBlocks { get; init; }
    /// <summary>The numbers of its frames that should be free.</summary>
    public required Watermarks Watermarks { get; init; }
    /// <summary>Private pages and shared memory that were used recently.</summary>
    public required FrameCount ActiveAnonymous { get; init; }
    /// <summary>Private pages and shared memory that were not used recently.</summary>
    public required FrameCount InactiveAnonymous { get; init; }
    /// <summary>Pages of files that were used recently.</summary>
    public required FrameCount ActiveFile { get; init; }
    /// <summary>Pages of files that were not used recently.</summary>
    public required FrameCount InactiveFile { get; init; }
    /// <summary>Locked pages.</summary>
    public required FrameCount Unevictable { get; init; }

    /// <summary>Frames kept from allocations that could use a higher zone, by the highest zone they accept (protection).</summary>
    public required IReadOnlyList<FrameCount> Reserves { get; init; }

    /// <summary>Free frames in no block: those kept ready for single allocations, and those zeroed ahead (pagesets).</summary>
    public required FrameCount OutsideBlocks { get; init; }
}

/// <summary>The numbers of free frames at which reclaim begins and ends.</summary>
/// <param name="Min">If fewer frames are free, an allocation that fails reclaims up to this number.</param>
/// <param name="Low">If fewer frames are free, background reclaim begins.</param>
/// <param name="High">Background reclaim ends when this many frames are free.</param>
/// <remarks>Linux: mm/page_alloc.c __setup_per_zone_wmarks.</remarks>
public readonly record struct Watermarks(FrameCount Min, FrameCount Low, FrameCount High);
