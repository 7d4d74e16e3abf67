namespace Paging.Native.Allocation;

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
