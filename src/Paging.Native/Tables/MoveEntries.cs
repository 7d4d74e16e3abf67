using System.Diagnostics.CodeAnalysis;
using Paging.Native.Diagnostics;

namespace Paging.Native.Tables;

//   from       ├──┤ ● ● │ ●   │     ├──┤          three tables, cut where the source goes from one to the next;
//   to    ├──┤ ● ● │ ●   │     ├──┤               the target does at other pages
/// <summary>Moves entries to other pages of the same address space, as mremap does. First the tables, then the entries.</summary>
internal static class MoveEntries
{
    /// <inheritdoc cref="PageTables.TryMoveRange"/>
    public static bool TryMove(PageTables tables, PageRange from, PageNumber to)
    {
        PageRange target = new(to, from.Count);
        if (Check.Cheap && (target.End > tables.End || target.Intersects(from))) ThrowBadTarget(from, target);
        tables.Huge.SplitKept(from, areMoved: true);    // first: what is split moves by small entries, which need tables
        if (!TryEnsureTables(tables, from, to)) return false;
        if (tables.Huge.Count != 0) HugeRanges.Move(tables, from, to);

        uint distance = to.Value - from.First.Value;    // modulo 2^32: a move down is a large move up
        Arrivals arrivals = new(tables);
        foreach (TablePart part in tables.PartsOf(from))
        {
            tables.Cache.InvalidateRange(part.Pages);
            EntryTable words = part.Words;
            uint moved = 0;
            for (int index = part.Start; (index = words.NextTouched(index, part.End)) < part.End; index++)
            {
                PageTableEntry entry = new(words[index]);
                PageNumber page = part.PageAt(index);
                if (tables.Journal is { } journal) entry = journal.Note(page, entry, entry);
                words[index] = 0;
                moved++;
                arrivals.Add(new(page.Value + distance), entry);
            }

            tables.Frames[part.Table].Private -= moved;
        }

        arrivals.CountTable();
        return true;
    }

    // All or nothing: tables made for a move that cannot be finished go again, those that were there before stay.
    private static bool TryEnsureTables(PageTables tables, PageRange from, PageNumber to)
    {
        TableSet made = default;
        uint distance = to.Value - from.First.Value;
        PageNumber next = from.First;
        while (tables.TryNextTouched(next, from.End, out PageNumber page, out _))
        {
            PageNumber arrival = new(page.Value + distance);
            if (tables.Huge.Has(page))
            {
                next = tables.Huge.RangeOf(page).End;    // a leaf moves as one
                continue;
            }

            if (!tables.IsTable(tables.ReadUpper(tables.IndexOf(arrival))))
            {
                if (!tables.TryEnsureTable(arrival))
                {
                    Unmake(tables, ref made);
                    return false;
                }

                made.Add(tables.IndexOf(arrival));
            }

            next = new(tables.Huge.RangeOf(arrival).End.Value - distance);    // the first page that arrives in another table
        }

        return true;
    }

    private static void Unmake(PageTables tables, ref readonly TableSet made)
    {
        for (int index = made.NextFrom(0); index >= 0; index = made.NextFrom(index + 1))
            tables.FreeEmptyTables(new(tables.FirstOf(index), PageCount.One));
    }

    /// <summary>Stores entries of pages that were never touched, and reads the directory once for each target table.</summary>
    private ref struct Arrivals(PageTables tables)
    {
        private PageRange _pages;    // those of the table
        private EntryTable _words;
        private FrameNumber _table;
        private uint _count;

        public void Add(PageNumber page, PageTableEntry entry)
        {
            if (!_pages.Contains(page)) Open(page);
            int index = (int)page.Value & tables.EntryMask;
            if (Check.Cheap && _words[index] != 0) ThrowTargetTouched(page);
            if (tables.Journal is { } journal) entry = journal.Note(page, default, entry);
            _words[index] = entry.Word;
            _count++;
        }

        /// <summary>Counts the entries that have arrived in the table so far.</summary>
        public void CountTable()
        {
            if (_count != 0) tables.CountEntries(_table, (int)_count);
            _count = 0;
        }

        private void Open(PageNumber page)
        {
            CountTable();
            if (!tables.TryTable(page, out _words, out _table)) TableRules.ThrowNoTable(tables, page, default);
            _pages = tables.Huge.RangeOf(page);
        }
    }

    [DoesNotReturn]
    private static void ThrowBadTarget(PageRange from, PageRange target) =>
        throw new InvariantException(
            $"P2: entries of {from} cannot move to {target}: the ranges overlap, or it ends beyond the user's pages.");

    [DoesNotReturn]
    private static void ThrowTargetTouched(PageNumber page) =>
        throw new InvariantException($"P3: an entry was to move to page {page.Value:x5}, which is in use. The target is unmapped first.");
}
