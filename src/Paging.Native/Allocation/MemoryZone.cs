namespace Paging.Native;

/// <summary>A part of RAM that some users cannot do without. Linux: enum zone_type on 32-bit x86.</summary>
public enum MemoryZone : byte
{
    /// <summary>The first 16 MiB: what a device with 24 address lines reaches.</summary>
    Dma,

    /// <summary>Up to 896 MiB: what the kernel half shows.</summary>
    Normal,

    /// <summary>The rest: what only page tables lead to.</summary>
    HighMem,
}
