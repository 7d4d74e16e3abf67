using Paging.Core.Areas;
using Paging.Core.Files;
using Paging.Core.Spaces;
using Paging.Native;

namespace Paging.Core.Snapshots;

//   first ──► a ──► b ──► (live)          Current is b. The journals hold what has changed since b;
//             └───► c                     the edge a–b holds a's values, the edge a–c holds c's: always those of the far end
/// <summary>The snapshots of one process: a tree, the place in it where the process is, and what has changed since.</summary>
/// <remarks><code>
/// Taking          copies no page and no area: it write-protects the page directory. What has changed since the last snapshot
///                 becomes the edge between the two, O(changes)
/// Going back      exchanges what has changed since Current, then every edge on the way: O(changes), and no frame is needed.
///                 Only the way down to a node that is no ancestor may need frames for page tables
/// Dropping        a node without children goes with its edge; one with a single child joins two edges to one; one with several
///                 children, or where the process is, stays without a name until that has changed
/// </code></remarks>
internal sealed class SnapshotTree(SnapshotSupplies supplies, Space space, DescriptorTable descriptors) : IDisposable
{
    private readonly List<SnapshotNode> _nodes = [];
    private SnapshotJournal? _journal;
    private AreaJournal? _areas;

    /// <summary>The snapshot that the process came from or went back to last; null while there is none.</summary>
    public SnapshotNode? Current { get; private set; }

    /// <summary>Every node, for audits.</summary>
    public IReadOnlyList<SnapshotNode> Nodes => _nodes;

    /// <summary>The entries that have changed since <see cref="Current"/>, for audits.</summary>
    public EntryJournal? Entries => Current is null ? null : _journal;

    /// <summary>The areas that have changed since <see cref="Current"/>, for audits.</summary>
    public AreaJournal? Areas => Current is null ? null : _areas;

    /// <summary>The space, for audits.</summary>
    public Space Space => space;

    /// <summary>Takes a snapshot of the process as it is now. Returns null if there is no memory; nothing has changed then.</summary>
    public SnapshotNode? Take(string name, int outOfMemoryScore)
    {
        if (supplies.Injection.Refuses() || !TryMakeJournals()) return null;
        SnapshotNode node = new(Current)
        {
            Edge = Current is null ? null : Freeze(),
            State = new(space),
            Name = name,
            OutOfMemoryScore = outOfMemoryScore,
            Descriptors = descriptors.Hold(),
        };
        if (Current is not null) Current.ChildCount++;
        _nodes.Add(node);
        node.Tables = space.Tables.CloseTables();
        SnapshotNode? before = Current;
        StandAt(node);
        Prune(before);
        return node;
    }

    /// <summary>Makes the process what it was at a snapshot of this tree.</summary>
    /// <returns>ENOMEM: no frames for page tables on the way down; nothing has changed.</returns>
    public Errno GoTo(SnapshotNode target)
    {
        SnapshotNode? meeting = MeetingOf(target);
        if (target != meeting && !TryEnsureTables(target)) return Errno.ENOMEM;
        GoBackToCurrent();
        if (target != Current) Travel(target, meeting!);
        target.State.PutBack(space);
        descriptors.GoBack(target.Descriptors);
        return Errno.None;
    }

    /// <summary>Drops a snapshot. The process stays as it is, and the other snapshots stay what they were.</summary>
    public void Drop(SnapshotNode node)
    {
        node.IsNamed = false;
        node.Handle = null;
        Prune(node);
    }

    /// <summary>Drops all snapshots, when their process ends.</summary>
    public void DropAll()
    {
        if (Current is null) return;
        EntryExchange exchange = new(space, supplies);
        ReleaseJournals(ref exchange);
        foreach (SnapshotNode node in _nodes)
        {
            node.IsNamed = false;
            node.Handle = null;
            ReleaseNode(node, ref exchange);
        }

        exchange.Finish();
        _nodes.Clear();
        StandAt(null);
        _journal!.Dispose();
        _journal = null;
    }

