using Paging.Native;

namespace Paging.Core;

/// <summary>The numbers of free frames at which reclaim begins and ends.</summary>
/// <param name="Min">If fewer frames are free, an allocation that fails reclaims up to this number.</param>
/// <param name="Low">If fewer frames are free, background reclaim begins.</param>
/// <param name="High">Background reclaim ends when this many frames are free.</param>
/// <remarks>
/// Linux: mm/page_alloc.c calculate_min_free_kbytes (the square root of 16 × RAM in KiB, 128 to 262,144), __setup_per_zone_wmarks.
/// </remarks>
public readonly record struct Watermarks(FrameCount Min, FrameCount Low, FrameCount High)
{
    internal static Watermarks For(FrameCount ram)
    {
        ulong kibibytes = ram.Bytes >> 10;
        uint min = (uint)Math.Clamp(Math.Sqrt(kibibytes * 16), 128, 262_144) >> 2;
        return new(new(min), new(min + (min >> 2)), new(min + (min >> 1)));
    }
}
