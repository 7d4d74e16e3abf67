namespace Paging.Policies;

/// <summary>Pages that are gone but remembered (ghosts), in one list or several, each in the order of leaving.</summary>
/// <remarks><code>
/// Entries are numbered like slots, so that a <see cref="SlotLists"/> can hold them; the list behind the last is of free entries.
/// Who uses it bounds it: entries are never dropped by themselves.
/// Cost      every operation is O(1) expected; about 60 bytes a page
/// </code></remarks>
internal struct PageHistory
{
    private readonly int _freeList;
    private SlotLists _lists;
    private PageIndex _index;
    private Entry[] _entries;
    private int _entryCount;    // ever used; entries are reused before it rises

    public PageHistory(int listCount, int reservedCount)
    {
        _freeList = listCount;
        _lists = new(listCount + 1, reservedCount);
        _index = new(reservedCount);
        _entries = new Entry[reservedCount];
        _entryCount = 0;
    }

    /// <summary>Pages remembered.</summary>
    public readonly int TotalCount => _index.Count;

    /// <summary>Pages in a list.</summary>
    public readonly int Count(int list) => _lists.Count(list);

    /// <summary>The list that remembers a page; negative when none does.</summary>
    public readonly int ListOf(ulong page) => _index.Find(page) is >= 0 and var entry ? _entries[entry].List : -1;

    /// <summary>Remembers a page that is not remembered, as the newest of a list.</summary>
    public void Add(int list, ulong page, long note = 0)
    {
        int entry = _lists.Tail(_freeList);
        if (entry >= 0) _lists.Take(_freeList, entry);
        else entry = _entryCount++;
        ArrayGrowth.Ensure(ref _entries, entry);
        _entries[entry] = new(page, note, list);
        _lists.Push(list, entry);
        _index.Add(page, entry);
    }

    /// <summary>Forgets a page; false when it is not remembered.</summary>
    /// <param name="page">The page.</param>
    /// <param name="note">What was said about it when it was added.</param>
    public bool TryForget(ulong page, out long note)
    {
        int entry = _index.Find(page);
        note = entry >= 0 ? _entries[entry].Note : 0;
        if (entry >= 0) Drop(entry);
        return entry >= 0;
    }

    /// <summary>Forgets the oldest page of a list, if there is one.</summary>
    public void DropOldest(int list)
    {
        int entry = _lists.Tail(list);
        if (entry >= 0) Drop(entry);
    }

    private void Drop(int entry)
    {
        _index.Remove(_entries[entry].Page);
        _lists.Move(_entries[entry].List, _freeList, entry);
    }

    private readonly record struct Entry(ulong Page, long Note, int List);
}
