namespace Paging.Native;

/// <summary>The part of a range of pages that one existing page table covers.</summary>
internal readonly ref struct TablePart
{
    /// <summary>The frame of the table; its descriptor counts the table's entries.</summary>
    public readonly FrameNumber Table;

    /// <summary>All 1024 words of the table. Valid until the table is freed.</summary>
    public readonly unsafe uint* Words;

    /// <summary>The pages of the range that this table covers, at least one.</summary>
    public readonly PageRange Pages;

    /// <summary>Made by <see cref="TableParts"/>, which has checked that the table lies in RAM and cut the pages to it.</summary>
    public unsafe TablePart(FrameNumber table, uint* words, PageRange pages)
    {
        Table = table;
        Words = words;
        Pages = pages;
    }

    /// <summary>The index of the table in the directory.</summary>
    public int Index => Pages.First.DirectoryIndex;

    /// <summary>The index of the word of the first of <see cref="Pages"/>.</summary>
    public int Start => Pages.First.TableIndex;

    /// <summary>The index behind the word of the last of <see cref="Pages"/>: at most 1024.</summary>
    public int End => Start + (int)Pages.Count.Value;

    /// <summary>The page of a word.</summary>
    public PageNumber PageAt(int index) => new((Pages.First.Value & ~(EntryBits.EntryCount - 1u)) | (uint)index);
}

/// <summary>Walks the existing tables below a range in order. 4 MiB without a table cost one word of a vector compare.</summary>
internal ref struct TableParts(PhysicalMemory ram, FrameTable frames, FrameNumber directory, PageRange range)
{
    private uint _next = range.First.Value;    // the first page not yet walked
    private readonly uint _end = uint.Min(range.End.Value, PageCount.AddressSpace.Value);

    /// <summary>The part that the last successful <see cref="MoveNext"/> found.</summary>
    public TablePart Current { get; private set; }

    /// <summary>Goes on to the next existing table. Passes over entries of the directory that lead to none of its own.</summary>
    public unsafe bool MoveNext()
    {
        // SAFETY: the directory is a frame of PageTables' own; _end is at most 2^20, so both indexes stay within its 1024 words.
        uint* upper = (uint*)ram.HostAddress(directory);
        while (_next < _end)
        {
            int first = (int)(_next >> EntryBits.EntryShift), end = (int)((_end - 1) >> EntryBits.EntryShift) + 1;
            int index = EntryScan.NextTouched(upper, first, end);
            if (index == end) return false;

            uint start = Math.Max(_next, (uint)index << EntryBits.EntryShift);
            _next = Math.Min(_end, (uint)(index + 1) << EntryBits.EntryShift);
            PageDirectoryEntry entry = new(upper[index]);
            if (!entry.IsTableIn(ram.FrameCount) || !IsOwn(entry.Table)) continue;
            Current = new(entry.Table, (uint*)ram.HostAddress(entry.Table), PageRange.Between(new(start), new(_next)));
            return true;
        }

        return false;
    }

    // P2: what a host has written into the directory may lead to any frame, the directory itself included.
    private readonly bool IsOwn(FrameNumber table)
    {
        ref FrameDescriptor descriptor = ref frames.Named(table);
        return descriptor.State == FrameState.PageTable && descriptor.Owner == directory.Value && table != directory;
    }

    /// <summary>For <c>foreach</c>.</summary>
    public readonly TableParts GetEnumerator() => this;
}
