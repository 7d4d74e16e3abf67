using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Frames;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>Counts what the end of a process with snapshots would free: pages, slots and page tables.</summary>
/// <remarks>
/// <code>
/// Snapshots of the process alone    end with it: pages that only they keep come free as well
/// Snapshots of the engine           stay: a page that has not changed since the last one stays with it, and so does its table
/// </code>
/// Exact with snapshots of one kind, an estimate where both kinds alternate. A page that others use counts, as in Linux's oom_badness.
/// Cost: O(pages that have changed since a snapshot · log pages · snapshots between). Allocates nothing.
/// </remarks>
internal readonly struct SnapshotGain(Space space, FrameTable frames, EntryJournal journal, SnapshotNode current)
{
    /// <summary>Counts what would be freed if all snapshots end with the process.</summary>
    public long CountAll(IReadOnlyList<SnapshotNode> nodes)
    {
        ref MemoryStatistics statistics = ref space.Statistics;
        long count = statistics.Resident + statistics.Swapped + space.Tables.TableCount.Value;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            count += CountKept(journal[page]);
        for (int i = 0; i < nodes.Count; i++) count += CountKept(nodes[i]);
        return count;
    }

    /// <summary>Counts what would be freed if some snapshots stay.</summary>
    /// <param name="nodes">All snapshots.</param>
    /// <param name="ending">Those that end with the process.</param>
    public long CountBeside<TOwner>(IReadOnlyList<SnapshotNode> nodes, Dictionary<SnapshotNode, TOwner> ending)
    {
        SnapshotNode staying = current;
        while (staying.Parent is not null && (!staying.IsNamed || ending.ContainsKey(staying))) staying = staying.Parent;

        // A page has one kept entry for each edge in which it differs. That of the edge next to the snapshot that stays, stays.
        long count = 0;
        for (PageNumber from = default; journal.TryNextOfAll(from, out PageNumber page); from = page + PageCount.One)
            count += CountLive(page) + (IsBetween(page, current, staying) ? CountKept(journal[page]) : 0);
        for (SnapshotNode node = current; node != staying; node = node.Parent!)
        {
            foreach (KeptPage kept in node.Edge!.Pages)
            {
                if (!journal.Has(kept.Page) && !IsBetween(kept.Page, current, node)) count += CountLive(kept.Page);
                if (IsBetween(kept.Page, node.Parent!, staying)) count += CountKept(kept.Entry);
            }
        }

        for (int i = 0; i < nodes.Count; i++)
            if (!LeadsToStaying(nodes[i], nodes, ending)) count += CountKept(nodes[i]);
        int end = space.Tables.IndexOf(space.Tables.End);
        for (int index = 0; index < end; index++)
            if (!staying.Tables.All.Contains(index) && space.Tables.HasTable(space.Tables.FirstOf(index))) count++;
        return count;
    }

    /// <summary>True if a snapshot that stays, or the process itself, is at the node or below it.</summary>
    private bool LeadsToStaying<TOwner>(
        SnapshotNode node, IReadOnlyList<SnapshotNode> nodes, Dictionary<SnapshotNode, TOwner> ending)
    {
        for (int i = 0; i < nodes.Count; i++)
        {
            if (nodes[i] != current && (!nodes[i].IsNamed || ending.ContainsKey(nodes[i]))) continue;
            for (SnapshotNode? at = nodes[i]; at is not null; at = at.Parent)
                if (at == node) return true;
        }

        return false;
    }

    /// <summary>True if the page differs between two snapshots, of which the second is the first one or above it.</summary>
    private static bool IsBetween(PageNumber page, SnapshotNode from, SnapshotNode to)
    {
        for (SnapshotNode node = from; node != to; node = node.Parent!)
            if (Has(node.Edge!.Pages, page)) return true;
        return false;
    }

    private static bool Has(KeptPage[] pages, PageNumber page)
    {
        int low = 0, high = pages.Length - 1;    // they are in order
        while (low <= high)
        {
            int middle = (low + high) >> 1;
            if (pages[middle].Page == page) return true;
            if (pages[middle].Page < page) low = middle + 1;
            else high = middle - 1;
        }

        return false;
    }

    private long CountLive(PageNumber page)
    {
        PageTableEntry entry = space.Tables.Read(page);
        if (entry.IsPresent) return EntryWords.IsSpecial(entry) ? 0 : 1;
        return SwapEntry.From(entry).IsSwap ? 1 : 0;
    }

    private long CountKept(SnapshotNode node)
    {
        long count = 0;
        if (node.Edge is null) return 0;
        foreach (KeptPage kept in node.Edge.Pages) count += CountKept(kept.Entry);
        return count;
    }

    /// <summary>1 for a page that nothing maps, in RAM or on a device.</summary>
    private long CountKept(PageTableEntry kept)
    {
        if (!kept.IsPresent) return SwapEntry.From(kept).IsSwap ? 1 : 0;
        if ((kept.Word & EntryJournal.CachedMark) != 0) return 0;    // of the page cache, and not held
        if (EntryWords.IsSpecial(kept)) return 0;
        ref FrameDescriptor descriptor = ref frames.Named(kept.Frame);
        return EntryWords.IsOwnPage(descriptor) && descriptor.MapCount == 0 ? 1 : 0;
    }
}
