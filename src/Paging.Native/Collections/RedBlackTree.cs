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
    /// <summary>Links a node below a parent and rebalances.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="nodes">The records.</param>
    /// <param name="parent">The node at which the descent ended; 0 in an empty tree.</param>
    /// <param name="asLeft">True: the node becomes the left child, which the parent must not have; false: the right one.</param>
    /// <param name="node">A record that is in no tree.</param>
    /// <param name="changed">A node above the place whose own fact changes with this insertion; 0 none.</param>
    public static void Insert(ref uint root, TNodes nodes, uint parent, bool asLeft, uint node, uint changed = 0)
    {
        nodes.Links(node) = TreeLinks.NewBelow(parent);
        if (parent == 0)
        {
            InsertRoot(ref root, nodes, node);
            return;
        }

        ref TreeLinks above = ref nodes.Links(parent);
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
        TreeLinks gone = nodes.Links(node);
        uint replacement;    // the node that takes the place of the one that is really cut out; may be none
        uint lowest;    // the parent of that place: its cached facts include one node too many
        uint moved = 0;    // a node further up whose own fact is another one now
        bool wasBlack;
        if (gone.Left == 0 || gone.Right == 0)
        {
            replacement = gone.Left | gone.Right;
            lowest = gone.Parent;
            wasBlack = gone.IsBlack;
            TreeOrder<TNodes>.ReplaceChild(ref root, nodes, gone.Parent, node, replacement);
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
            uint successor = TreeOrder<TNodes>.Leftmost(nodes, gone.Right);
            moved = successor;
            ref TreeLinks links = ref nodes.Links(successor);
            replacement = links.Right;
            wasBlack = links.IsBlack;
            lowest = links.Parent == node ? successor : links.Parent;
            if (lowest != successor)
            {
                TreeOrder<TNodes>.ReplaceChild(ref root, nodes, links.Parent, successor, replacement);
                links.Right = gone.Right;
                nodes.Links(gone.Right).Parent = successor;
            }
            links.Left = gone.Left;
            nodes.Links(gone.Left).Parent = successor;
            links.IsBlack = gone.IsBlack;
            TreeOrder<TNodes>.ReplaceChild(ref root, nodes, gone.Parent, node, successor);
            nodes.TakeOver(successor, node);
        }
        if (lowest != 0) nodes.Propagate(lowest);
        if (moved != lowest && moved != 0) nodes.Propagate(moved);
        if (wasBlack) RedBlackBalance<TNodes>.AfterRemove(ref root, nodes, replacement, lowest);
    }

    /// <summary>Checks colours, black heights, parents and cached facts of a whole tree. The order is the caller's to check.</summary>
    /// <remarks>A cached fact that was wrong is right afterwards, as the check recomputes it.</remarks>
    public static void Audit(uint root, TNodes nodes, AuditReport report) => RedBlackAudit<TNodes>.Run(root, nodes, report);

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
}
