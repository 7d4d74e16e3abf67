using System.Numerics;
using System.Runtime.CompilerServices;
using Paging.Native.Diagnostics;

namespace Paging.Native.Tables;

/// <summary>
/// Decides for <see cref="JournalWalk"/> the entry that a page with a note goes back to. A struct, so that the loop has no calls.
/// </summary>
internal interface IEntryExchange
{
    /// <summary>Releases the live entry's frame or slot, and turns the kept entry into a live one.</summary>
    /// <returns>False: the page stays without an entry, and keeps its note.</returns>
    bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry);
}

/// <summary>Decides whether a written page stays with the process, so that a restore copies its bytes back.</summary>
internal interface IPageKeeper
{
    /// <summary>False: none stays.</summary>
    static abstract bool KeepsAny { get; }

    /// <summary>True if pages that were not written since the last time that this was set are no longer kept.</summary>
    bool LooksThrough { get; }

    /// <summary>True if the page's own frame will get the bytes of the snapshot. False: its entry is restored.</summary>
    bool TryKeep(PageNumber page, FrameNumber own, ref JournalNote note);
}

/// <summary>Goes through the notes of an address space and puts the kept entries back.</summary>
internal static class JournalWalk
{
    private const int GroupsOfRegion = 16;
    private const ulong OwnBits = EntryBits.Present | EntryBits.Writable | EntryBits.User | EntryBits.Software1 | EntryBits.Software2;
    private const ulong OwnMask = OwnBits | EntryBits.Attribute | EntryBits.Software3;

    /// <summary>Replaces the entry of every page that has a note, and drops the notes.</summary>
    /// <remarks>
    /// Translations of a page are gone before its frame is given up. Tables made since the snapshot are freed if they are empty now.
    /// Cost: O(pages with a note + 4 MiB regions with one).
    /// </remarks>
    /// <returns>True if some pages keep their notes and have to be restored later.</returns>
    public static bool RestoreEntries<TExchange>(PageTables tables, EntryJournal journal, ref TExchange exchange)
        where TExchange : struct, IEntryExchange, allows ref struct
    {
        NoKeeper none = default;
        return RestoreEntries(tables, journal, ref exchange, ref none);
    }

    /// <summary>
    /// As <see cref="RestoreEntries{TExchange}"/>, but some pages keep entry and note, and get the bytes of the snapshot: those that the
    /// keeper takes. Their entries lose D, so that the next time shows whether they were written again: if not, they cost a look at the
    /// entry.
    /// </summary>
    public static bool RestoreEntries<TExchange, TKeeper>(
        PageTables tables, EntryJournal journal, ref TExchange exchange, ref TKeeper keeper)
        where TExchange : struct, IEntryExchange, allows ref struct
        where TKeeper : struct, IPageKeeper, allows ref struct
    {
        if (TKeeper.KeepsAny) journal.KeepsPages = true;
        tables.Spares?.Install(journal.Tables);    // those that were in the directory
        bool isLeft = false;
        uint ofTable = (1u << (GroupsOfRegion >> (tables.IsWide ? 1 : 0))) - 1;    // a region has one table, or two
        for (int region = journal.Dirty.NextFrom(0); region >= 0; region = journal.Dirty.NextFrom(region + 1))
        {
            PageNumber first = new((uint)region << 10);
            uint groups = journal.GroupsIn(region), lower = groups & ofTable, upper = groups & ~ofTable;
            if (lower != 0) isLeft |= RestoreTable(tables, journal, first, lower, ref exchange, ref keeper);
            if (upper != 0) isLeft |= RestoreTable(tables, journal, first, upper, ref exchange, ref keeper);
        }

        return isLeft;
    }

    private static bool RestoreTable<TExchange, TKeeper>(
        PageTables tables, EntryJournal journal, PageNumber region, uint groups, ref TExchange exchange, ref TKeeper keeper)
        where TExchange : struct, IEntryExchange, allows ref struct
        where TKeeper : struct, IPageKeeper, allows ref struct
    {
        PageNumber first = FirstOf(region, groups);
        int table = tables.IndexOf(first);
        bool hasTable = TryTable(tables, table, out EntryTable words, out FrameNumber frame), isLeft = false, hasLess = false;
        int added = 0;
        for (; groups != 0; groups &= groups - 1)
        {
            first = FirstOf(region, groups);
            ref NoteGroup group = ref journal.GroupOf(first);
            if (TKeeper.KeepsAny && hasTable) KeepIn(tables, journal, words, first, ref group, ref keeper);
            for (ulong rest = group.Noted & ~group.Equal; rest != 0; rest &= rest - 1)
            {
                PageNumber page = first + new PageCount((uint)BitOperations.TrailingZeroCount(rest));
                int index = (int)page.Value & tables.EntryMask;
                PageTableEntry live = hasTable ? new(words[index]) : default, kept = journal[page];
                if ((live.Word | kept.Word) == 0)
                {
                    hasLess = true;
                    journal.Forget(page);
                    continue;
                }

                if (!hasTable) throw NoTable(page, $"{kept}");
                if (live.IsPresent) tables.Cache.Invalidate(page);
                if (exchange.TryExchange(page, live, kept, out PageTableEntry entry)) journal.Forget(page);
                else isLeft = true;
                words[index] = entry.Word;
                hasLess |= entry.IsNeverTouched;
                added += (entry.IsNeverTouched ? 0 : 1) - (live.IsNeverTouched ? 0 : 1);
            }

            if (group.Marked != 0)
            {
                if (!hasTable) throw NoTable(first + new PageCount((uint)BitOperations.TrailingZeroCount(group.Marked)), "old marks");
                added += RestoreMarks(tables, journal, words, first, ref group);
            }

            if (group.Noted == 0) journal.LeaveGroup(first);
        }

        if (!hasTable) return isLeft;
        if (added != 0) tables.Frames[frame].Private += (uint)added;    // a load less, where pages were only written
        bool mayGo = hasLess && !isLeft && journal.Tables.IsLoose(table);    // with an entry more it is not empty
        if (mayGo && tables.Frames[frame].Private == 0) SpareTables.Remove(tables, table, frame);
        return isLeft;
    }

