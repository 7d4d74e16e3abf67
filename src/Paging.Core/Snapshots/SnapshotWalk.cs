using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Crosses edges between snapshots: exchanges the live state with the state that the edge holds.</summary>
/// <remarks>Preconditions: the process is exactly in the state of the near end; the tables that the far end needs exist.</remarks>
internal sealed class SnapshotWalk(
    SnapshotSupplies supplies, Space space, SnapshotJournal journal, AreaJournal areas, PinnedPages pinned)
{
    /// <summary>Goes to the far end of an edge, which then holds the values of the end that was near.</summary>
    public void Cross(SnapshotDelta edge)
    {
        EntryExchange exchange = new(space, supplies);
        KeptPage[] pages = edge.Pages;
        PageTableEntry[] far = new PageTableEntry[pages.Length];
        for (int i = 0; i < pages.Length; i++)
        {
            far[i] = pages[i].Entry;
            space.Observers.Logs.Note(pages[i].Page.Value);    // going to another state writes
            if (space.Tables.Huge.Count != 0) space.HugeLines.SplitAround(pages[i].Page);    // an edge has small pages
            PageTableEntry live = space.Tables.Read(pages[i].Page);
            if (journal.Has(pages[i].Page))    // its page was not cached, so no live entry exists; or it is pinned
            {
                pages[i].Entry = journal[pages[i].Page];
                journal.Forget(pages[i].Page);
                if (live.IsNeverTouched) continue;
                if (pinned.TryRestore(pages[i].Page, far[i]))
                {
                    journal.Put(pages[i].Page, far[i]);
                    far[i] = default;    // it is there already
                    continue;
                }
            }
            else
            {
                pages[i].Entry = journal.Keep(live);    // holds its frame before the mapping is removed
            }

            space.Tables.Store(pages[i].Page, default);    // before Remove: no translation leads to a frame that may be freed
            exchange.Remove(live);
        }

        exchange.Finish();
        edge.Areas = CrossAreas(edge.Areas);    // between the loops: cached pages are found through the far end's areas
        for (int i = 0; i < pages.Length; i++)
        {
            if (far[i].IsNeverTouched) continue;
            PageTableEntry entry = exchange.Return(pages[i].Page, far[i]);
            if (!entry.IsNeverTouched) Store(pages[i].Page, entry);
            if (exchange.IsMissing(far[i], entry)) journal.Put(pages[i].Page, far[i]);    // mapped when its bytes are restored
        }

        exchange.Finish();
    }

    private void Store(PageNumber page, PageTableEntry entry)
    {
        bool hasTable = space.Tables.TryEnsureTable(page);    // the nodes on the way have one for the line, perhaps a spare one
        if (!hasTable) throw new InvariantException($"J8: page {page.Value:x5} has no page table to go back to {entry}.");
        space.Tables.Store(page, entry);
    }

    /// <summary>
    /// Joins two edges that meet at a node into one that leads from the near end of the first to the far end of the second.
    /// </summary>
    public static SnapshotDelta Join(
        SnapshotDelta near, SnapshotDelta far, ref EntryExchange exchange, AreaSet set, AreaJournal areas)
    {
        List<KeptPage> pages = new(near.Pages.Length + far.Pages.Length);
        int f = 0;
        foreach (KeptPage kept in near.Pages)
        {
            while (f < far.Pages.Length && far.Pages[f].Page < kept.Page) pages.Add(far.Pages[f++]);    // both are in order
            if (f < far.Pages.Length && far.Pages[f].Page == kept.Page) exchange.Release(kept.Entry);    // the far end's comes next
            else pages.Add(kept);
        }

        pages.AddRange(far.Pages.AsSpan(f));
        return new([.. pages], JoinAreas(near.Areas, far.Areas, set, areas));
    }

    private static AreaDelta JoinAreas(AreaDelta near, AreaDelta far, AreaSet set, AreaJournal areas)
    {
        HashSet<PageNumber> middle = [.. far.Starts];    // areas of the middle that the far end does not have
        List<AreaIndex> kept = [.. far.Kept];
        foreach (AreaIndex index in near.Kept)
        {
            if (middle.Remove(set.Slab[index.Value].First)) areas.Release(index);    // made and gone between the ends
            else kept.Add(index);
        }

        return new(kept, [.. near.Starts, .. middle]);
    }

    private AreaDelta CrossAreas(AreaDelta edge)
    {
        List<AreaIndex> kept = new(edge.Starts.Count);
        long accounted = 0;
        foreach (PageNumber start in edge.Starts)
        {
            AreaIndex index = space.Areas.Tree.Covering(start);
            accounted -= AreaJournal.AccountedPages(space.Areas[index]);
            kept.Add(areas.Unlink(index));    // first all of these: the relinked ones may cover the same pages
        }

        List<PageNumber> starts = new(edge.Kept.Count);
        foreach (AreaIndex index in edge.Kept)
        {
            areas.Relink(index);
            accounted += AreaJournal.AccountedPages(space.Areas[index]);
            starts.Add(space.Areas[index].First);
        }

        supplies.Commitment.Move(accounted);
        return new(kept, starts);
    }
}
