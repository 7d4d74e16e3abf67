using Paging.Native;

namespace Paging.Core;

/// <summary>The numbers of free frames at which reclaim begins and ends.</summary>
/// <param name="Min">If fewer frames are free, an allocation that fails reclaims up to this number.</param>
/// <param name="Low">If fewer frames are free, background reclaim begins.</param>
/// <param name="High">Background reclaim ends when this many frames are free.</param>
/// <remarks>Linux: mm/page_alloc.c __setup_per_zone_wmarks.</remarks>
public readonly record struct Watermarks(FrameCount Min, FrameCount Low, FrameCount High);
