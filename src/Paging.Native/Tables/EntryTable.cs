using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>The entries of one page table or directory in RAM: 1024 of four bytes, or 512 of eight.</summary>
/// <remarks>
/// An index is not checked: the caller has cut it to the table. As in an <see cref="EntrySlot"/>, bit 0 of the place is the width.
/// </remarks>
internal readonly ref struct EntryTable
{
    private readonly nuint _place;

    /// <summary>A table that the caller has found in RAM.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe EntryTable(byte* words, bool isWide) => _place = (nuint)words | (isWide ? 1u : 0);

    /// <summary>True for entries of eight bytes.</summary>
    public bool IsWide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (_place & 1) != 0;
    }

    /// <summary>The words of a classic table.</summary>
    public unsafe uint* Narrow
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint*)_place;
    }

    /// <summary>The words of a PAE table.</summary>
    public unsafe ulong* Wide
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ulong*)(_place - 1);
    }

    /// <summary>The bits of an entry; those without room are dropped when it is set.</summary>
    public unsafe ulong this[int index]
    {
        // SAFETY: the table lies in RAM, and the index within it.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsWide ? Wide[index] : Narrow[index];

        // SAFETY: as get.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        set
        {
            if (IsWide) Wide[index] = value;
            else Narrow[index] = (uint)value;
        }
    }

    /// <summary>Returns the slot of an entry, which knows the entry's width.</summary>
    // SAFETY: as the indexer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe EntrySlot SlotAt(int index) => IsWide ? new(Wide + index) : new(Narrow + index);

    /// <summary>The lowest index from <paramref name="from"/> on whose entry is not zero, or <paramref name="end"/>.</summary>
    // SAFETY: an entry of eight bytes is not zero if one of its halves is not.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe int NextTouched(int from, int end) => IsWide
        ? EntryScan.NextTouched((uint*)Wide, from * 2, end * 2) >> 1
        : EntryScan.NextTouched(Narrow, from, end);

    /// <summary>
    /// The lowest index from <paramref name="from"/> on whose entry has not this value in the bits of the mask, or the end.
    /// </summary>
    // SAFETY: as the indexer; no bit of a mask lies beyond the width of an entry, but NX, which no scan searches for.
    public unsafe int NextUnlike(int from, int end, ulong mask, ulong value) => IsWide
        ? EntryScan.NextUnlike(Wide, from, end, mask, value)
        : EntryScan.NextUnlike(Narrow, from, end, (uint)mask, (uint)value);
}
