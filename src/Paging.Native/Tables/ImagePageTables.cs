namespace Paging.Native.Tables;

/// <summary>The page tables of an image in one engine, as its first clone had them before it ran. Never changes.</summary>
/// <remarks>
/// Every entry is the image's or a marker: read-only and uncounted, so that a copy of a table needs no look at its entries.
/// Memory: 4096 bytes for each table.
/// </remarks>
internal sealed class ImagePageTables
{
    private readonly ImageTable?[] _tables;

    private ImagePageTables(ImageTable?[] tables, TableSet all, int count) => (_tables, All, Count) = (tables, all, count);

    /// <summary>The tables.</summary>
    public TableSet All { get; }

    /// <summary>The number of tables.</summary>
    public int Count { get; }

    /// <summary>Copies the tables of a clone that has not run yet.</summary>
    public static ImagePageTables Of(PageTables clone)
    {
        ImageTable?[] tables = new ImageTable?[clone.IndexOf(clone.UserPages.End) + 1];
        TableSet all = default;
        int count = 0;
        foreach (TablePart part in clone.PartsOf(clone.UserPages))
        {
            tables[part.Index] = new(clone.Ram.Bytes(part.Table).ToArray(), clone.Frames[part.Table].Private);
            all.Add(part.Index);
            count++;
        }

        return new(tables, all, count);
    }

    /// <summary>The number of entries of a table that are not zero.</summary>
    public uint EntriesOf(int index) => _tables[index]!.Entries;

    /// <summary>The words of a table.</summary>
    public ReadOnlySpan<byte> WordsOf(int index) => _tables[index]!.Words;

    private sealed record ImageTable(byte[] Words, uint Entries);
}