    /// <summary>Gives the host's memory back, with the engine. What the snapshots hold goes with RAM.</summary>
    public void Dispose() => _journal?.Dispose();

    /// <summary>How many pages going to a snapshot may change: those noted since Current and those of each edge on the way.</summary>
    public long CountDirty(SnapshotNode target)
    {
        long count = _journal?.Count ?? 0;
        SnapshotNode? meeting = MeetingOf(target);
        for (SnapshotNode node = Current!; node != meeting; node = node.Parent!) count += node.Edge!.Pages.Length;
        for (SnapshotNode node = target; node != meeting; node = node.Parent!) count += node.Edge!.Pages.Length;
        return count;
    }

    private bool TryMakeJournals()
    {
        if (_journal is not null) return true;
        try
        {
            _journal = new(supplies.Frames, supplies.Swap);
        }
        catch (OutOfMemoryException)
        {
            return false;
        }

        _areas = space.Areas.NewJournal();
        return true;
    }

    /// <summary>Makes a node the one that the journals refer to; null ends journalling.</summary>
    private void StandAt(SnapshotNode? node)
    {
        Current = node;
        space.Tables.Journal = node is null ? null : _journal;
        space.Areas.Journal = node is null ? null : _areas;
        if (node is not null) _journal!.Tables = node.Tables;
    }

    private void GoBackToCurrent()
    {
        EntryExchange exchange = new(space, supplies) { DefersCached = true };
        bool isLeft = JournalWalk.GoBack(space.Tables, _journal!, ref exchange);
        exchange.Finish();
        supplies.Commitment.Uncharge(-_areas!.GoBack());
        if (!isLeft) return;
        exchange.DefersCached = false;
        _ = JournalWalk.GoBack(space.Tables, _journal!, ref exchange);
        exchange.Finish();
    }

    /// <summary>The node where the way up from Current meets the way up from the target.</summary>
    private SnapshotNode? MeetingOf(SnapshotNode target)
    {
        for (SnapshotNode? up = Current; up is not null; up = up.Parent)
            for (SnapshotNode? other = target; other is not null; other = other.Parent)
                if (other == up) return up;
        return null;
    }

    private void Travel(SnapshotNode target, SnapshotNode meeting)
    {
        SnapshotWalk walk = new(supplies, space, _journal!, _areas!);
        space.Tables.Journal = null;    // the walk itself is no change
        space.Areas.Journal = null;
        for (SnapshotNode node = Current!; node != meeting; node = node.Parent!) walk.Cross(node.Edge!);
        Descend(target, meeting, walk);
        SnapshotNode before = Current!;
        StandAt(target);
        walk.FreeTablesBeyond(target.Tables);
        Prune(before);
    }

    private static void Descend(SnapshotNode node, SnapshotNode meeting, SnapshotWalk walk)
    {
        if (node == meeting) return;
        Descend(node.Parent!, meeting, walk);
        walk.Cross(node.Edge!);
    }

    // Before anything changes: tables that are empty for now do no harm.
    private bool TryEnsureTables(SnapshotNode target)
    {
        TableSet wanted = target.Tables;
        for (int index = wanted.NextFrom(0); index >= 0; index = wanted.NextFrom(index + 1))
        {
            PageNumber page = space.Tables.FirstOf(index);
            while (!space.Tables.TryEnsureTable(page))
            {
                if (supplies.Pressure.TryFreeFor(1)) continue;
                space.Tables.FreeEmptyTables(new(default, PageCount.UserHalf));
                return false;
            }

            _journal!.Tables.Add(index);    // it stays, although Current may not have it
        }

        return true;
    }

    private SnapshotDelta Freeze()
    {
        KeptPage[] pages = new KeptPage[_journal!.Count];
        int count = 0;
        for (int region = _journal.Dirty.NextFrom(0); region >= 0; region = _journal.Dirty.NextFrom(region + 1))
        {
            PageNumber from = new((uint)region << 10), end = new(from.Value + 1024);
            while (from < end && _journal.TryNext(from, out PageNumber page))
            {
                pages[count++] = new(page, _journal[page]);
                _journal.Forget(page);
                from = page + PageCount.One;
            }
        }

        _journal.ForgetRegions();
        return new(pages, _areas!.TakeAll());
    }

