namespace Paging.Native;

/// <summary>
/// Decides for <see cref="JournalWalk.GoBack"/> what a page with a note goes back to. A struct, so that the loop has no calls.
/// </summary>
internal interface IEntryExchange
{
    /// <summary>Gives up what the live entry stands for, and turns the kept entry into a live one.</summary>
    /// <returns>False: the page stays without an entry, and keeps its note.</returns>
    bool TryExchange(PageNumber page, PageTableEntry live, PageTableEntry kept, out PageTableEntry entry);
}

/// <summary>Goes through the notes of an address space and puts the kept entries back.</summary>
internal static class JournalWalk
{
    /// <summary>Exchanges the entry of every page with a note, and forgets the notes.</summary>
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

    // SAFETY: IsTable has found the table in RAM; the pages with notes of a region have their entries in its one table.
    private static unsafe bool GoBackIn<TExchange>(PageTables tables, EntryJournal journal, int region, ref TExchange exchange)
        where TExchange : struct, IEntryExchange, allows ref struct
    {
        PageDirectoryEntry upper = tables.ReadUpper(region);
        uint* words = tables.IsTable(upper) ? tables.WordsOf(upper.Table) : null;
        PageNumber from = new((uint)region << EntryBits.EntryShift);
        PageNumber end = new(from.Value + EntryBits.EntryCount);
        bool isLeft = false;
        int added = 0;
        while (from < end && journal.TryNext(from, out PageNumber page))
        {
            from = page + PageCount.One;
            PageTableEntry live = words == null ? default : new(words[page.TableIndex]), kept = journal[page];
            if ((live.Word | kept.Word) == 0)
            {
                journal.Forget(page);
                continue;
            }

            if (words == null)
                throw new InvariantException(
                    $"P2: page {page.Value:x5} has no page table to go back to {kept}. A snapshot keeps its tables.");
            if (live.IsPresent) tables.Cache.Invalidate(page);
            if (exchange.TryExchange(page, live, kept, out PageTableEntry entry)) journal.Forget(page);
            else isLeft = true;
            words[page.TableIndex] = entry.Word;
            added += (entry.IsNeverTouched ? 0 : 1) - (live.IsNeverTouched ? 0 : 1);
        }

        if (words == null) return isLeft;
        tables.Frames[upper.Table].Private += (uint)added;
        if (!isLeft && !journal.Tables.Contains(region)) tables.FreeIfEmpty(region);
        return isLeft;
    }
}
