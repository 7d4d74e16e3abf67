namespace Paging.Native.Tables;

/// <summary>
/// Decides for <see cref="JournalWalk.GoBack"/> the entry that a page with a note goes back to. A struct, so that the loop has no calls.
/// </summary>
internal interface IEntryExchange
{
    /// <summary>Releases the live entry's frame or slot, and turns the kept entry into a live one.</summary>
    /// <returns>False: the page stays without an entry, and keeps its note.</returns>
    bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry);
}

/// <summary>Goes through the notes of an address space and puts the kept entries back.</summary>
internal static class JournalWalk
{
    /// <summary>Replaces the entry of every page that has a note, and drops the notes.</summary>
    /// <remarks>
    /// Translations of a page are gone before its frame is given up. Tables made since the snapshot are freed if they are empty now.
    /// Cost: O(pages with a note + 4 MiB regions with one).
    /// </remarks>
    /// <returns>True if some pages keep their notes.</returns>
    public static bool GoBack<TExchange>(PageTables tables, EntryJournal journal, ref TExchange exchange)
        where TExchange : struct, IEntryExchange, allows ref struct
    {
        bool isLeft = false;
        for (int region = journal.Dirty.NextFrom(0); region >= 0; region = journal.Dirty.NextFrom(region + 1))
            isLeft |= GoBackIn(tables, journal, region, ref exchange);
        if (!isLeft) journal.ForgetRegions();
        return isLeft;
    }

    private static bool GoBackIn<TExchange>(PageTables tables, EntryJournal journal, int region, ref TExchange exchange)
        where TExchange : struct, IEntryExchange, allows ref struct
    {
        PageNumber from = new((uint)region << 10);
        PageNumber end = new(from.Value + 1024);
        bool isLeft = false;
        while (from < end && journal.TryNext(from, out PageNumber page))
        {
            PageNumber next = tables.Huge.RangeOf(page).End;    // a region has one table, or two
            isLeft |= GoBackBelow(tables, journal, page, next, ref exchange);
            from = next;
        }

        return isLeft;
    }

    private static bool GoBackBelow<TExchange>(
        PageTables tables, EntryJournal journal, PageNumber from, PageNumber end, ref TExchange exchange)
        where TExchange : struct, IEntryExchange, allows ref struct
    {
        int table = tables.IndexOf(from);
        bool hasTable = tables.TryTable(from, out EntryTable words, out FrameNumber frame), isLeft = false;
        int added = 0;
        while (from < end && journal.TryNext(from, out PageNumber page) && page < end)
        {
            from = page + PageCount.One;
            int index = (int)page.Value & tables.EntryMask;
            PageTableEntry live = hasTable ? new(words[index]) : default, kept = journal[page];
            if ((live.Word | kept.Word) == 0)
            {
                journal.Forget(page);
                continue;
            }

            if (!hasTable)
                throw new InvariantException(
                    $"P2: page {page.Value:x5} has no page table to go back to {kept}. A snapshot keeps its tables.");
            if (live.IsPresent) tables.Cache.Invalidate(page);
            if (exchange.TryExchange(page, live, kept, out PageTableEntry entry)) journal.Forget(page);
            else isLeft = true;
            words[index] = entry.Word;
            added += (entry.IsNeverTouched ? 0 : 1) - (live.IsNeverTouched ? 0 : 1);
        }

        if (!hasTable) return isLeft;
        if (added != 0) tables.Frames[frame].Private += (uint)added;    // a load less, where pages were only written
        if (!isLeft && !journal.Tables.Contains(table)) tables.FreeIfEmpty(table);
        return isLeft;
    }
}
