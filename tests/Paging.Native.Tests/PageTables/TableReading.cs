using Paging.Native.Tables;

namespace Paging.Native.Tests;

/// <summary>Reads tables as a whole.</summary>
internal static class TableReading
{
    /// <summary>The entries of the table that an entry of the directory leads to; empty where there is none.</summary>
    public static PageTableEntry[] Entries(this PageTables tables, int index)
    {
        PageDirectoryEntry upper = tables.ReadUpper(index);
        if (!tables.IsTable(upper)) return [];
        EntryTable words = tables.WordsOf(upper.Table);
        PageTableEntry[] entries = new PageTableEntry[tables.EntryMask + 1];
        for (int i = 0; i < entries.Length; i++) entries[i] = new(words[i]);
        return entries;
    }
}
