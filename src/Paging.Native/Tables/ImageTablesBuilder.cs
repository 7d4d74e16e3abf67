namespace Paging.Native.Tables;

/// <summary>Collects the entries that clones of an image begin with, as runs.</summary>
/// <param name="clone">The tables of the first clone, which stay empty.</param>
internal sealed class ImageTablesBuilder(PageTables clone)
{
    private readonly List<EntryRun>?[] _runs = new List<EntryRun>?[clone.IndexOf(clone.UserPages.End) + 1];

    /// <summary>Adds entries of pages in a row. Pages come in order.</summary>
    /// <param name="first">The first page.</param>
    /// <param name="count">The number of pages.</param>
    /// <param name="entry">The entry of the first one.</param>
    /// <param name="isSame">True if all have this entry; otherwise each has the frame after that of the page before.</param>
    public void Add(PageNumber first, uint count, PageTableEntry entry, bool isSame)
    {
        if (!clone.IsWide) entry = new((uint)entry.Word);    // classic entries have no NX
        while (count > 0)
        {
            int index = clone.IndexOf(first), start = (int)(first.Value & (uint)clone.EntryMask);
            int inTable = (int)Math.Min(count, (uint)(clone.EntryMask + 1 - start));
            List<EntryRun> runs = _runs[index] ??= [];
            EntryRun last = runs.Count == 0 ? default : runs[^1];
            bool goesOn = runs.Count != 0 && last.End == start && last.IsSame == isSame && last.EntryAt(start) == entry;
            if (goesOn) runs[^1] = last with { Count = last.Count + inTable };
            else runs.Add(new(start, inTable, entry, isSame));
            if (!isSame) entry = new(entry.Word + ((ulong)inTable << VirtualAddress.PageShift));
            first += new PageCount((uint)inTable);
            count -= (uint)inTable;
        }
    }

    /// <summary>The tables.</summary>
    public ImagePageTables Build() => ImagePageTables.Of(clone, _runs);
}
