using Paging.Native;

namespace Paging.Programs.Images;

/// <summary>An entry of the last level that is not zero: of a page, or of a directory if it maps a large page.</summary>
/// <param name="Address">The first byte that it maps.</param>
/// <param name="Word">The entry; 64 bits wide under PAE.</param>
/// <param name="Upper">The entry above it; all rights for a large page.</param>
/// <param name="ByteLength">4 KiB; 4 MiB for a large page, under PAE 2 MiB.</param>
public readonly record struct ImageEntry(VirtualAddress Address, ulong Word, ulong Upper, uint ByteLength)
{
    /// <summary>Bits of an entry: SDM 3A, tables 4-4 to 4-6 and 4-8 to 4-11.</summary>
    internal const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80;

    /// <summary>The bits of an address in an entry of 64 bits.</summary>
    internal const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    /// <summary>P.</summary>
    public bool IsPresent => (Word & Present) != 0;

    /// <summary>True for a page of 2 or 4 MiB.</summary>
    public bool IsLarge => ByteLength != 0x1000;

    /// <summary>The physical address. Large pages of 4 MiB have bits 32 to 39 in bits 13 to 20 (SDM 3A, table 4-4).</summary>
    public PhysicalAddress Physical => new(ByteLength switch
    {
        0x1000 => Word & AddressMask,
        0x20_0000 => Word & AddressMask & ~0x1F_FFFFul,
        _ => (Word & 0xFFC0_0000) | ((Word & 0x1F_E000) << 19),
    });

    /// <summary>True if both levels let programs in: U/S.</summary>
    public bool IsUser => (Word & Upper & User) != 0;

    /// <summary>True if both levels let it be written: R/W.</summary>
    public bool IsWritable => (Word & Upper & Writable) != 0;
}
