namespace Paging.Native;

/// <summary>The part of a range of pages that one existing page table covers.</summary>
internal readonly unsafe ref struct TablePart(FrameNumber table, uint* words, PageRange pages)
{
    /// <summary>The frame of the table; its descriptor counts the table's entries.</summary>
    public readonly FrameNumber Table = table;

    /// <summary>All 1024 words of the table. Good until the table is freed.</summary>
    public readonly uint* Words = words;

    /// <summary>The pages of the range that this table covers, at least one.</summary>
    public readonly PageRange Pages = pages;

    /// <summary>The word of the first of <see cref="Pages"/>.</summary>
    public int Start => Pages.First.TableIndex;

    /// <summary>The index behind the word of the last of <see cref="Pages"/>: at most 1024.</summary>
    public int End => Start + (int)Pages.Count.Value;

    /// <summary>The page of a word.</summary>
    public PageNumber PageAt(int index) => new((Pages.First.Value & ~0x3FFu) | (uint)index);
}

/// <summary>Walks the existing tables below a range in order; 4 MiB without a table cost one word of a vector compare.</summary>
internal unsafe ref struct TableParts(PhysicalMemory ram, FrameNumber directory, PageRange range)
{
    private uint _next = range.First.Value;    // the first page not yet walked
    private readonly uint _end = uint.Min(range.End.Value, PageCount.AddressSpace.Value);

    /// <summary>The part that the last successful <see cref="MoveNext"/> found.</summary>
    public TablePart Current { get; private set; }

    /// <summary>Goes on to the next existing table.</summary>
    public bool MoveNext()
    {
        uint* upper = (uint*)ram.HostAddress(directory);
        while (_next < _end)
        {
            int first = (int)(_next >> 10), end = (int)((_end - 1) >> 10) + 1;
            int index = EntryScan.NextTouched(upper, first, end);
            if (index == end) return false;

            uint start = Math.Max(_next, (uint)index << 10);
            _next = Math.Min(_end, (uint)(index + 1) << 10);
            PageDirectoryEntry entry = new(upper[index]);
            if (!entry.IsTableIn(ram.FrameCount)) continue;    // written from outside: no table
            Current = new(entry.Table, (uint*)ram.HostAddress(entry.Table), PageRange.Between(new(start), new(_next)));
            return true;
        }

        return false;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly TableParts GetEnumerator() => this;
}
