using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Tables;

/// <summary>The entries of one of the two table formats: for loops over a table that test the width once, not for each entry.</summary>
internal interface IEntryWidth
{
    /// <summary>The bits of an entry. An index is not checked: the caller has cut it to the table.</summary>
    static abstract ulong Read(EntryTable table, int index);

    /// <summary>Stores the bits that the format has room for. As <see cref="Read"/>.</summary>
    static abstract void Write(EntryTable table, int index, ulong word);

    /// <summary>Clears eight entries from an index on. As <see cref="Read"/>.</summary>
    static abstract void ClearEight(EntryTable table, int index);

    /// <inheritdoc cref="EntryTable.NextTouched"/>
    static abstract int NextTouched(EntryTable table, int from, int end);

    /// <summary>True if eight entries from an index on are present and map neighbours among the frames. As <see cref="Read"/>.</summary>
    static abstract bool AreNeighbours(EntryTable table, int index);
}

/// <summary>Entries of classic tables: four bytes.</summary>
internal readonly struct NarrowEntries : IEntryWidth
{
    // SAFETY: the caller has found the table in RAM, seen its width, and cut the index to it; so below.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong Read(EntryTable table, int index) => table.Narrow[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Write(EntryTable table, int index, ulong word) => table.Narrow[index] = (uint)word;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void ClearEight(EntryTable table, int index) => new Span<uint>(table.Narrow + index, 8).Clear();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int NextTouched(EntryTable table, int from, int end) => EntryScan.NextTouched(table.Narrow, from, end);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe bool AreNeighbours(EntryTable table, int index)
    {
        Vector256<uint> entries = Vector256.Load(table.Narrow + index), present = Vector256.Create((uint)EntryBits.Present);
        return (entries & present) == present && EntryScan.AreNeighbours(entries);
    }
}

/// <summary>Entries of PAE tables: eight bytes.</summary>
internal readonly struct WideEntries : IEntryWidth
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong Read(EntryTable table, int index) => table.Wide[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Write(EntryTable table, int index, ulong word) => table.Wide[index] = word;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void ClearEight(EntryTable table, int index) => new Span<ulong>(table.Wide + index, 8).Clear();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int NextTouched(EntryTable table, int from, int end) => table.NextTouched(from, end);

    /// <summary>Returns false without a search, since eight entries would need two vectors.</summary>
    public static bool AreNeighbours(EntryTable table, int index) => false;
}
