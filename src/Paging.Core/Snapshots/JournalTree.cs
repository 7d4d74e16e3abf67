namespace Paging.Core.Snapshots;

/// <summary>A node of any tree of states, for those who walk it and change nothing.</summary>
internal interface IStateNode
{
    /// <summary>The parent; null for the first node.</summary>
    IStateNode? Above { get; }

    /// <summary>A child, from which <see cref="Beside"/> leads to the others; null: there is none.</summary>
    IStateNode? Below { get; }

    /// <summary>The next node with the same parent.</summary>
    IStateNode? Beside { get; }
}

/// <summary>One state in a tree of states, and the edge to its parent.</summary>
internal abstract class JournalNode<TNode, TEdge>(TNode? parent) : IStateNode
    where TNode : JournalNode<TNode, TEdge>
    where TEdge : class
{
    /// <summary>The state that was the current one when this one was taken; null for the first one.</summary>
    public TNode? Parent { get; set; } = parent;

    /// <summary>The number of nodes that have this one as their parent.</summary>
    public int ChildCount { get; private set; }

    /// <summary>The first of them, linked by <see cref="NextSibling"/>.</summary>
    public TNode? FirstChild { get; private set; }

    /// <summary>The next node with the same parent.</summary>
    public TNode? NextSibling { get; private set; }

    IStateNode? IStateNode.Above => Parent;

    IStateNode? IStateNode.Below => FirstChild;

    IStateNode? IStateNode.Beside => NextSibling;

    /// <summary>True if the node is the current one or lies above it.</summary>
    public bool IsOnWay { get; set; }

    /// <summary>The node's place in the list of all nodes.</summary>
    public int Place { get; set; }

    /// <summary>False after the host has dropped it. The node stays while it joins others.</summary>
    public bool IsNamed { get; set; } = true;

    /// <summary>
    /// The edge to the parent: the differences between the two, as they are at the end that is farther from the current state.
    /// </summary>
    public TEdge? Edge { get; set; }

    /// <summary>Links a child.</summary>
    public void AddChild(TNode child)
    {
        child.NextSibling = FirstChild;
        FirstChild = child;
        ChildCount++;
    }

    /// <summary>Unlinks a child. Cost: O(children).</summary>
    public void RemoveChild(TNode child)
    {
        if (FirstChild == child) FirstChild = child.NextSibling;
        else
        {
            TNode before = FirstChild!;
            while (before.NextSibling != child) before = before.NextSibling!;
            before.NextSibling = child.NextSibling;
        }

        child.NextSibling = null;
        ChildCount--;
    }
}

//   first ──► a ──► b ──► (live)          Current is b. The journal holds the changes since b;
//             └───► c                     the edge a–b holds a's values, the edge a–c holds c's: always those of the far end
/// <summary>A tree of states, the node that the live state came from, and a journal of the changes since.</summary>
/// <remarks><code>
/// Taking          the changes since the last state become the edge between the two
/// Going back      exchanges the changes since Current and every edge on the way: O(changes), however many nodes there are
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
    private readonly List<TEdge> _way = [];    // used again by each move, so that moves allocate nothing

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
        Current?.AddChild(node);    // before StandAt, which makes the new node current
        node.IsOnWay = true;
        node.Place = _nodes.Count;
        _nodes.Add(node);
        TNode? before = Current;
        StandAt(node);
        Prune(before);
    }

    /// <summary>Restores the live state to that of a node. Precondition: nothing on the way can fail.</summary>
    protected void Move(TNode target)
    {
        if (target == Current)
        {
            RestoreCurrent();
            return;
        }

        CrossAll(WayTo(target), target);
        _way.Clear();    // a dropped edge is not held
        TNode meeting = MeetingOf(target), before = Current!;
        for (TNode node = before; node != meeting; node = node.Parent!) node.IsOnWay = false;
        for (TNode node = target; node != meeting; node = node.Parent!) node.IsOnWay = true;
        StandAt(target);
        Prune(before);
    }

    /// <summary>The edges from the current node to another one, in the order of the path. The list is good until the next call.</summary>
    protected List<TEdge> WayTo(TNode target)
    {
        _way.Clear();
        TNode meeting = MeetingOf(target);
        for (TNode node = Current!; node != meeting; node = node.Parent!) _way.Add(node.Edge!);
        int down = _way.Count;    // from here on the path goes down, but nodes know their parents only
        for (TNode node = target; node != meeting; node = node.Parent!) _way.Add(node.Edge!);
        _way.Reverse(down, _way.Count - down);
        return _way;
    }

    /// <summary>The node where the way up from Current meets the way up from the target. Cost: O(nodes from the target to it).</summary>
    protected static TNode MeetingOf(TNode target)
    {
        TNode node = target;
        while (!node.IsOnWay) node = node.Parent!;    // the first node of all is on the way
        return node;
    }

    /// <summary>Undoes the changes since the current node. The journal is empty afterwards.</summary>
    protected abstract void RestoreCurrent();

    /// <summary>
    /// Takes the live state over all edges of a way. Each edge holds the values of the end that was near then, and the journal is empty.
    /// </summary>
    protected abstract void CrossAll(List<TEdge> way, TNode target);

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
        TNode child = node.FirstChild!;
        if (node.Parent is null)
        {
            ReleaseEdge(child);    // nothing leads beyond the child any more
        }
        else
        {
            bool isBelow = child.IsOnWay;    // near and far are as seen from the current node
            child.Edge = Join(near: isBelow ? child.Edge! : node.Edge!, far: isBelow ? node.Edge! : child.Edge!);
            node.Edge = null;
        }

        node.RemoveChild(child);
        node.Parent?.AddChild(child);
        child.Parent = node.Parent;
        Remove(node);
    }

    private void ReleaseEdge(TNode node)
    {
        if (node.Edge is null) return;
        Release(node.Edge);
        node.Edge = null;
    }

    private void Remove(TNode node)
    {
        ReleaseHolds(node);
        node.Parent?.RemoveChild(node);
        TNode last = _nodes[^1];    // takes the place
        (_nodes[node.Place], last.Place) = (last, node.Place);
        _nodes.RemoveAt(_nodes.Count - 1);
    }
}
