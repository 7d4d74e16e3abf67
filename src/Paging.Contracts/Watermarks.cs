using Paging.Native;

namespace Paging.Core;

/// <summary>How many frames should be free.</summary>
/// <param name="Min">Below it an allocation that fails reclaims up to here.</param>
/// <param name="Low">Below it background reclaim has work.</param>
/// <param name="High">Up to here it works.</param>
/// <remarks>Linux: mm/page_alloc.c calculate_min_free_kbytes (the square root of 16 × RAM in KiB, 128 to 262,144), __setup_per_zone_wmarks.</remarks>
public readonly record struct Watermarks(FrameCount Min, FrameCount Low, FrameCount High)
{
    internal static Watermarks For(FrameCount ram)
    {
        ulong kibibytes = ram.Bytes >> 10;
        uint min = (uint)Math.Clamp(Math.Sqrt(kibibytes * 16), 128, 262_144) >> 2;
        return new(new(min), new(min + (min >> 2)), new(min + (min >> 1)));
    }
}
