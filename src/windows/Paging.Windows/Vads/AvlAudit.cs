using Paging.Native;
using Paging.Native.Collections;

namespace Paging.Windows.Vads;

/// <summary>Walks an AVL tree from the root and checks each rule where it can be seen.</summary>
internal static class AvlAudit<TNodes>
    where TNodes : struct, ITreeNodes
{
    private const int DepthMax = 48;    // 1.44 times the logarithm of all indexes: no balanced tree is deeper

    /// <summary>Checks T6 to T8, and that the tree has as many nodes as its owner records.</summary>
    public static void Run(uint root, TNodes nodes, long count, AuditReport report)
    {
        if (root != 0 && nodes.Links(root).Parent != 0) report.Add("T7", $"the root, {root}, has a parent, {nodes.Links(root).Parent}");
        long found = 0;
        int depth = Depth(root, nodes, 0, ref found, report);
        report.AddIfDifferent("T7", "nodes of the tree", found, count);
        // T8  at most 1.44 log2 n deep; 1.4405 log2(n + 2) - 0.3277 exactly
        if (depth > (1.4405 * Math.Log2(found + 2)) - 0.32) report.Add("T8", $"{found} nodes are {depth} deep");
    }

    private static int Depth(uint node, TNodes nodes, int above, ref long found, AuditReport report)
    {
        if (node == 0) return 0;
        if (above > DepthMax)
        {
            report.Add("T8", $"node {node} is more than {DepthMax} deep");
            return 0;
        }

        found++;
        TreeLinks links = nodes.Links(node);
        int left = Below(node, links.Left, nodes, above, ref found, report);
        int right = Below(node, links.Right, nodes, above, ref found, report);
        // T6  the balance is the difference in depth, one at most
        if (right - left != links.Balance || links.Balance is < -1 or > 1)
            report.Add("T6", $"node {node} has balance {links.Balance}, with {left} below on the left and {right} on the right");
        return 1 + Math.Max(left, right);
    }

    // T7  a child links to its parent. Other children are not followed: no node is visited twice, even in a broken tree.
    private static int Below(uint node, uint child, TNodes nodes, int above, ref long found, AuditReport report)
    {
        if (child == 0 || nodes.Links(child).Parent == node) return Depth(child, nodes, above + 1, ref found, report);
        report.Add("T7", $"node {child} is a child of {node}, but links to {nodes.Links(child).Parent} as its parent");
        return 0;
    }
}
