using Paging.Core.Snapshots;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A tree of states of a small array of words: taking, going back and dropping in any order, beside a copy of the array for each state.
/// What the journal and the edges hold is counted: nothing is given up twice, and nothing is left.
/// </summary>
public sealed class JournalTreeModelTests
{
    private const int Words = 6, NodesMax = 9;

    [Fact]
    public void EveryStateIsRestoredForAnyOrderOfTakingAndDropping() => Property.ForSeeds(150, seed =>
    {
        Random random = new((int)seed);
        Tree tree = new();
        Dictionary<Node, int[]> model = [];
        for (int step = 0; step < 80; step++)
        {
            Node[] named = [.. model.Keys];
            switch (random.Next(10))
            {
                case < 4:
                    tree.Write(random.Next(Words), random.Next(1000));
                    break;
                case < 6 when named.Length < NodesMax:
                    Node? parent = tree.Current;
                    Node taken = tree.Take();
                    Assert.Same(taken, tree.Current);
                    Assert.True(parent is null || !parent.IsNamed || taken.Parent == parent);
                    model.Add(taken, [.. tree.Live]);
                    break;
                case < 8 when named.Length != 0:
                    Node target = named[random.Next(named.Length)];
                    tree.GoTo(target);
                    Assert.Same(target, tree.Current);
                    Assert.Equal(model[target], tree.Live);
                    Assert.Empty(tree.Journal);
                    break;
                default:
                    if (named.Length == 0) break;
                    int[] live = [.. tree.Live];
                    Node dropped = named[random.Next(named.Length)];
                    model.Remove(dropped);
                    tree.Drop(dropped);
                    Assert.Equal(live, tree.Live);
                    break;
            }

            Check(tree, model);
        }

        if (random.Next(2) == 0) tree.DropAll();
        else foreach (Node node in model.Keys.ToArray()) tree.Drop(node);
        Assert.Null(tree.Current);
        Assert.Empty(tree.Nodes);
        Assert.Empty(tree.Journal);
        Assert.Equal((0, 0), (tree.EdgesAlive, tree.HoldsAlive));
    });

    /// <summary>A node without a name is there only where it joins others, or while the live state came from it.</summary>
    private static void Check(Tree tree, Dictionary<Node, int[]> model)
    {
        Assert.Equal(model.Count, tree.Nodes.Count(static node => node.IsNamed));
        Assert.All(model.Keys, node => Assert.Contains(node, tree.Nodes));
        foreach (Node node in tree.Nodes)
        {
            Assert.Equal(tree.Nodes.Count(other => other.Parent == node), node.ChildCount);
            Assert.Equal(tree.Nodes.Where(other => other.Parent == node).ToHashSet(), ChildrenOf(node).ToHashSet());
            Assert.Equal(IsAbove(node, tree.Current), node.IsOnWay);
            Assert.Same(node, tree.Nodes[node.Place]);
            Assert.Equal(node.Parent is null, node.Edge is null);
            bool isJoint = node.ChildCount > 1 || (node == tree.Current && node.ChildCount != 0);
            Assert.True(node.IsNamed || isJoint, $"a node without a name has {node.ChildCount} children");
        }

        if (model.Count == 0) Assert.Null(tree.Current);
        Assert.Equal(tree.Nodes.Count(static node => node.Edge is not null), tree.EdgesAlive);
        Assert.Equal(tree.Nodes.Count, tree.HoldsAlive);
    }

    private static IEnumerable<Node> ChildrenOf(Node node)
    {
        for (Node? child = node.FirstChild; child is not null; child = child.NextSibling) yield return child;
    }

    private static bool IsAbove(Node node, Node? current)
    {
        while (current is not null && current != node) current = current.Parent;
        return current == node;
    }

    private sealed class Node(Node? parent) : JournalNode<Node, Edge>(parent);

    /// <summary>Words as they are at the far end.</summary>
    private sealed class Edge : Dictionary<int, int>;

    private sealed class Tree : JournalTree<Node, Edge>
    {
        public int[] Live { get; } = new int[Words];

        /// <summary>The earlier values of the words written since the current node.</summary>
        public Edge Journal { get; private set; } = [];

        public int EdgesAlive { get; private set; }
        public int HoldsAlive { get; private set; }

        public void Write(int word, int value)
        {
            if (Current is not null) Journal.TryAdd(word, Live[word]);
            Live[word] = value;
        }

        public Node Take()
        {
            Node node = new(Current);
            if (Current is not null)
            {
                node.Edge = Journal;
                EdgesAlive++;
                Journal = [];
            }

            HoldsAlive++;
            Add(node);
            return node;
        }

        public void GoTo(Node target)
        {
            Edge[] edges = [.. WayTo(target)];
            Assert.Equal(edges.Distinct().Count(), edges.Length);
            Assert.All(edges, static edge => Assert.NotNull(edge));
            if (target == Current) Assert.Empty(edges);
            Move(target);
        }

        protected override void RestoreCurrent()
        {
            foreach ((int word, int value) in Journal) Live[word] = value;
            Journal.Clear();
        }

        protected override void CrossAll(List<Edge> way, Node target)
        {
            RestoreCurrent();
            foreach (Edge edge in way)
                foreach (int word in edge.Keys.ToArray()) (edge[word], Live[word]) = (Live[word], edge[word]);
        }

        protected override void OnStandingAt(Node? node) => Assert.Same(node, Current);

        protected override void EndJournal() => Journal.Clear();

        /// <summary>Words written between the two nodes get their value at the upper one.</summary>
        protected override void Absorb(Edge edge)
        {
            foreach ((int word, int value) in edge) Journal[word] = value;
            EdgesAlive--;
        }

        protected override Edge Join(Edge near, Edge far)
        {
            Edge joined = [];
            foreach ((int word, int value) in near) joined[word] = value;
            foreach ((int word, int value) in far) joined[word] = value;    // the far end's value comes last
            EdgesAlive--;
            return joined;
        }

        protected override void Release(Edge edge) => EdgesAlive--;

        protected override void ReleaseHolds(Node node) => HoldsAlive--;
    }
}
