using System.Runtime.Intrinsics;

namespace Paging.Native.Tables;

//   directory   │ ● RW │  0   │ ●    │ ● RW │      a closed table: its directory entry has no RW, so every write below it faults
//                  open          closed   open      once. Opening takes RW from the table's entries and gives it to the directory's
/// <summary>Write-protects an address space by its directory, and hands the protection down to a table at its first write.</summary>
/// <remarks>
/// Closing costs a word for each table and not a word for each page. A closed table has no cached translation for writing.
/// A processor that walks the same tables faults as well.
/// </remarks>
internal static class ClosedTables
{
    private const ulong OwnerBits = EntryBits.Writable | EntryBits.Software1;

    /// <summary>Closes every table and every private huge leaf of the user half, and returns the sets of them.</summary>
    public static KeptTables Close(PageTables tables)
    {
        KeptTables found = default;
        if (tables.Spares is { } spares) found.All = found.Vacant = spares.Lines;
        int end = tables.IndexOf(tables.End);
        for (int index = 0; (index = tables.NextUpper(index, end)) < end; index++)
        {
            PageDirectoryEntry upper = tables.ReadUpper(index);
            bool isTable = tables.IsTable(upper);
            if (!isTable && !tables.Huge.HasReserve(upper)) continue;
            found.All.Add(index);
            found.Vacant.Remove(index);
            if (!isTable)
            {
                found.Leaves.Add(index);
                found.HasLeaves = true;
                CloseLeaf(tables, tables.FirstOf(index), upper);
                continue;
            }

            if (!upper.IsWritable) continue;
            tables.StoreUpper(index, upper.WithoutWritable());
            tables.Cache.InvalidateWriteRange(new(tables.FirstOf(index), tables.Huge.CountEach));
        }

        return found;
    }

    /// <summary>Takes RW and "exclusive" from a leaf: its next write splits it, and copies one small page.</summary>
    private static void CloseLeaf(PageTables tables, PageNumber first, PageDirectoryEntry upper)
    {
        PageTableEntry leaf = upper.PieceIn(tables.Format, 0);
        tables.Huge.Store(first, new(leaf.Word & ~OwnerBits));
    }

    /// <summary>Opens the table of a page: its entries lose the right to write one by one, except those that have changed since.</summary>
    public static void Open(PageTables tables, PageNumber page)
    {
        int index = tables.IndexOf(page);
        PageDirectoryEntry upper = tables.ReadUpper(index);
        if (!tables.IsTable(upper)) return;
        if (tables.Journal is { } journal)
        {
            EntryTable words = tables.WordsOf(upper.Table);
            for (int group = 0; group <= tables.EntryMask; group += 64)
            {
                ulong noted = journal.NotedOf(new(tables.FirstOf(index).Value + (uint)group));
                if (noted == 0 && !words.IsWide) Protect(words, group);
                else Protect(words, group, noted);
            }
        }

        tables.StoreUpper(index, upper.WithWritable());
    }

    // SAFETY: the caller's 64 words lie in one table.
    private static unsafe void Protect(EntryTable table, int group)
    {
        uint* words = table.Narrow + group;
        Vector256<uint> present = Vector256.Create((uint)EntryBits.Present), kept = ~Vector256.Create((uint)OwnerBits);
        for (int i = 0; i < 64; i += Vector256<uint>.Count)
        {
            Vector256<uint> entries = Vector256.Load(words + i);
            Vector256<uint> absent = Vector256.Equals(entries & present, Vector256<uint>.Zero);    // a swap entry has other bits there
            (entries & (kept | absent)).Store(words + i);
        }
    }

    private static void Protect(EntryTable table, int group, ulong noted)
    {
        for (int i = 0; i < 64; i++)
        {
            ulong word = table[group + i];
            if ((noted & (1UL << i)) == 0 && (word & EntryBits.Present) != 0) table[group + i] = word & ~OwnerBits;
        }
    }
}
