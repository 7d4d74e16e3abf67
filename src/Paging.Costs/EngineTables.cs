using Paging.Costs.Hardware;
using Paging.Native;

namespace Paging.Costs;

/// <summary>The page tables of a process, as they lie in the engine's RAM.</summary>
/// <remarks>Reads only: A and D are set by the engine's own walks. Intel SDM volume 3A, 4.3 and 4.4.</remarks>
internal readonly struct EngineTables(PhysicalMemory ram, TableFormat format, FrameNumber root) : ITranslationTables
{
    private const ulong Present = 1, Writable = 2, Dirty = 1 << 6, Large = 1 << 7, Global = 1 << 8;
    private const ulong FrameMask = 0x000F_FFFF_FFFF_F000;
    private const int LineShift = 6;

    public TableDepth Depth => format == TableFormat.Pae ? TableDepth.Pae : TableDepth.Classic;

    public TableEntry Read(LinearPage page, int level)
    {
        ulong number = page.Value & 0xF_FFFF;
        ulong above = (ulong)root.Value << VirtualAddress.PageShift;    // the table that the level's entry lies in
        if (format == TableFormat.Pae) above = Word(above + ((number >> 18) * 8)) is var pointer && (pointer & Present) != 0
            ? pointer & FrameMask : ulong.MaxValue;
        if (level == 1 && above != ulong.MaxValue)
            above = Word(AddressOf(above, number, 2)) is var entry && (entry & (Present | Large)) == Present ? entry & FrameMask : ulong.MaxValue;
        return above == ulong.MaxValue ? default : Decode(AddressOf(above, number, level), level);
    }

    private ulong AddressOf(ulong table, ulong number, int level) => format == TableFormat.Pae
        ? table + ((number >> (9 * (level - 1)) & 0x1FF) * 8)
        : table + ((number >> (10 * (level - 1)) & 0x3FF) * 4);

    private TableEntry Decode(ulong address, int level)
    {
        ulong word = Word(address);
        EntryTraits traits = EntryTraits.None;
        bool isLeaf = level == 1 || (word & Large) != 0;
        if ((word & Present) != 0) traits |= EntryTraits.Present;
        if (isLeaf) traits |= EntryTraits.Leaf;
        if ((word & Writable) != 0) traits |= EntryTraits.Writable;
        if (isLeaf && (word & Dirty) != 0) traits |= EntryTraits.Dirty;
        if (isLeaf && (word & Global) != 0) traits |= EntryTraits.Global;
        return new(address >> LineShift, traits, (word & FrameMask) >> VirtualAddress.PageShift);
    }

    /// <summary>An entry; one beyond RAM reads as not present.</summary>
    private ulong Word(ulong address)
    {
        int length = format == TableFormat.Pae ? sizeof(ulong) : sizeof(uint);
        if (address + (ulong)length > ram.ByteLength) return 0;
        Span<byte> bytes = ram.Bytes(new PhysicalAddress(address), length);
        return length == sizeof(ulong) ? BitConverter.ToUInt64(bytes) : BitConverter.ToUInt32(bytes);
    }
}
