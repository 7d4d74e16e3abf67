namespace Paging.Policies.Storage;

/// <summary>Pages that are gone but remembered (ghosts), in one list or several, each in the order of leaving.</summary>
/// <remarks><code>
/// Entries are numbered like slots, so that a <see cref="SlotLists"/> can hold them. A free entry waits on a stack; the one freed last is
/// used next, while it is in the caches. The owner bounds the history: only its calls drop entries.
/// Cost      every operation is O(1) expected; some 45 bytes a page
/// </code></remarks>
internal struct PageHistory
{
    /// <summary>Returned for a page that is not remembered.</summary>
    public const int None = -1;

    private SlotLists _lists;
    private PageIndex _index;      // page → entry
    private byte[] _listOf;        // by entry
    private int[] _freeEntries;    // a stack
    private int _freeCount;
    private int _entryCount;       // ever used; entries are reused before it rises

    public PageHistory(int listCount, int reservedCount)
    {
        _lists = new(listCount, reservedCount);
        _index = new(reservedCount);
        _listOf = new byte[reservedCount];
        _freeEntries = new int[reservedCount];
        _freeCount = 0;
        _entryCount = 0;
    }

    /// <summary>Pages remembered.</summary>
    public readonly int TotalCount => _index.Count;

    /// <summary>Pages in a list.</summary>
    public readonly int Count(int list) => _lists.Count(list);

    /// <summary>The list that an entry is in, or was in until it was forgotten.</summary>
    public readonly int ListOf(int entry) => _listOf[entry];

    /// <summary>The entry of a page, or <see cref="None"/>.</summary>
    public readonly int Find(ulong page) => _index.Find(page);

    /// <summary>Remembers a page that is not remembered, as the newest of a list. Returns its entry.</summary>
    public int Add(int list, ulong page)
    {
        int entry = _freeCount > 0 ? _freeEntries[--_freeCount] : _entryCount++;
        ArrayGrowth.Ensure(ref _listOf, entry);
        _listOf[entry] = (byte)list;
        _lists.Push(list, entry);
        _index.Add(page, entry);
        return entry;
    }

    /// <summary>Forgets a page. Returns the entry it had, or <see cref="None"/>.</summary>
    public int Forget(ulong page)
    {
        int entry = _index.Find(page);
        if (entry >= 0) Drop(entry);
        return entry;
    }

    /// <summary>Forgets the page of an entry.</summary>
    public void Drop(int entry)
    {
        _index.Remove(entry);
        _lists.Take(_listOf[entry], entry);
        ArrayGrowth.Ensure(ref _freeEntries, _freeCount);
        _freeEntries[_freeCount++] = entry;
    }

    /// <summary>Forgets the oldest page of a list, if there is one.</summary>
    public void DropOldest(int list)
    {
        int entry = _lists.Tail(list);
        if (entry >= 0) Drop(entry);
    }
}
