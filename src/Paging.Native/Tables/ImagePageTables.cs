namespace Paging.Native.Tables;

/// <summary>The page tables that clones of an image begin with in one engine. Never changes.</summary>
/// <remarks>
/// Every entry is the image's or a marker: read-only and uncounted, so that a copy of a table needs no look at its entries.
/// A table is runs until a clone needs its words. Memory: 4096 bytes for each table that was needed.
/// </remarks>
internal sealed class ImagePageTables
{
    private readonly ImageTable?[] _tables;
    private readonly bool _isWide;

    private ImagePageTables(bool isWide, ImageTable?[] tables)
    {
        (_tables, _isWide) = (tables, isWide);
        TableSet all = default;
        for (int index = 0; index < tables.Length; index++)
        {
            if (tables[index] is null) continue;
            all.Add(index);
            Count++;
        }

        All = all;
    }

    /// <summary>The tables.</summary>
    public TableSet All { get; }

    /// <summary>The number of tables.</summary>
    public int Count { get; }

    /// <summary>Copies the tables of a clone that has not run yet.</summary>
    public static ImagePageTables Of(PageTables clone)
    {
        ImageTable?[] tables = new ImageTable?[clone.IndexOf(clone.UserPages.End) + 1];
        foreach (TablePart part in clone.PartsOf(clone.UserPages))
            tables[part.Index] = new(clone.Frames[part.Table].Private) { Words = clone.Ram.Bytes(part.Table).ToArray() };
        return new(clone.IsWide, tables);
    }

    /// <summary>Makes tables of runs. Their words are made when a clone needs them.</summary>
    public static ImagePageTables Of(PageTables clone, ReadOnlySpan<List<EntryRun>?> runs)
    {
        ImageTable?[] tables = new ImageTable?[runs.Length];
        for (int index = 0; index < runs.Length; index++)
        {
            if (runs[index] is not { } found) continue;
            uint entries = 0;
            foreach (EntryRun run in found) entries += (uint)run.Count;
            tables[index] = new(entries) { Runs = [.. found] };
        }

        return new(clone.IsWide, tables);
    }

    /// <summary>The number of entries of a table that are not zero.</summary>
    public uint EntriesOf(int index) => _tables[index]!.Entries;

    /// <summary>The words of a table. Cost: O(entries) once.</summary>
    public ReadOnlySpan<byte> WordsOf(int index) => _tables[index]!.Words ??= MakeWords(_tables[index]!.Runs!);

    /// <summary>The entries of a table as runs. Cost: O(entries) once.</summary>
    public ReadOnlySpan<EntryRun> RunsOf(int index) => _tables[index]!.Runs ??= EntryRun.Of(_tables[index]!.Words, _isWide);

    private byte[] MakeWords(EntryRun[] runs)
    {
        byte[] words = new byte[VirtualAddress.PageSize];
        foreach (EntryRun run in runs) run.Fill(words, _isWide);
        return words;
    }

    private sealed record ImageTable(uint Entries)
    {
        public byte[]? Words { get; set; }

        public EntryRun[]? Runs { get; set; }
    }
}
