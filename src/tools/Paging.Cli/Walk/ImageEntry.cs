namespace Paging.Cli.Walk;

/// <summary>An entry of the last level that is not zero: of a page, or of a directory if it maps a large page.</summary>
/// <param name="Address">The first byte that it maps.</param>
/// <param name="Word">The entry; 64 bits wide under PAE.</param>
/// <param name="Upper">The entry above it; all rights for a large page.</param>
/// <param name="ByteLength">4 KiB; 4 MiB for a large page, under PAE 2 MiB.</param>
internal readonly record struct ImageEntry(uint Address, ulong Word, ulong Upper, uint ByteLength)
{
    /// <summary>Bits of an entry: SDM 3A, tables 4-4 to 4-6 and 4-8 to 4-11.</summary>
    public const ulong Present = 1, Writable = 2, User = 4, Accessed = 0x20, Dirty = 0x40, Large = 0x80, NoExecute = 1ul << 63;

    /// <summary>The bits of an address in an entry of 64 bits.</summary>
    public const ulong AddressMask = 0x000F_FFFF_FFFF_F000;

    public bool IsPresent => (Word & Present) != 0;

    public bool IsLarge => ByteLength != 0x1000;

    /// <summary>The physical address. Large pages of 4 MiB have bits 32 to 39 in bits 13 to 20 (SDM 3A, table 4-4).</summary>
    public ulong Physical => ByteLength switch
    {
        0x1000 => Word & AddressMask,
        0x20_0000 => Word & AddressMask & ~0x1F_FFFFul,
        _ => (Word & 0xFFC0_0000) | ((Word & 0x1F_E000) << 19),
    };

    /// <summary>The rights that both levels give: present, writable, user.</summary>
    public ulong Rights => Word & Upper & (Present | Writable | User);
}
