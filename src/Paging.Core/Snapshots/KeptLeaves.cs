using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   snapshot   │ leaf │ leaf │      │          unchanged: stays · written: was split, its pages go back, and join again
//   now        │ leaf │ small│ leaf │          made since: taken out as a whole
/// <summary>The huge leaves of a process on its way back to a snapshot, of which a journal has small pages.</summary>
internal static class KeptLeaves
{
    /// <summary>Takes the leaves out that were made since the snapshot, and restores the marks of the others.</summary>
    /// <remarks>Cost: a test without leaves; with some, O(lines + pages of those that are taken out).</remarks>
    public static void RemoveChanged(Space space, EntryJournal journal, ref EntryExchange exchange)
    {
        PageNumber from = default;
        while (space.Tables.Huge.TryNext(from, space.Tables.End, out PageNumber first, out PageTableEntry leaf))
        {
            PageRange pages = space.Tables.Huge.RangeOf(first);
            from = pages.End;
            if (journal.HasEach(pages))
            {
                exchange.RemoveLeaf(pages, leaf);
                continue;
            }

            PageTableEntry marked = journal.WithOldMarks(first, leaf);    // a leaf has one entry, so all of its pages have the same marks
            journal.ForgetMarks(pages);
            if (marked != leaf) space.Tables.Huge.Store(first, marked);
            if (journal.HasAny(pages)) space.HugeLines.SplitAround(first);    // pages of it were noted while it was split
        }
    }

    /// <summary>Joins the pages of the lines that were leaves at a snapshot. Cost: O(pages of the lines that are not leaves now).</summary>
    public static void Rejoin(Space space, in TableSet leaves)
    {
        for (int index = leaves.NextFrom(0); index >= 0; index = leaves.NextFrom(index + 1))
            space.HugeLines.Rejoin(space.Tables.FirstOf(index));
    }

    /// <summary>True if the leaf of a page keeps a table in reserve, so that its line can have small pages at any time.</summary>
    public static bool HasReserve(Space space, PageNumber page) =>
        space.Tables.Huge.HasReserve(space.Tables.UpperAt(space.Tables.IndexOf(page)));
}
