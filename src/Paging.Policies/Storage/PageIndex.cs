using System.Numerics;

namespace Paging.Policies.Storage;

//  63                            32 31                             0
// ┌────────────────────────────────┬────────────────────────────────┐
// │     high bits of the hash      │            slot + 1            │    all zero: an empty place
// └────────────────────────────────┴────────────────────────────────┘
/// <summary>Finds the slot of a page, and the page of a slot. Open addressing with linear probing; removing leaves no tombstone.</summary>
/// <remarks><code>
///   hash(page) = page × 2⁶⁴/φ; an entry lies at its home, the place that its highest bits name, or in the next empty place after it
///
///   entries    8 bytes each, so that a probe rarely leaves its cache line
///   pages      by slot; read only where 32 bits of the hash agree
///
/// A table is a quarter full at most while it fits the second-level cache, half full beyond.
///
/// Cost      O(1) expected; 16 to 64 bytes a page in entries, 8 to 16 a slot in pages; Add doubles an array now and then
/// </code></remarks>
internal struct PageIndex
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;
    private const int LengthMin = 16, LengthMax = 1 << 30;
    private const int SparseLengthMax = 1 << 16;    // 512 KiB of entries, which lie well in a second-level cache
    private const int TagShift = 32;

    private ulong[] _entries;
    private ulong[] _pages;    // by slot
    private int _shift;        // 64 − log2(length)

    /// <summary>Makes an empty index.</summary>
    /// <param name="reservedCount">The number of pages to reserve entries for.</param>
    /// <param name="reservedSlotCount">The number of slots those pages may lie in, where that is larger.</param>
    public PageIndex(int reservedCount, int reservedSlotCount = 0)
    {
        int length = LengthMin;
        while (CountMaxOf(length) < reservedCount && length < LengthMax) length *= 2;
        _entries = new ulong[length];
        _pages = new ulong[Math.Max(reservedCount, reservedSlotCount)];
        _shift = 64 - BitOperations.Log2((uint)length);
        Count = 0;
    }

    /// <summary>Pages in the index.</summary>
    public int Count { get; private set; }

    /// <summary>The slot of a page; negative if the page is not in the index.</summary>
    public readonly int Find(ulong page)
    {
        ulong[] entries = _entries;
        Unmade.ThrowIf(entries);
        ulong hash = page * Golden;
        for (int place = (int)(hash >> _shift); ; place++)
        {
            ulong entry = entries[place & (entries.Length - 1)];
            int slot = (int)(uint)entry - 1;
            if ((entry ^ hash) >> TagShift == 0 && slot >= 0 && _pages[slot] == page) return slot;
            if (entry == 0) return -1;
        }
    }

    /// <summary>Adds a page that is not in the index, in a slot that is not either.</summary>
    public void Add(ulong page, int slot)
    {
        Unmade.ThrowIf(_entries);
        if (Count >= CountMaxOf(_entries.Length)) Grow();
        ArrayGrowth.Ensure(ref _pages, slot);
        _pages[slot] = page;
        Count++;
        Place(((page * Golden) >> TagShift << TagShift) | ((uint)slot + 1));
    }

    /// <summary>Removes the page of a slot. Entries after it that lie off their home move up.</summary>
    public void Remove(int slot)
    {
        ulong[] entries = _entries;
        int mask = entries.Length - 1;
        int gap = (int)((_pages[slot] * Golden) >> _shift);
        while ((uint)entries[gap & mask] != (uint)slot + 1) gap++;
        gap &= mask;
        ulong entry;
        for (int next = (gap + 1) & mask; (entry = entries[next]) != 0; next = (next + 1) & mask)
        {
            int home = (int)(entry >> _shift);
            if (((next - home) & mask) < ((next - gap) & mask)) continue;    // its home lies after the gap
            entries[gap] = entry;
            gap = next;
        }
        entries[gap] = 0;
        Count--;
    }

    /// <summary>A sparse table has short probes, which the processor predicts; a large one is slow where it leaves the caches.</summary>
    private static int CountMaxOf(int length) => length <= SparseLengthMax ? length / 4 : length / 2;

    private readonly void Place(ulong entry)
    {
        ulong[] entries = _entries;
        int place = (int)(entry >> _shift);
        while (entries[place & (entries.Length - 1)] != 0) place++;
        entries[place & (entries.Length - 1)] = entry;
    }

    private void Grow()
    {
        ulong[] old = _entries;
        _entries = new ulong[2L * old.Length];
        _shift--;
        foreach (ulong entry in old)
            if (entry != 0) Place(entry);
    }
}
