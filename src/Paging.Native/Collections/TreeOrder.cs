namespace Paging.Native.Collections;

/// <summary>The order of the nodes of a tree, however it is balanced, and the replacement of one of them.</summary>
internal static class TreeOrder<TNodes>
    where TNodes : struct, ITreeNodes
{
    /// <summary>The node with the lowest key; 0 in an empty tree.</summary>
    public static uint First(uint root, TNodes nodes) => root == 0 ? 0 : Leftmost(nodes, root);

    /// <summary>The node with the highest key; 0 in an empty tree.</summary>
    public static uint Last(uint root, TNodes nodes) => root == 0 ? 0 : Rightmost(nodes, root);

    /// <summary>The node after one, in order; 0 after the last. O(log n), a constant on average.</summary>
    public static uint Next(TNodes nodes, uint node)
    {
        uint right = nodes.Links(node).Right;
        if (right != 0) return Leftmost(nodes, right);
        uint parent = nodes.Links(node).Parent;
        for (; parent != 0 && nodes.Links(parent).Right == node; parent = nodes.Links(node).Parent) node = parent;
        return parent;
    }

    /// <summary>The node before one, in order; 0 before the first. O(log n), a constant on average.</summary>
    public static uint Previous(TNodes nodes, uint node)
    {
        uint left = nodes.Links(node).Left;
        if (left != 0) return Rightmost(nodes, left);
        uint parent = nodes.Links(node).Parent;
        for (; parent != 0 && nodes.Links(parent).Left == node; parent = nodes.Links(node).Parent) node = parent;
        return parent;
    }

    /// <summary>The node with the lowest key below a node, or the node itself.</summary>
    public static uint Leftmost(TNodes nodes, uint node)
    {
        for (uint left = nodes.Links(node).Left; left != 0; left = nodes.Links(node).Left) node = left;
        return node;
    }

    /// <summary>Puts a child, or none, where another one was.</summary>
    public static void ReplaceChild(ref uint root, TNodes nodes, uint parent, uint child, uint replacement)
    {
        if (parent == 0) root = replacement;
        else if (nodes.Links(parent).Left == child) nodes.Links(parent).Left = replacement;
        else nodes.Links(parent).Right = replacement;
        if (replacement != 0) nodes.Links(replacement).Parent = parent;
    }

    private static uint Rightmost(TNodes nodes, uint node)
    {
        for (uint right = nodes.Links(node).Right; right != 0; right = nodes.Links(node).Right) node = right;
        return node;
    }
}
