namespace Paging.Native.Tables;

/// <summary>The part of a range of pages that one existing page table covers.</summary>
internal readonly ref struct TablePart
{
    /// <summary>The frame of the table; its descriptor counts the table's entries.</summary>
    public readonly FrameNumber Table;

    /// <summary>All entries of the table. Valid until the table is freed.</summary>
    public readonly EntryTable Words;

    /// <summary>The pages of the range that this table covers, at least one.</summary>
    public readonly PageRange Pages;

    /// <summary>Made by <see cref="TableParts"/>, which has checked that the table lies in RAM and cut the pages to it.</summary>
    public TablePart(FrameNumber table, EntryTable words, PageRange pages, int index, uint firstOfTable)
    {
        Table = table;
        Words = words;
        Pages = pages;
        Index = index;
        _firstOfTable = firstOfTable;
    }

    private readonly uint _firstOfTable;

    /// <summary>The index of the table in the directory.</summary>
    public readonly int Index;

    /// <summary>The index of the word of the first of <see cref="Pages"/>.</summary>
    public int Start => (int)(Pages.First.Value - _firstOfTable);

    /// <summary>The index after the word of the last of <see cref="Pages"/>: at most the number of entries.</summary>
    public int End => Start + (int)Pages.Count.Value;

    /// <summary>The page of a word.</summary>
    public PageNumber PageAt(int index) => new(_firstOfTable + (uint)index);
}

/// <summary>Walks the existing tables below a range in order. 4 MiB without a table cost one word of a vector compare.</summary>
/// <param name="tables">The tables.</param>
/// <param name="range">The range.</param>
/// <param name="omitsLent">Passes over tables that are lent, instead of copying them. Those that were returned stay as they are.</param>
internal ref struct TableParts(PageTables tables, PageRange range, bool omitsLent = false)
{
    private readonly int _shift = tables.EntryShift;
    private uint _next = range.First.Value;    // the first page not yet walked
    private readonly uint _end = uint.Min(range.End.Value, PageCount.AddressSpace.Value);

    /// <summary>The part that the last successful <see cref="MoveNext"/> found.</summary>
    public TablePart Current { get; private set; }

    /// <summary>Goes on to the next existing table. Passes over entries of the directory that lead to none of its own.</summary>
    public bool MoveNext()
    {
        while (_next < _end)
        {
            int end = (int)((_end - 1) >> _shift) + 1;
            int index = tables.NextUpper((int)(_next >> _shift), end);
            if (index == end) return false;

            uint first = (uint)index << _shift, start = Math.Max(_next, first);
            _next = Math.Min(_end, first + (1u << _shift));
            PageDirectoryEntry entry = omitsLent ? tables.UpperAt(index) : tables.ReadUpper(index);
            if (omitsLent && !entry.IsPresent && tables.Loans.HasReturned(index)) entry = entry.WithPresent();
            if (!tables.IsTable(entry) || !tables.IsOwn(entry.Table, index)) continue;
            Current = new(entry.Table, tables.WordsOf(entry.Table), PageRange.Between(new(start), new(_next)), index, first);
            return true;
        }

        return false;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly TableParts GetEnumerator() => this;
}
