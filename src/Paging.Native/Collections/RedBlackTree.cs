using System.Diagnostics.CodeAnalysis;
using Paging.Native.Diagnostics;

namespace Paging.Native.Collections;

/// <summary>A balanced binary tree through links inside the records, which may cache facts about subtrees.</summary>
/// <remarks>
/// <code>
///             root, black
///            /          \            T1  the root is black and has no parent
///        red              black      T2  a red node has no red child
///       /   \            /     \     T3  every way down passes the same number of black nodes
///   black    black     red     none  T4  a child links to its parent
///                                    T5  a node's cached value equals the recomputed one
/// </code>
/// The caller descends and compares, so no key and no comparer is needed here; it keeps the root, a plain index (0: empty).
/// Insert and Remove cost O(log n): at most two and three rotations, and a walk upward while cached facts change.
/// Linux: lib/rbtree.c; Recompute corresponds to the compute function of RB_DECLARE_CALLBACKS.
/// </remarks>
internal static class RedBlackTree<TNodes>
    where TNodes : struct, IRedBlackNodes
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

    /// <summary>Links a node below a parent and rebalances.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="nodes">The records.</param>
    /// <param name="parent">The node at which the descent ended; 0 in an empty tree.</param>
    /// <param name="asLeft">True: the node becomes the left child, which the parent must not have; false: the right one.</param>
    /// <param name="node">A record that is in no tree.</param>
    /// <param name="changed">A node above the place whose own fact changes with this insertion; 0 none.</param>
    public static void Insert(ref uint root, TNodes nodes, uint parent, bool asLeft, uint node, uint changed = 0)
    {
        nodes.Links(node) = RedBlackLinks.NewBelow(parent);
        if (parent == 0)
        {
            InsertRoot(ref root, nodes, node);
            return;
        }

        ref RedBlackLinks above = ref nodes.Links(parent);
        ref uint place = ref asLeft ? ref above.Left : ref above.Right;
        if (Check.Cheap && place != 0) ThrowTaken(parent, place, node);
        place = node;
        _ = nodes.Recompute(node);
        nodes.Propagate(parent);
        if (changed != parent && changed != 0) nodes.Propagate(changed);
        if (!above.IsBlack) RedBlackBalance<TNodes>.AfterInsert(ref root, nodes, node);
    }

    /// <summary>Takes a node out and balances. Its links are stale afterwards.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="nodes">The records.</param>
    /// <param name="node">The node.</param>
    /// <param name="changed">The next node in order, if its own fact changes with this removal; 0 none.</param>
    public static void Remove(ref uint root, TNodes nodes, uint node, uint changed = 0)
    {
        RedBlackLinks gone = nodes.Links(node);
        uint replacement;    // the node that takes the place of the one that is really cut out; may be none
        uint lowest;    // the parent of that place: its cached facts include one node too many
        uint moved = 0;    // a node further up whose own fact is another one now
        bool wasBlack;
        if (gone.Left == 0 || gone.Right == 0)
        {
            replacement = gone.Left | gone.Right;
            lowest = gone.Parent;
            wasBlack = gone.IsBlack;
            ReplaceChild(ref root, nodes, gone.Parent, node, replacement);
            if (changed != replacement) moved = changed;    // the next in order is above
            else if (changed != 0) _ = nodes.Recompute(changed);    // or it was the right child
        }
        else
        {
            //      node                    successor         The successor, which has no left child, is cut out of its
            //     /    \                  /         \        place and put into the node's, colour included.
            //   left    right     ─►   left         right
            //          /     \                     /     \
            //   successor     …         replacement       …
            uint successor = Leftmost(nodes, gone.Right);
            moved = successor;
            ref RedBlackLinks links = ref nodes.Links(successor);
            replacement = links.Right;
            wasBlack = links.IsBlack;
            lowest = links.Parent == node ? successor : links.Parent;
            if (lowest != successor)
            {
                ReplaceChild(ref root, nodes, links.Parent, successor, replacement);
                links.Right = gone.Right;
                nodes.Links(gone.Right).Parent = successor;
            }
            links.Left = gone.Left;
            nodes.Links(gone.Left).Parent = successor;
            links.IsBlack = gone.IsBlack;
            ReplaceChild(ref root, nodes, gone.Parent, node, successor);
            nodes.TakeOver(successor, node);
        }
        if (lowest != 0) nodes.Propagate(lowest);
        if (moved != lowest && moved != 0) nodes.Propagate(moved);
        if (wasBlack) RedBlackBalance<TNodes>.AfterRemove(ref root, nodes, replacement, lowest);
    }

    /// <summary>Checks colours, black heights, parents and cached facts of a whole tree. The order is the caller's to check.</summary>
    /// <remarks>A cached fact that was wrong is right afterwards, as the check recomputes it.</remarks>
    public static void Audit(uint root, TNodes nodes, AuditReport report) => RedBlackAudit<TNodes>.Run(root, nodes, report);

    /// <summary>Puts a child, or none, where another one was.</summary>
    internal static void ReplaceChild(ref uint root, TNodes nodes, uint parent, uint child, uint replacement)
    {
        if (parent == 0) root = replacement;
        else if (nodes.Links(parent).Left == child) nodes.Links(parent).Left = replacement;
        else nodes.Links(parent).Right = replacement;
        if (replacement != 0) nodes.Links(replacement).Parent = parent;
    }

    private static void InsertRoot(ref uint root, TNodes nodes, uint node)
    {
        if (Check.Cheap && root != 0) throw new InvariantException($"T4: node {node} is to be the root of a tree that has one, {root}.");
        root = node;
        nodes.Links(node).IsBlack = true;
        _ = nodes.Recompute(node);
    }

    [DoesNotReturn]
    private static void ThrowTaken(uint parent, uint place, uint node) =>
        throw new InvariantException($"T4: cannot link node {node} below {parent}, which has the child {place} there.");

    private static uint Leftmost(TNodes nodes, uint node)
    {
        for (uint left = nodes.Links(node).Left; left != 0; left = nodes.Links(node).Left) node = left;
        return node;
    }

    private static uint Rightmost(TNodes nodes, uint node)
    {
        for (uint right = nodes.Links(node).Right; right != 0; right = nodes.Links(node).Right) node = right;
        return node;
    }
}
