using Paging.Native.Frames;

namespace Paging.Native.Tables;

//   directory   │ ● table │  0  │ ● table │     a snapshot has a table for line 1. The process has none there any more:
//                            :                the empty table waits, linked through its descriptor, until one is needed
//                         [ spare ]
/// <summary>Empty page tables that a restore needs, and that the process itself does not have any more.</summary>
/// <remarks>
/// They are out of the directory, so that a line without pages looks as it does without a snapshot: it may get a huge page. They count in
/// the account of the tables. Always: J8, one for each line of the set. Cost: O(1) each.
/// </remarks>
internal sealed class SpareTables(PageTables tables)
{
    private FrameNumber _first;
    private TableSet _lines;

    /// <summary>The number of tables.</summary>
    public uint Count { get; private set; }

    /// <summary>The lines that have one, by the index of their directory entry.</summary>
    public ref readonly TableSet Lines => ref _lines;

    /// <summary>Takes the empty table of a line out of the directory, and frees it unless a snapshot needs it.</summary>
    public static void Remove(PageTables tables, int index, FrameNumber table)
    {
        bool isNeeded = tables.Journal?.Tables.All.Contains(index) == true && tables.IsOwn(table, index);
        if (!isNeeded || !Of(tables).TryAdd(index, table)) tables.FreeTable(index, table);
        else tables.Unlink(index);
    }

    /// <summary>Keeps a table that no directory entry leads to, if a snapshot needs it for a line that has none.</summary>
    /// <returns>False: it is not needed.</returns>
    public static bool TryKeep(PageTables tables, int index, FrameNumber table) =>
        tables.Journal?.Tables.All.Contains(index) == true && tables.UpperAt(index).Word == 0 && Of(tables).TryAdd(index, table);

    /// <summary>Takes a frame for the table of a line whose directory entry leads elsewhere: to a huge page that will go.</summary>
    /// <returns>False: there is no frame.</returns>
    public static bool TryReserve(PageTables tables, int index)
    {
        if (Of(tables)._lines.Contains(index)) return true;
        return tables.Huge.TryReserveTable(out FrameNumber table) && Of(tables).TryAdd(index, table);
    }

    /// <summary>Takes the table of a line, for use. Its entries are not cleared.</summary>
    public bool TryTake(int index, out FrameNumber table)
    {
        table = default;
        if (Count == 0 || !_lines.Contains(index)) return false;
        table = _first;
        _first = new(tables.Frames[table].Next);
        tables.Frames[table].Next = 0;
        _lines.Remove(index);
        Count--;
        return true;
    }

    /// <summary>Puts the tables back into the directory that were in it at a snapshot, and frees those that it does not have.</summary>
    public void Install(in KeptTables kept)
    {
        if (Count == 0) return;
        for (int index = _lines.NextFrom(0); index >= 0; index = _lines.NextFrom(index + 1))
        {
            bool stays = kept.Vacant.Contains(index);
            if (stays || !TryTake(index, out FrameNumber table)) continue;
            if (kept.All.Contains(index) && tables.ReadUpper(index).Word == 0) tables.InstallCleared(index, table);
            else tables.ReturnTableFrame(table);
        }
    }

    /// <summary>Takes empty tables out of the directory that were spare ones at a snapshot.</summary>
    private static void Vacate(PageTables tables, in KeptTables kept)
    {
        for (int index = kept.Vacant.NextFrom(0); index >= 0; index = kept.Vacant.NextFrom(index + 1))
        {
            PageDirectoryEntry upper = tables.ReadUpper(index);
            if (!tables.IsTable(upper) || tables.Frames[upper.Table].Private != 0) continue;
            if (Of(tables).TryAdd(index, upper.Table)) tables.Unlink(index);
            else tables.FreeTable(index, upper.Table);
        }
    }

    /// <summary>Frees the empty tables, in the directory or spare, of lines for which a snapshot has none.</summary>
    public static void FreeBeyond(PageTables tables, in KeptTables kept)
    {
        int end = tables.IndexOf(tables.End);
        for (int index = 0; (index = tables.NextUpper(index, end)) < end; index++)
        {
            if (kept.All.Contains(index)) continue;
            PageDirectoryEntry upper = tables.ReadUpper(index);
            if (tables.IsTable(upper) && tables.Frames[upper.Table].Private == 0) tables.FreeTable(index, upper.Table);
        }

        tables.Spares?.Install(kept);
        Vacate(tables, kept);
    }

    /// <summary>Frees all of them.</summary>
    public void FreeAll()
    {
        for (int index = _lines.NextFrom(0); index >= 0; index = _lines.NextFrom(index + 1))
            if (TryTake(index, out FrameNumber table)) tables.ReturnTableFrame(table);
    }

    private static SpareTables Of(PageTables tables) => tables.Spares ??= new(tables);

    private bool TryAdd(int index, FrameNumber table)
    {
        if (_lines.Contains(index)) return false;
        tables.Frames[table].Next = _first.Value;
        _first = table;
        _lines.Add(index);
        Count++;
        return true;
    }
}
