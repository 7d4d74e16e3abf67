using System.Numerics;

namespace Paging.Policies;

/// <summary>Page → slot: open addressing with linear probing, half full at most. What is removed leaves no gravestone.</summary>
/// <remarks><code>
///   home(page) = high bits of page × 2⁶⁴/φ; an entry lies at its home or, with no empty place between, behind it
///
/// Cost      O(1) expected; 16 bytes an entry, 32 to 64 a page; Add doubles the table now and then
/// </code></remarks>
internal struct PageIndex
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;
    private const int LengthMin = 16;

    private Entry[] _entries;
    private int _shift;    // 64 − log2(length)

    public PageIndex(int reservedCount)
    {
        int length = (int)Math.Min(BitOperations.RoundUpToPowerOf2((uint)Math.Max(LengthMin, 2L * reservedCount)), 1u << 30);
        _entries = new Entry[length];
        _shift = 64 - BitOperations.Log2((uint)length);
        Count = 0;
    }

    /// <summary>Pages in it.</summary>
    public int Count { get; private set; }

    /// <summary>Where a page is; negative when it is not here.</summary>
    public readonly int Find(ulong page)
    {
        Entry[] entries = _entries;
        for (int place = Home(page); ; place = (place + 1) & (entries.Length - 1))
        {
            Entry entry = entries[place];
            if (entry.PagePlusOne == page + 1) return entry.Slot;
            if (entry.PagePlusOne == 0) return -1;
        }
    }

    /// <summary>Adds a page that is not here.</summary>
    public void Add(ulong page, int slot)
    {
        if (2L * (Count + 1) > _entries.Length) Grow();
        Count++;
        Place(new(page + 1, slot));
    }

    /// <summary>Removes a page that is here; entries behind it that lie off their home move up.</summary>
    public void Remove(ulong page)
    {
        int mask = _entries.Length - 1;
        int gap = Home(page);
        while (_entries[gap].PagePlusOne != page + 1) gap = (gap + 1) & mask;
        for (int next = (gap + 1) & mask; _entries[next].PagePlusOne != 0; next = (next + 1) & mask)
        {
            int home = Home(_entries[next].PagePlusOne - 1);
            if (((next - home) & mask) < ((next - gap) & mask)) continue;    // its home lies behind the gap
            _entries[gap] = _entries[next];
            gap = next;
        }
        _entries[gap] = default;
        Count--;
    }

    private readonly int Home(ulong page) => (int)((page * Golden) >> _shift);

    private readonly void Place(Entry entry)
    {
        int place = Home(entry.PagePlusOne - 1);
        while (_entries[place].PagePlusOne != 0) place = (place + 1) & (_entries.Length - 1);
        _entries[place] = entry;
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[2L * old.Length];
        _shift--;
        foreach (Entry entry in old)
            if (entry.PagePlusOne != 0) Place(entry);
    }

    private readonly record struct Entry(ulong PagePlusOne, int Slot);    // 0: empty
}
