using System.Runtime.Intrinsics;

namespace Paging.Native;

//   directory   │ ● RW │  0   │ ●    │ ● RW │      a closed table: its directory entry has no RW, so every write below it faults
//                  open          closed   open      once. Opening takes RW from the table's entries and gives it to the directory's
/// <summary>Write-protects an address space by its directory, and hands the protection down to a table at its first write.</summary>
/// <remarks>
/// Closing costs a word for each table and not a word for each page. A closed table has no cached translation for writing.
/// A processor that walks the same tables faults as well.
/// </remarks>
internal static class ClosedTables
{
    private const uint OwnerBits = EntryBits.Writable | EntryBits.Software1;

    /// <summary>Closes every table of the user half, and returns which there are.</summary>
    // SAFETY: the directory is a frame of our own with 1024 words, of which the first 768 are looked at.
    public static unsafe RegionSet Close(PageTables tables)
    {
        RegionSet found = default;
        uint* upper = tables.WordsOf(tables.Directory);
        int end = PageNumber.FirstKernel.DirectoryIndex;
        for (int index = 0; (index = EntryScan.NextTouched(upper, index, end)) < end; index++)
        {
            if (!tables.IsTable(new(upper[index]))) continue;
            found.Add(index);
            if ((upper[index] & EntryBits.Writable) == 0) continue;
            upper[index] &= ~EntryBits.Writable;
            tables.Cache.InvalidateWriteRange(new(new((uint)index << EntryBits.EntryShift), new(EntryBits.EntryCount)));
        }

        return found;
    }

    /// <summary>Opens the table of a page: its entries lose the right to write one by one, except those that have changed since.</summary>
    // SAFETY: IsTable has found the table in RAM; it has 1024 words.
    public static unsafe void Open(PageTables tables, PageNumber page)
    {
        int index = page.DirectoryIndex;
        uint* upper = tables.WordsOf(tables.Directory) + index;
        if (!tables.IsTable(new(*upper))) return;
        if (tables.Journal is { } journal)
        {
            uint* words = tables.WordsOf(new PageDirectoryEntry(*upper).Table);
            for (int group = 0; group < EntryBits.EntryCount / 64; group++)
            {
                ulong noted = journal.NotedOf(index, group);
                if (noted == 0) Protect(words + (group * 64));
                else Protect(words + (group * 64), noted);
            }
        }

        *upper |= EntryBits.Writable;
    }

    // SAFETY: the caller's 64 words lie in one table.
    private static unsafe void Protect(uint* words)
    {
        Vector256<uint> present = Vector256.Create(EntryBits.Present), kept = Vector256.Create(~OwnerBits);
        for (int i = 0; i < 64; i += Vector256<uint>.Count)
        {
            Vector256<uint> entries = Vector256.Load(words + i);
            Vector256<uint> absent = Vector256.Equals(entries & present, Vector256<uint>.Zero);    // a swap entry has other bits there
            (entries & (kept | absent)).Store(words + i);
        }
    }

    // SAFETY: as Protect.
    private static unsafe void Protect(uint* words, ulong noted)
    {
        for (int i = 0; i < 64; i++)
            if ((noted & (1UL << i)) == 0 && (words[i] & EntryBits.Present) != 0) words[i] &= ~OwnerBits;
    }
}
