using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

//   journal      P: now ──► Current                 an edge is taken in page by page: the journal goes back to the edge's far end,
//   edge         P: Current ──► parent              and the edge gets what the journal had, or the live entry
/// <summary>Takes edges between snapshots into the journal of a process, so that one restore goes to the far end of the last.</summary>
/// <remarks>
/// The page tables are read once and written once for each page that differs between here and there. A page that other edges on the way
/// have as well costs an exchange of two words there.
/// </remarks>
internal readonly struct SnapshotWalk(Space space, SnapshotJournal journal, AreaJournal areas)
{
    /// <summary>Takes the entries of an edge into the journal. The edge then holds the entries of the end that was near.</summary>
    /// <returns>By how much the number of pages that the edge holds has grown.</returns>
    public int TakeIn(SnapshotDelta edge)
    {
        int held = 0;
        foreach (ref KeptPage kept in edge.Pages.AsSpan())
        {
            PageTableEntry far = kept.Entry;
            kept.Entry = journal.Has(kept.Page) ? journal[kept.Page] : KeepLive(kept.Page);
            journal.Put(kept.Page, far);
            if (EntryExchange.Holds(far)) held--;
            if (EntryExchange.Holds(kept.Entry)) held++;
        }

        edge.HeldCount += held;
        return held;
    }

    // The process is at the near end here, except for marks. The frame is held before its mapping is removed.
    private PageTableEntry KeepLive(PageNumber page)
    {
        if (space.Tables.Huge.Count != 0) space.HugeLines.SplitAround(page);    // an edge has small pages
        return journal.Keep(journal.WithOldMarks(page, space.Tables.Read(page)));
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
        SnapshotDelta joined = new([.. pages], JoinAreas(near.Areas, far.Areas, set, areas));
        foreach (KeptPage kept in joined.Pages)
            if (EntryExchange.Holds(kept.Entry)) joined.HeldCount++;
        return joined;
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

    /// <summary>Goes to the areas of an edge's far end. Precondition: the process has those of the near end.</summary>
    /// <returns>The number of pages by which the commitment grows.</returns>
    public long CrossAreas(SnapshotDelta edge)
    {
        if (edge.Areas.Kept.Count + edge.Areas.Starts.Count == 0) return 0;
        long accounted = 0;
        edge.Areas = CrossAreas(edge.Areas, ref accounted);
        return accounted;
    }

    private AreaDelta CrossAreas(AreaDelta edge, ref long accounted)
    {
        List<AreaIndex> kept = new(edge.Starts.Count);
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

        return new(kept, starts);
    }
}
