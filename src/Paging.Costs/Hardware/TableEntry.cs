namespace Paging.Costs.Hardware;

/// <summary>An entry of a page table as a walk reads it.</summary>
/// <param name="Line">The line of 64 bytes that it lies in: its physical address without the low 6 bits.</param>
/// <param name="Bits">Its properties.</param>
/// <param name="Target">The frame that it names.</param>
public readonly record struct TableEntry(ulong Line, EntryTraits Bits, ulong Target)
{
    /// <summary>True if it has all of these properties.</summary>
    public bool Has(EntryTraits traits) => (Bits & traits) == traits;
}

/// <summary>The properties of a <see cref="TableEntry"/>.</summary>
[Flags]
public enum EntryTraits
{
    /// <summary>None: not present.</summary>
    None = 0,

    /// <summary>P.</summary>
    Present = 1,

    /// <summary>It maps a page itself: the lowest level, or PS.</summary>
    Leaf = 2,

    /// <summary>G, of a leaf: loads of CR3 keep its translation.</summary>
    Global = 4,

    /// <summary>RW.</summary>
    Writable = 8,

    /// <summary>D, of a leaf. A store through a translation without it walks, to set it.</summary>
    Dirty = 16,
}

/// <summary>Page tables that a walk reads. Implemented by a struct, so that no entry costs a call through an interface.</summary>
public interface ITranslationTables
{
    /// <summary>The levels.</summary>
    TableDepth Depth { get; }

    /// <summary>Reads the entry for a page at a level: 1 is the lowest. The levels above it have led to it.</summary>
    TableEntry Read(LinearPage page, int level);
}

/// <summary>Tables in which every page is mapped with one size, at addresses of their own: what a trace of pages alone has.</summary>
/// <remarks>Neighbouring tables of a level are neighbours in memory, as if each level were one array.</remarks>
/// <param name="depth">The levels.</param>
/// <param name="isLarge">Every page is part of a large one.</param>
public readonly struct UniformTables(TableDepth depth, bool isLarge) : ITranslationTables
{
    private const int LevelShift = 58;    // a line number has at most 58 bits; addresses of tables have fewer

    /// <inheritdoc/>
    public TableDepth Depth => depth;

    /// <inheritdoc/>
    public TableEntry Read(LinearPage page, int level)
    {
        int entryShift = depth == TableDepth.Classic ? 4 : 3;    // 16 entries of 4 bytes, or 8 of 8, in a line
        ulong line = (page.Value >> (TableLevels.ShiftOf(depth) * (level - 1)) >> entryShift) | ((ulong)level << LevelShift);
        bool isLeaf = level == (isLarge ? 2 : 1);
        EntryTraits leaf = isLeaf ? EntryTraits.Leaf | EntryTraits.Dirty : EntryTraits.None;
        return new(line, EntryTraits.Present | EntryTraits.Writable | leaf, 0);
    }
}

/// <summary>The numbers of a format of tables.</summary>
internal static class TableLevels
{
    /// <summary>The bits of a linear address that one level decides.</summary>
    public static int ShiftOf(TableDepth depth) => depth == TableDepth.Classic ? 10 : 9;

    /// <summary>The highest level that lies in memory.</summary>
    public static int TopOf(TableDepth depth) => depth == TableDepth.Long ? 4 : 2;
}
