using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Each rule is broken by hand; the audit must name it.</summary>
public sealed class RedBlackAuditTests
{
    [Fact]
    public void ARedRootBreaksT1() => AssertNames("T1", (tree, root) => tree[root].Links.IsBlack = false);

    [Fact]
    public void ARootWithAParentBreaksT1() => AssertFinds("T1", (tree, root) => tree[root].Links.Parent = tree[root].Links.Left);

    [Fact]
    public void TwoRedNodesInALineBreakT2() => AssertNames("T2", (tree, root) =>
    {
        uint leaf = TreeOrder<WeightedTree.Nodes>.First(root, tree.All);
        tree[leaf].Links.IsBlack = false;
        tree[tree[leaf].Links.Parent].Links.IsBlack = false;
    });

    [Fact]
    public void AnotherColourInOneBranchBreaksT3() => AssertNames("T3", (tree, root) =>
    {
        ref TreeLinks leaf = ref tree[TreeOrder<WeightedTree.Nodes>.First(root, tree.All)].Links;
        leaf.IsBlack = !leaf.IsBlack;
    });

    [Fact]
    public void AChildWithAnotherParentBreaksT4() => AssertNames("T4", (tree, root) => tree[tree[root].Links.Left].Links.Parent = 77);

    [Fact]
    public void ARingBreaksT4AndTheAuditEnds() => AssertNames("T4", (tree, root) =>
        tree[TreeOrder<WeightedTree.Nodes>.First(root, tree.All)].Links.Left = root);

    [Fact]
    public void AStaleFactBreaksT5() => AssertNames("T5", (tree, root) =>
        tree[TreeOrder<WeightedTree.Nodes>.Last(root, tree.All)].Weight += 5);

    private static void AssertFinds(string rule, Action<WeightedTree, uint> damage)
    {
        using WeightedTree tree = Damaged(damage);
        Audits.AssertFinds(rule, tree.Audit);
    }

    private static void AssertNames(string rule, Action<WeightedTree, uint> damage)
    {
        using WeightedTree tree = Damaged(damage);
        Audits.AssertNames(rule, tree.Audit);
    }

    private static WeightedTree Damaged(Action<WeightedTree, uint> damage)
    {
        WeightedTree tree = new();
        for (uint key = 0; key < 15; key++) tree.Add(key, 1);
        damage(tree, tree.Root);
        return tree;
    }
}