    /// <summary>Removes nodes that nobody needs, from one node upwards.</summary>
    private void Prune(SnapshotNode? node)
    {
        while (node is { IsNamed: false })
        {
            SnapshotNode? parent = node.Parent;
            if (node.ChildCount == 0)
            {
                if (node == Current) LeaveCurrent(node);
                else ReleaseEdge(node);
                Remove(node);
            }
            else if (node.ChildCount == 1 && node != Current)
            {
                JoinWithChild(node);
                return;
            }
            else
            {
                return;
            }

            node = parent;
        }
    }

    /// <summary>The node where the process is goes: the journals refer to its parent from now on, or end.</summary>
    private void LeaveCurrent(SnapshotNode node)
    {
        EntryExchange exchange = new(space, supplies);
        if (node.Parent is null)
        {
            ReleaseJournals(ref exchange);
        }
        else
        {
            foreach (KeptPage kept in node.Edge!.Pages)
            {
                if (_journal!.Has(kept.Page)) exchange.Release(_journal[kept.Page]);
                _journal.Put(kept.Page, kept.Entry);
            }

            _areas!.Absorb(node.Edge.Areas);
        }

        exchange.Finish();
        StandAt(node.Parent);
    }

    private void JoinWithChild(SnapshotNode node)
    {
        SnapshotNode child = _nodes.Find(other => other.Parent == node)!;
        bool isBelow = IsAtOrBelow(child);
        EntryExchange exchange = new(space, supplies);
        if (node.Parent is null)
        {
            ReleaseDelta(child.Edge!, ref exchange);    // nothing leads beyond the child any more
            child.Edge = null;
        }
        else
        {
            SnapshotDelta near = isBelow ? child.Edge! : node.Edge!, far = isBelow ? node.Edge! : child.Edge!;
            child.Edge = SnapshotWalk.Join(near, far, ref exchange, space.Areas, _areas!);
            node.Parent.ChildCount++;
        }

        exchange.Finish();
        child.Parent = node.Parent;
        Remove(node);
    }

    private bool IsAtOrBelow(SnapshotNode node)
    {
        SnapshotNode? at = Current;
        while (at is not null && at != node) at = at.Parent;
        return at == node;
    }

    private void ReleaseEdge(SnapshotNode node)
    {
        EntryExchange exchange = new(space, supplies);
        if (node.Edge is not null) ReleaseDelta(node.Edge, ref exchange);
        exchange.Finish();
    }

    private void ReleaseNode(SnapshotNode node, ref EntryExchange exchange)
    {
        if (node.Edge is not null) ReleaseDelta(node.Edge, ref exchange);
        descriptors.Release(node.Descriptors);
    }

    private void ReleaseDelta(SnapshotDelta delta, ref EntryExchange exchange)
    {
        foreach (KeptPage kept in delta.Pages) exchange.Release(kept.Entry);
        foreach (AreaIndex index in delta.Areas.Kept) _areas!.Release(index);
    }

    private void ReleaseJournals(ref EntryExchange exchange)
    {
        for (int region = _journal!.Dirty.NextFrom(0); region >= 0; region = _journal.Dirty.NextFrom(region + 1))
        {
            PageNumber from = new((uint)region << 10), end = new(from.Value + 1024);
            while (from < end && _journal.TryNext(from, out PageNumber page))
            {
                exchange.Release(_journal[page]);
                _journal.Forget(page);
                from = page + PageCount.One;
            }
        }

        _journal.ForgetRegions();
        _areas!.Clear();
    }

    private void Remove(SnapshotNode node)
    {
        descriptors.Release(node.Descriptors);
        if (node.Parent is not null) node.Parent.ChildCount--;
        _nodes.Remove(node);
    }
}
