using System.Diagnostics.CodeAnalysis;
using Paging.Native;
using Paging.Native.Collections;
using Paging.Native.Diagnostics;

namespace Paging.Windows.Vads;

/// <summary>A binary tree through links inside the records, in which the two sides of every node differ in depth by one at most.</summary>
/// <remarks><code>
///   T6  the balance of a node is the depth of its right side less that of its left: -1, 0 or 1
///   T7  a child links to its parent, and the root has none
///   T8  so n nodes are at most 1.44 log2 n deep
/// </code>
/// The caller descends and compares, so no key and no comparer is needed here; it keeps the root, a plain index (0: empty).
/// Insert costs O(log n) and at most one rotation, single or double; Remove O(log n) and as many rotations at most.
/// Adelson-Velsky and Landis, 1962; Knuth, The Art of Computer Programming 3, 6.2.3. Windows keeps VADs in such a tree.
/// </remarks>
internal static class AvlTree<TNodes>
    where TNodes : struct, ITreeNodes
{
    /// <summary>Links a node below a parent and rebalances.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="nodes">The records.</param>
    /// <param name="parent">The node at which the descent ended; 0 in an empty tree.</param>
    /// <param name="asLeft">True: the node becomes the left child, which the parent must not have; false: the right one.</param>
    /// <param name="node">A record that is in no tree.</param>
    public static void Insert(ref uint root, TNodes nodes, uint parent, bool asLeft, uint node)
    {
        nodes.Links(node) = TreeLinks.NewBelow(parent);
        ref uint place = ref parent == 0 ? ref root : ref asLeft ? ref nodes.Links(parent).Left : ref nodes.Links(parent).Right;
        if (Check.Cheap && place != 0) ThrowTaken(parent, place, node);
        place = node;
        AvlBalance<TNodes>.AfterInsert(ref root, nodes, node);
    }

    /// <summary>Takes a node out and balances. Its links are stale afterwards.</summary>
    public static void Remove(ref uint root, TNodes nodes, uint node)
    {
        TreeLinks gone = nodes.Links(node);
        uint lowest = gone.Parent;    // the lowest node that has lost depth on a side
        bool fromLeft = lowest != 0 && nodes.Links(lowest).Left == node;
        if (gone.Left == 0 || gone.Right == 0)
        {
            TreeOrder<TNodes>.ReplaceChild(ref root, nodes, gone.Parent, node, gone.Left | gone.Right);
        }
        else
        {
            //      node                    successor         The successor, which has no left child, is cut out of its
            //     /    \                  /         \        place and put into the node's, balance included.
            //   left    right     ─►   left         right
            //          /     \                     /     \
            //   successor     …         its right         …
            uint successor = TreeOrder<TNodes>.Leftmost(nodes, gone.Right);
            TreeLinks moved = nodes.Links(successor);
            fromLeft = moved.Parent != node;
            lowest = fromLeft ? moved.Parent : successor;
            TreeOrder<TNodes>.ReplaceChild(ref root, nodes, moved.Parent, successor, moved.Right);
            uint right = nodes.Links(node).Right;    // the successor may have been the right child itself
            nodes.Links(successor) = new() { ParentAndMark = gone.ParentAndMark, Left = gone.Left, Right = right };
            nodes.Links(gone.Left).Parent = successor;
            if (right != 0) nodes.Links(right).Parent = successor;
            TreeOrder<TNodes>.ReplaceChild(ref root, nodes, gone.Parent, node, successor);
        }

        AvlBalance<TNodes>.AfterRemove(ref root, nodes, lowest, fromLeft);
    }

    /// <summary>Checks balances, parents and depth of a whole tree. The order is the caller's to check.</summary>
    public static void Audit(uint root, TNodes nodes, long count, AuditReport report) =>
        AvlAudit<TNodes>.Run(root, nodes, count, report);

    [DoesNotReturn]
    private static void ThrowTaken(uint parent, uint place, uint node) =>
        throw new InvariantException($"T7: cannot link node {node} below {parent}, which has the child {place} there.");
}
