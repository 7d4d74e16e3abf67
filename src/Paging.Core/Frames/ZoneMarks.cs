using Paging.Native;
using Paging.Native.Allocation;

namespace Paging.Core.Frames;

/// <summary>Computes the watermarks of the zones of memory, and of the whole machine.</summary>
/// <remarks>
/// Linux: mm/page_alloc.c calculate_min_free_kbytes (the square root of 16 × low memory in KiB, 128 to 262,144), __setup_per_zone_wmarks.
/// </remarks>
internal static class ZoneMarks
{
    private const uint HighMinLeast = 32, HighMinMost = 128;    // Linux: SWAP_CLUSTER_MAX, and the clamp beside it
    private const uint ScaleFactor = 10;                        // of 10,000: sysctl watermark_scale_factor

    /// <summary>Returns the sum for the whole machine: low memory, and high memory if there is any.</summary>
    public static Watermarks ForAll(FrameCount ram)
    {
        Watermarks high = Of(MemoryZone.HighMem, ram);
        uint min = LowMin(ram);
        return new(
            // A quarter of min always exceeds the share by ScaleFactor here: low memory has at most 229,376 frames.
            new FrameCount(min) + high.Min, new FrameCount(min + (min >> 2)) + high.Low, new FrameCount(min + (min >> 1)) + high.High);
    }

    /// <summary>Returns the watermarks of one zone. Zones of low memory share theirs by size; a zone without frames has zeros.</summary>
    public static Watermarks Of(MemoryZone zone, FrameCount ram)
    {
        uint count = MemoryZones.CountOf(zone, ram).Value;
        uint low = ram.Value - MemoryZones.CountOf(MemoryZone.HighMem, ram).Value;
        if (count == 0) return default;
        uint min = zone == MemoryZone.HighMem
            ? Math.Clamp(count >> 10, HighMinLeast, HighMinMost)
            : (uint)((ulong)LowMin(ram) * count / low);
        uint step = Math.Max(min >> 2, (uint)((ulong)count * ScaleFactor / 10_000));
        return new(new(min), new(min + step), new(min + (2 * step)));
    }

    private static uint LowMin(FrameCount ram)
    {
        ulong kibibytes = (ram.Bytes - MemoryZones.CountOf(MemoryZone.HighMem, ram).Bytes) >> 10;
        return (uint)Math.Clamp(Math.Sqrt(kibibytes * 16), 128, 262_144) >> 2;    // KiB to frames
    }
}
