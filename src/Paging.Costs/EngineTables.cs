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
        ulong table = (ulong)root.Value << VirtualAddress.PageShift;    // that the level's entry lies in
        if (format == TableFormat.Pae && !TryFollow(table + ((number >> 18) * sizeof(ulong)), out table)) return default;
        if (level > 1) return Decode(AddressOf(table, number, level), level);
        ulong directory = AddressOf(table, number, 2);
        if (!TryFollow(directory, out table)) return default;
        TableEntry entry = Decode(AddressOf(table, number, 1), 1);
        // SDM 4.6: each entry on the way needs RW. A table that is lent, or that a snapshot has closed, lacks it above.
        return (Word(directory) & Writable) != 0 ? entry : entry with { Bits = entry.Bits & ~EntryTraits.Writable };
    }

    /// <summary>Follows an entry to the table below it; false if there is none. PS is reserved, and 0, in a PAE pointer.</summary>
    private bool TryFollow(ulong address, out ulong table)
    {
        ulong entry = Word(address);
        table = entry & FrameMask;
        return (entry & (Present | Large)) == Present;
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

    private ulong Word(ulong address)
    {
        int length = format == TableFormat.Pae ? sizeof(ulong) : sizeof(uint);
        Span<byte> bytes = ram.Bytes(new PhysicalAddress(address), length);
        return length == sizeof(ulong) ? BitConverter.ToUInt64(bytes) : BitConverter.ToUInt32(bytes);
    }
}
