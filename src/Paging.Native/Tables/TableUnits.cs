using Paging.Native.Diagnostics;

namespace Paging.Native.Tables;

/// <summary>The units of a space's page tables: an entry and the pages that it covers, one or those of a huge leaf.</summary>
/// <remarks>
/// Logs, soft-dirty marks and write protection speak of units. Who observes a unit takes rights from its entry and does not change the
/// pages, so a journal records marks at most (decision 0057).
/// </remarks>
internal readonly struct TableUnits(PageTables tables)
{
    /// <summary>The pages of the unit of a page.</summary>
    public PageRange Of(PageNumber page) => tables.Huge.Has(page) ? tables.Huge.RangeOf(page) : new(page, PageCount.One);

    /// <summary>Same as <see cref="PageTables.Store"/>, for the unit of a page: a huge leaf is changed as a whole.</summary>
    /// <param name="page">Any page of the unit.</param>
    /// <param name="entry">The entry of the unit's first page.</param>
    public void Store(PageNumber page, PageTableEntry entry)
    {
        if (tables.Huge.Has(page)) tables.Huge.Store(tables.Huge.RangeOf(page).First, entry);
        else tables.Store(page, entry);
    }

    /// <summary>Same as <see cref="Store"/>, for an observer. Precondition: the page has an entry.</summary>
    public void Observe(PageNumber page, PageTableEntry entry)
    {
        if (Check.Cheap && !tables.Huge.Has(page) && !tables.SlotOf(page).HasTable) TableRules.ThrowNoTable(tables, page, entry);
        if (tables.Huge.TryRead(page, out PageTableEntry leaf)) ObserveLeaf(tables.Huge.RangeOf(page), leaf, entry);
        else Observe(page, tables.SlotOf(page), entry);
    }

    private void ObserveLeaf(PageRange pages, PageTableEntry leaf, PageTableEntry entry)
    {
        if (tables.Journal is { } journal && EntryMarks.Of(leaf) != EntryMarks.Of(entry))
            for (PageNumber page = pages.First; page < pages.End; page += PageCount.One) journal.NoteMarks(page, leaf);
        tables.Huge.Store(pages.First, entry);
    }

    /// <summary>Same as <see cref="PageTables.Replace"/> of a small page's entry, for an observer.</summary>
    public void Observe(PageNumber page, EntrySlot slot, PageTableEntry entry)
    {
        PageTableEntry old = slot.Entry;
        EntryJournal? journal = tables.Journal;
        if (journal is null || journal.Has(page) || !EntryMarks.AreAll(old, slot.Fit(entry)))
        {
            tables.Replace(page, slot, entry);
            return;
        }

        if (EntryMarks.Of(old) != EntryMarks.Of(entry)) journal.NoteMarks(page, old);
        tables.Journal = null;    // as in StoreUnnoted
        tables.Replace(page, slot, entry);
        tables.Journal = journal;
    }
}