    private static InvariantException NoTable(PageNumber page, string kept) =>
        new($"P2: page {page.Value:x5} has no page table to go back to {kept}. A snapshot keeps its tables.");

    /// <summary>Gives pages that have not changed the marks of the snapshot back. They had an entry, so they have a table.</summary>
    /// <returns>The number of entries more: a marker may stand for a page of a file that reclaim has dropped.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int RestoreMarks(PageTables tables, EntryJournal journal, EntryTable words, PageNumber first, ref NoteGroup group)
    {
        int added = 0;
        for (; group.Marked != 0; group.Marked &= group.Marked - 1)
        {
            PageNumber page = first + new PageCount((uint)BitOperations.TrailingZeroCount(group.Marked));
            int index = (int)page.Value & tables.EntryMask;
            PageTableEntry live = new(words[index]), entry = journal.WithOldMarks(page, live);
            if (live == entry) continue;
            words[index] = entry.Word;
            added += (entry.IsNeverTouched ? 0 : 1) - (live.IsNeverTouched ? 0 : 1);
            if (live.IsPresent) tables.Cache.InvalidateWrite(page);
        }

        return added;
    }

    // A load and a comparison; a table that is lent is copied first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTable(PageTables tables, int index, out EntryTable words, out FrameNumber frame)
    {
        PageDirectoryEntry upper = tables.UpperAt(index);
        if (!tables.IsTable(upper)) return tables.TryTable(tables.FirstOf(index), out words, out frame);
        frame = upper.Table;
        words = tables.WordsOf(frame);
        return true;
    }

    private static void KeepIn<TKeeper>(
        PageTables tables, EntryJournal journal, EntryTable words, PageNumber first, ref NoteGroup group, ref TKeeper keeper)
        where TKeeper : struct, IPageKeeper, allows ref struct
    {
        ulong stays = 0, wasEqual = group.Equal, used = group.Used, isUsed = keeper.LooksThrough ? 0 : used;
        if (!keeper.LooksThrough) used = ~0UL;    // only then is it asked
        int start = (int)first.Value & tables.EntryMask;
        for (ulong rest = group.Noted; rest != 0; rest &= rest - 1)
        {
            int place = BitOperations.TrailingZeroCount(rest);
            ulong bit = rest & (0 - rest), live = words[start + place];
            if ((live & OwnMask) != OwnBits) continue;
            if ((live & EntryBits.Dirty) == 0 && (wasEqual & bit) != 0)    // not written
            {
                stays |= used & bit;
                continue;
            }

            PageNumber page = first + new PageCount((uint)place);
            if (!keeper.TryKeep(page, new PageTableEntry(live).Frame, ref journal.NoteOf(page))) continue;
            words[start + place] = live & ~EntryBits.Dirty;
            tables.Cache.InvalidateWrite(page);
            stays |= bit;
            isUsed |= bit;
        }

        (group.Equal, group.Used) = (stays, isUsed);
    }

    /// <summary>The number of pages with a note, without those that were kept and not written since.</summary>
    public static uint CountChanged(PageTables tables, EntryJournal journal)
    {
        uint count = journal.Count;
        if (!journal.KeepsPages) return count;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            if (IsEqual(tables, journal, page, out _)) count--;

        return count;
    }

    /// <summary>True for a page with a note that was kept, and not written since. Changes nothing: a lent table is not copied.</summary>
    public static bool IsEqual(PageTables tables, EntryJournal journal, PageNumber page, out FrameNumber own)
    {
        own = default;
        PageDirectoryEntry upper = tables.UpperAt(tables.IndexOf(page));
        if ((journal.GroupOf(page).Equal & (1UL << (int)page.Value)) == 0 || !tables.IsTable(upper)) return false;
        PageTableEntry live = new(tables.WordsOf(upper.Table)[(int)page.Value & tables.EntryMask]);
        own = live.Frame;
        return (live.Word & (OwnMask | EntryBits.Dirty)) == OwnBits;
    }

    private static PageNumber FirstOf(PageNumber region, uint groups) =>
        region + new PageCount((uint)BitOperations.TrailingZeroCount(groups) << 6);

    private readonly struct NoKeeper : IPageKeeper
    {
        public static bool KeepsAny => false;

        public bool LooksThrough => false;

        public bool TryKeep(PageNumber page, FrameNumber own, ref JournalNote note) => false;
    }
}
