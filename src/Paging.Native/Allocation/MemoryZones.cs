namespace Paging.Native.Allocation;

/// <summary>The bounds of the zones of memory, and the reserves of low memory. Sizes in frames.</summary>
/// <remarks>
/// <code>
///   0           16 MiB                    896 MiB                                   64 GiB
///   ├──── DMA ────┼──────── Normal ──────────┼──────────────── HighMem ───────────────┤
///   └──────────── low memory ───────────────┘
///     mapped by the kernel half at 0xC0000000        no kernel address; only page tables lead there
/// </code>
/// Linux: arch/x86/mm/init_32.c, mm/page_alloc.c (sysctl_lowmem_reserve_ratio, setup_per_zone_lowmem_reserve).
/// </remarks>
internal static class MemoryZones
{
    /// <summary>The largest number of zones.</summary>
    internal const int ZoneCount = 3;

    // A zone keeps one frame free for each such number of frames in the zones above it. Linux: sysctl_lowmem_reserve_ratio.
    private const uint DmaRatio = 256, NormalRatio = 32;

    /// <summary>The frames of a zone in a machine with so much RAM; none where RAM ends before it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such zone.</exception>
    public static FrameCount CountOf(this MemoryZone zone, FrameCount ram)
    {
        (FrameNumber first, FrameNumber end) = BoundsOf(zone);
        return new(uint.Min(ram.Value, end.Value) - uint.Min(ram.Value, first.Value));
    }

    /// <summary>The first frame of a zone, and the one after its last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such zone.</exception>
    internal static (FrameNumber First, FrameNumber End) BoundsOf(MemoryZone zone) => zone switch
    {
        MemoryZone.Dma => (default, new(16 << 8)),
        MemoryZone.Normal => (new(16 << 8), new(896 << 8)),
        MemoryZone.HighMem => (new(896 << 8), new(1 << 24)),
        _ => throw new ArgumentOutOfRangeException(nameof(zone), zone, "The zones are Dma, Normal and HighMem."),
    };

    /// <summary>The frames that a zone keeps from callers that could use a higher zone as well.</summary>
    /// <param name="zone">The zone of the request.</param>
    /// <param name="highest">The highest zone that would do.</param>
    /// <param name="ram">All of RAM.</param>
    internal static FrameCount ReserveOf(MemoryZone zone, MemoryZone highest, FrameCount ram)
    {
        uint above = 0;
        for (MemoryZone higher = zone + 1; higher <= highest; higher++) above += CountOf(higher, ram).Value;
        return new(zone switch { MemoryZone.Dma => above / DmaRatio, MemoryZone.Normal => above / NormalRatio, _ => 0 });
    }

    /// <summary>The frames that low memory keeps for tables with an address of 32 bits (CR3). 0 without high memory.</summary>
    /// <remarks>Both low zones are handed out as one: no device here has 24 address lines.</remarks>
    internal static uint LowReserve(FrameCount ram)
    {
        if (CountOf(MemoryZone.HighMem, ram).Value == 0) return 0;
        uint reserve = 0;
        for (MemoryZone zone = MemoryZone.Dma; zone < MemoryZone.HighMem; zone++)
            reserve += uint.Min(CountOf(zone, ram).Value, ReserveOf(zone, MemoryZone.HighMem, ram).Value);
        return reserve;
    }

    /// <summary>The first frame of high memory.</summary>
    internal static uint HighStart => BoundsOf(MemoryZone.HighMem).First.Value;
}

/// <summary>A part of RAM that some users cannot do without. Linux: enum zone_type on 32-bit x86.</summary>
internal enum MemoryZone : byte
{
    /// <summary>The first 16 MiB: the reach of a device with 24 address lines.</summary>
    Dma,

    /// <summary>Up to 896 MiB: the memory that the kernel half maps.</summary>
    Normal,

    /// <summary>The rest, which only page tables lead to.</summary>
    HighMem,
}
