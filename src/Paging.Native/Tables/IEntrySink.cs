namespace Paging.Native.Tables;

/// <summary>
/// Receives the entries that <see cref="PageTables.TakeRange"/> takes out. A struct, so that the loop has no calls in it.
/// </summary>
internal interface IEntrySink
{
    /// <summary>The entry is out of the table already, and no translation leads to its frame any more.</summary>
    /// <remarks>Must not touch the same page tables.</remarks>
    void Take(PageNumber page, PageTableEntry entry);

    /// <summary>
    /// Takes eight entries that map neighbours among the frames, if it can do so in one step. They are still in the table; no translation
    /// leads to their frames any more. False: nothing has changed, and each is taken by itself.
    /// </summary>
    /// <param name="first">The first entry; all are present, and the others may differ from it in more than the frame.</param>
    bool TryTakeEight(PageTableEntry first);

    /// <summary>A huge leaf is out of the directory, and no translation leads to its frames any more.</summary>
    /// <param name="pages">The pages that it covered.</param>
    /// <param name="entry">The leaf, in the form of a small entry for its first page. Counts as one mapping of that frame (F4).</param>
    void TakeHuge(PageRange pages, PageTableEntry entry);
}

/// <summary>Decides for <see cref="PageTables.RewriteRange"/> the new value of each entry. A struct, for the same reason.</summary>
internal interface IEntryRule
{
    /// <summary>The entry to store instead; the same one to leave it alone; none (default) to make the page untouched.</summary>
    /// <remarks>
    /// Must not touch the same page tables. A huge leaf is passed once, as the entry of its first page: it must stay present, or
    /// become none, and then its frames are the rule's to count.
    /// </remarks>
    PageTableEntry Rewrite(PageNumber page, PageTableEntry entry);
}

/// <summary>Makes the entries for <see cref="PageTables.FillUntouched"/>. A struct, for the same reason.</summary>
internal interface IEntrySource
{
    /// <summary>The entry of a page that was never touched; none (default) to leave it so.</summary>
    /// <param name="index">The page's index in the run.</param>
    /// <remarks>Must not touch the same page tables.</remarks>
    PageTableEntry Make(int index);
}
