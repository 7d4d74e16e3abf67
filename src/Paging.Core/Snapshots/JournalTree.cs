namespace Paging.Core.Snapshots;

/// <summary>One state in a tree of states, and the edge to its parent.</summary>
internal abstract class JournalNode<TNode, TEdge>(TNode? parent)
    where TNode : JournalNode<TNode, TEdge>
    where TEdge : class
{
    /// <summary>The state that was the current one when this one was taken; null for the first one.</summary>
    public TNode? Parent { get; set; } = parent;

    /// <summary>The number of nodes that have this one as their parent.</summary>
    public int ChildCount { get; set; }

    /// <summary>False after the host has dropped it. The node stays while it joins others.</summary>
    public bool IsNamed { get; set; } = true;

    /// <summary>
    /// The edge to the parent: the differences between the two, as they are at the end that is farther from the current state.
    /// </summary>
    public TEdge? Edge { get; set; }
}

//   first ──► a ──► b ──► (live)          Current is b. The journal holds the changes since b;
//             └───► c                     the edge a–b holds a's values, the edge a–c holds c's: always those of the far end
/// <summary>A tree of states, the node that the live state came from, and a journal of the changes since.</summary>
/// <remarks><code>
/// Taking          the changes since the last state become the edge between the two
/// Going back      exchanges the changes since Current, then every edge on the way: O(changes)
/// Dropping        a node without children goes with its edge; one with a single child joins two edges to one; one with several
///                 children, or the current one, stays without a name until that has changed
/// </code>
/// The derived class defines the journal and the edges: <see cref="SnapshotTree"/> for a process, <see cref="ContentTree"/> for the
/// contents of shared memory.
/// </remarks>
internal abstract class JournalTree<TNode, TEdge>
    where TNode : JournalNode<TNode, TEdge>
    where TEdge : class
{
    private readonly List<TNode> _nodes = [];

    /// <summary>The state that the live one came from or went back to last; null while there is none.</summary>
    public TNode? Current { get; private set; }

    /// <summary>Every node, for audits.</summary>
    public IReadOnlyList<TNode> Nodes => _nodes;

    /// <summary>Drops a state. The live state and the other states do not change.</summary>
    public void Drop(TNode node)
    {
        node.IsNamed = false;
        Prune(node);
    }

    /// <summary>Drops every state.</summary>
    public void DropAll()
    {
        if (Current is null) return;
        EndJournal();
        foreach (TNode node in _nodes)
        {
            node.IsNamed = false;
            ReleaseEdge(node);
            ReleaseHolds(node);
        }

        _nodes.Clear();
        StandAt(null);
    }

    /// <summary>Adds a node below the current one and makes it the current one. The changes since become its edge.</summary>
    protected void Add(TNode node)
    {
        if (Current is not null) Current.ChildCount++;    // before StandAt, which makes the new node current
        _nodes.Add(node);
        TNode? before = Current;
        StandAt(node);
        Prune(before);
    }

    /// <summary>Restores the live state to that of a node. Precondition: nothing on the way can fail.</summary>
    protected void Move(TNode target)
    {
        RestoreCurrent();    // edges hold differences between nodes, so the walk begins at one
        if (target == Current) return;
        List<TEdge> way = WayTo(target);
        Depart();
        foreach (TEdge edge in way) Cross(edge);
        TNode before = Current!;
        StandAt(target);
        Arrive(target);
        Prune(before);
    }

    /// <summary>The edges from the current node to another one, in the order of the path.</summary>
    protected List<TEdge> WayTo(TNode target)
    {
        List<TEdge> way = [];
        TNode? meeting = MeetingOf(target);
        for (TNode node = Current!; node != meeting; node = node.Parent!) way.Add(node.Edge!);
        int down = way.Count;    // from here on the path goes down, but nodes know their parents only
        for (TNode node = target; node != meeting; node = node.Parent!) way.Add(node.Edge!);
        way.Reverse(down, way.Count - down);
        return way;
    }

    /// <summary>The node where the way up from Current meets the way up from the target.</summary>
    protected TNode? MeetingOf(TNode target)
    {
        for (TNode? up = Current; up is not null; up = up.Parent)
            for (TNode? other = target; other is not null; other = other.Parent)
                if (other == up) return up;
        return null;
    }

    /// <summary>Undoes the changes since the current node. The journal is empty afterwards.</summary>
    protected abstract void RestoreCurrent();

    /// <summary>Called when the live state equals that of the current node. Changes that the walk makes are not recorded.</summary>
    protected abstract void Depart();

    /// <summary>Goes to the far end of an edge, which then holds the values of the end that was near.</summary>
    protected abstract void Cross(TEdge edge);

    /// <summary>Called when the walk has reached its target.</summary>
    protected abstract void Arrive(TNode target);

    /// <summary>Called when the journal is to refer to another node; null ends journalling.</summary>
    protected abstract void OnStandingAt(TNode? node);

    /// <summary>Releases everything that the journal holds.</summary>
    protected abstract void EndJournal();

    /// <summary>Adds an edge to the journal, which then goes back to its far end.</summary>
    protected abstract void Absorb(TEdge edge);

    /// <summary>
    /// Joins two edges that meet at a node into one that leads from the near end of the first to the far end of the second.
    /// </summary>
    protected abstract TEdge Join(TEdge near, TEdge far);

    /// <summary>Releases everything that an edge holds.</summary>
    protected abstract void Release(TEdge edge);

    /// <summary>Releases everything that a node itself holds.</summary>
    protected abstract void ReleaseHolds(TNode node);

    private void StandAt(TNode? node)
    {
        Current = node;
        OnStandingAt(node);
    }

    /// <summary>Removes unneeded nodes, from one node upwards.</summary>
    private void Prune(TNode? node)
    {
        while (node is { IsNamed: false })
        {
            TNode? parent = node.Parent;
            if (node.ChildCount == 0)    // nothing leads through it
            {
                if (node == Current) LeaveCurrent(node);    // the journal still needs its edge
                else ReleaseEdge(node);
                Remove(node);
            }
            else if (node.ChildCount == 1 && node != Current)    // the current one is where the journal goes back to
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

    /// <summary>Leaves the current node, which is removed: the journal then refers to its parent, or ends.</summary>
    private void LeaveCurrent(TNode node)
    {
        if (node.Parent is null) EndJournal();
        else Absorb(node.Edge!);
        node.Edge = null;    // the journal holds its contents now
        StandAt(node.Parent);
    }

    private void JoinWithChild(TNode node)
    {
        TNode child = _nodes.Find(other => other.Parent == node)!;
        if (node.Parent is null)
        {
            ReleaseEdge(child);    // nothing leads beyond the child any more
        }
        else
        {
            bool isBelow = IsAtOrBelow(child);    // near and far are as seen from the current node
            child.Edge = Join(near: isBelow ? child.Edge! : node.Edge!, far: isBelow ? node.Edge! : child.Edge!);
            node.Edge = null;
            node.Parent.ChildCount++;    // the child; Remove takes the node itself off again
        }

        child.Parent = node.Parent;
        Remove(node);
    }

    private void ReleaseEdge(TNode node)
    {
        if (node.Edge is null) return;
        Release(node.Edge);
        node.Edge = null;
    }

    private bool IsAtOrBelow(TNode node)
    {
        TNode? at = Current;
        while (at is not null && at != node) at = at.Parent;
        return at == node;
    }

    private void Remove(TNode node)
    {
        ReleaseHolds(node);
        if (node.Parent is not null) node.Parent.ChildCount--;
        _nodes.Remove(node);
    }
}
