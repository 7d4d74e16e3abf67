using Paging.Native.Collections;

namespace Paging.Windows.Vads;

/// <summary>Restores the balance of an AVL tree on the way up from a place where a node came or went.</summary>
internal static class AvlBalance<TNodes>
    where TNodes : struct, ITreeNodes
{
    /// <summary>A node has become a leaf below its parent: the sides above it may be one deeper.</summary>
    public static void AfterInsert(ref uint root, TNodes nodes, uint node)
    {
        for (uint parent = nodes.Links(node).Parent; parent != 0; node = parent, parent = nodes.Links(node).Parent)
        {
            ref TreeLinks links = ref nodes.Links(parent);
            int balance = links.Balance + (links.Left == node ? -1 : 1);
            if (balance is -2 or 2)
            {
                Rotate(ref root, nodes, parent, balance);
                return;
            }

            links.Balance = balance;
            if (balance == 0) return;    // the shallower side has caught up
        }
    }

    /// <summary>A side of a node has become one shallower, and those above it may have, too.</summary>
    public static void AfterRemove(ref uint root, TNodes nodes, uint node, bool fromLeft)
    {
        while (node != 0)
        {
            ref TreeLinks links = ref nodes.Links(node);
            uint top = node;
            int balance = links.Balance + (fromLeft ? 1 : -1);
            if (balance is -2 or 2) top = Rotate(ref root, nodes, node, balance);
            else links.Balance = balance;
            if (nodes.Links(top).Balance != 0) return;    // as deep as before
            node = nodes.Links(top).Parent;
            if (node != 0) fromLeft = nodes.Links(node).Left == top;
        }
    }

    //      node +2                    child              node +2                          grand
    //     /       \                  /     \            /       \                       /       \
    //    a        child   ─►      node      c          a        child -1     ─►      node       child
    //            /     \         /    \                        /      \             /    \     /     \
    //           b       c       a      b                    grand      d           a      b   c       d
    /// <summary>Lifts the deeper side of a node, which is two levels deeper. Returns the node that takes the node's place.</summary>
    private static uint Rotate(ref uint root, TNodes nodes, uint node, int balance)
    {
        bool toLeft = balance > 0;
        int side = toLeft ? 1 : -1;
        uint child = toLeft ? nodes.Links(node).Right : nodes.Links(node).Left;
        int below = nodes.Links(child).Balance;
        if (below != -side)
        {
            Lift(ref root, nodes, node, child, toLeft);
            nodes.Links(node).Balance = below == 0 ? side : 0;    // 0 only after a removal: the side stays as deep as it was
            nodes.Links(child).Balance = below == 0 ? -side : 0;
            return child;
        }

        uint grand = toLeft ? nodes.Links(child).Left : nodes.Links(child).Right;
        int inner = nodes.Links(grand).Balance;
        Lift(ref root, nodes, child, grand, !toLeft);
        Lift(ref root, nodes, node, grand, toLeft);
        nodes.Links(node).Balance = inner == side ? -side : 0;
        nodes.Links(child).Balance = inner == -side ? side : 0;
        nodes.Links(grand).Balance = 0;
        return grand;
    }

    /// <summary>Puts a child in its parent's place, and the parent below it on the other side.</summary>
    private static void Lift(ref uint root, TNodes nodes, uint node, uint child, bool toLeft)
    {
        uint parent = nodes.Links(node).Parent;
        ref uint outer = ref toLeft ? ref nodes.Links(node).Right : ref nodes.Links(node).Left;
        ref uint inner = ref toLeft ? ref nodes.Links(child).Left : ref nodes.Links(child).Right;
        uint moved = inner;
        outer = moved;
        if (moved != 0) nodes.Links(moved).Parent = node;
        inner = node;
        TreeOrder<TNodes>.ReplaceChild(ref root, nodes, parent, node, child);
        nodes.Links(node).Parent = child;
    }
}
