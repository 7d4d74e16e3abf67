namespace Paging.Native.Collections;

/// <summary>Walks a red-black tree from the root and checks each rule where it can be seen.</summary>
internal static class RedBlackAudit<TNodes>
    where TNodes : struct, IRedBlackNodes
{
    private const int DepthMax = 64;    // twice the logarithm of all indexes: no balanced tree is deeper

    public static void Run(uint root, TNodes nodes, AuditReport report)
    {
        if (root == 0) return;
        // T1  the root is black and has no parent.
        if (!nodes.Links(root).IsBlack) report.Add("T1", $"the root, {root}, is red");
        if (nodes.Links(root).Parent != 0) report.Add("T1", $"the root, {root}, has a parent, {nodes.Links(root).Parent}");
        _ = BlackHeight(nodes, root, 0, report);
    }

    private static int BlackHeight(TNodes nodes, uint node, int depth, AuditReport report)
    {
        if (node == 0) return 0;
        if (depth > DepthMax)
        {
            report.Add("T3", $"node {node} is more than {DepthMax} deep");
            return 0;
        }
        TreeLinks links = nodes.Links(node);
        int left = Descend(nodes, node, links.Left, depth, report);
        int right = Descend(nodes, node, links.Right, depth, report);
        // T3  every way down passes the same number of black nodes.
        if (left != right) report.Add("T3", $"node {node} has {left} black nodes below on the left and {right} on the right");
        // T5  a node's cached value equals the recomputed one.
        if (nodes.Recompute(node)) report.Add("T5", $"node {node} has a cached value that differs from its subtree's");
        return left + (links.IsBlack ? 1 : 0);
    }

    private static int Descend(TNodes nodes, uint node, uint child, int depth, AuditReport report)
    {
        if (child == 0) return 0;
        // T4  a child links to its parent. Other children are not followed: no node is visited twice, even in a broken tree.
        if (nodes.Links(child).Parent != node)
        {
            report.Add("T4", $"node {child} is a child of {node}, but links to {nodes.Links(child).Parent} as its parent");
            return 0;
        }
        // T2  a red node has no red child.
        if (!nodes.Links(node).IsBlack && !nodes.Links(child).IsBlack) report.Add("T2", $"node {node} and its child {child} are both red");
        return BlackHeight(nodes, child, depth + 1, report);
    }
}
