using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>
/// The part of page tables that serves snapshots: a test for kept pages, notes ahead of changes, closed tables and changes without a note.
/// </summary>
internal static class KeptEntries
{
    /// <summary>Write-protects the user half in O(tables): every table is closed until its first write. Returns the tables.</summary>
    public static TableSet CloseTables(this PageTables tables)
    {
        tables.MayBeClosed = true;
        return ClosedTables.Close(tables);
    }

    /// <summary>Opens the table of a page for writing if it is closed. A write that finds no slot calls it before it faults.</summary>
    public static void OpenTable(this PageTables tables, PageNumber page)
    {
        if (tables.MayBeClosed && !page.IsKernel && !tables.ReadUpper(tables.IndexOf(page)).IsWritable) ClosedTables.Open(tables, page);
    }

    /// <summary>True if the page belongs to a snapshot and has not changed since: its frame may not be written or given up.</summary>
    public static bool IsKept(this PageTables tables, PageNumber page) => tables.Journal is { } journal && !journal.Has(page);

    /// <summary>True if the last snapshot has the table, so that it stays when it is empty: going back needs no frame then.</summary>
    public static bool IsKeptTable(this PageTables tables, int directoryIndex) =>
        tables.Journal is { } journal && journal.Tables.Contains(directoryIndex);

    /// <summary>Notes the entry of a page ahead of its change.</summary>
    public static void NoteChange(this PageTables tables, PageNumber page)
    {
        if (tables.Journal is { } journal) _ = journal.Note(page, tables.Read(page), default);
    }

    /// <summary>Notes a page that had no entry before the one in the slot. Precondition: there is a journal.</summary>
    // SAFETY: the caller has found the slot in this table in RAM; its offset in the frame gives the entry's index.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static unsafe void NoteFirst(this PageTables tables, FrameNumber table, EntrySlot slot)
    {
        uint place = (uint)slot.Address & VirtualAddress.OffsetMask, index = place / (tables.IsWide ? 8u : 4u);
        PageNumber page = new((tables.Frames[table].Index << tables.EntryShift) | index);
        if (!page.IsKernel) _ = tables.Journal!.Note(page, default, default);    // else a host has linked a frame that is no table
    }

    /// <summary>Changes an entry without a note, as the process has not acted: snapshots see the page as it is now.</summary>
    /// <remarks>For reclaim, which moves pages between frames and slots, and for the bits that fork takes away on both sides.</remarks>
    public static void StoreUnnoted(this PageTables tables, PageNumber page, PageTableEntry entry)
    {
        EntryJournal? journal = tables.Journal;
        if (journal is not null) tables.Journal = null;    // nearly always it is null already, and a store of a reference is a call
        tables.Store(page, entry);
        if (journal is not null) tables.Journal = journal;
    }

    /// <summary>Gives back one table of the user half if it holds no entry, whether or not a snapshot had it.</summary>
    public static void FreeIfEmpty(this PageTables tables, int directoryIndex)
    {
        PageDirectoryEntry upper = tables.ReadUpper(directoryIndex);
        if (tables.IsTable(upper) && tables.Frames[upper.Table].Private == 0) tables.FreeTable(directoryIndex, upper.Table);
    }
}
