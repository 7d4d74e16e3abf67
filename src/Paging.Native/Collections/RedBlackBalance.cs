namespace Paging.Native.Collections;

/// <summary>Restores colours and black heights after a node came or went. Rules T2 and T3 of <see cref="RedBlackTree{TNodes}"/>.</summary>
/// <remarks>
/// In the pictures capitals are black, small letters red, <c>n</c> is the node at fault. Each case has a mirror image; the
/// flag <c>isLeft</c> is true if <c>n</c> is a left child, and the accessors take "near" and "far" from there.
/// </remarks>
internal static class RedBlackBalance<TNodes>
    where TNodes : struct, IRedBlackNodes
{
    /// <summary>The red node may have a red parent.</summary>
    public static void AfterInsert(ref uint root, TNodes nodes, uint node)
    {
        while (true)
        {
            uint parent = nodes.Links(node).Parent;
            if (parent == 0)
            {
                nodes.Links(node).IsBlack = true;    // one black more on every way
                return;
            }
            if (nodes.Links(parent).IsBlack) return;
            uint grandparent = nodes.Links(parent).Parent;    // there is one: a red node is not the root
            bool isLeft = nodes.Links(grandparent).Left == parent;
            uint uncle = Child(nodes, grandparent, !isLeft);
            if (uncle != 0 && !nodes.Links(uncle).IsBlack)
            {
                //       G            g
                //      / \          / \      the fault moves up by two
                //     p   u   ─►   P   U
                //    /            /
                //   n            n
                nodes.Links(parent).IsBlack = nodes.Links(uncle).IsBlack = true;
                nodes.Links(grandparent).IsBlack = false;
                node = grandparent;
                continue;
            }
            //     G              G              P
            //    / \            / \            / \
            //   p   U    ─►    n   U    ─►    n   g
            //    \            /                    \
            //     n          p                      U
            if (Child(nodes, parent, !isLeft) == node)
            {
                Rotate(ref root, nodes, parent, isLeft);
                parent = node;
            }
            Rotate(ref root, nodes, grandparent, !isLeft);
            nodes.Links(parent).IsBlack = true;
            nodes.Links(grandparent).IsBlack = false;
            return;
        }
    }

    /// <summary>Every way through a node, which may be none, misses one black node.</summary>
    public static void AfterRemove(ref uint root, TNodes nodes, uint node, uint parent)
    {
        while (parent != 0 && (node == 0 || nodes.Links(node).IsBlack))
        {
            bool isLeft = nodes.Links(parent).Left == node;
            uint sibling = Child(nodes, parent, !isLeft);    // there is one: the other side has a black node more
            if (!nodes.Links(sibling).IsBlack)
            {
                //     P              S
                //    / \            / \      the new sibling is black
                //   N   s    ─►    p   R
                //      / \        / \
                //     L   R      N   L
                Rotate(ref root, nodes, parent, isLeft);
                nodes.Links(sibling).IsBlack = true;
                nodes.Links(parent).IsBlack = false;
                sibling = Child(nodes, parent, !isLeft);
            }
            uint near = Child(nodes, sibling, isLeft), far = Child(nodes, sibling, !isLeft);
            if (IsBlackOrNone(nodes, near) && IsBlackOrNone(nodes, far))
            {
                nodes.Links(sibling).IsBlack = false;    // now the whole of parent misses one
                node = parent;
                parent = nodes.Links(node).Parent;
                continue;
            }
            if (IsBlackOrNone(nodes, far))
            {
                //     p              p
                //    / \            / \      p of either colour
                //   N   S    ─►    N   L
                //      / \              \
                //     l   R              s
                //                         \
                //                          R
                Rotate(ref root, nodes, sibling, !isLeft);
                nodes.Links(near).IsBlack = true;
                nodes.Links(sibling).IsBlack = false;
                far = sibling;
                sibling = near;
            }
            //     p              s
            //    / \            / \      s takes p's colour; N's side gains a black node
            //   N   S    ─►    P   R
            //        \        /
            //         r      N
            Rotate(ref root, nodes, parent, isLeft);
            nodes.Links(sibling).IsBlack = nodes.Links(parent).IsBlack;
            nodes.Links(parent).IsBlack = nodes.Links(far).IsBlack = true;
            return;
        }
        if (node != 0) nodes.Links(node).IsBlack = true;
    }

    private static uint Child(TNodes nodes, uint node, bool isLeft) => isLeft ? nodes.Links(node).Left : nodes.Links(node).Right;

    private static bool IsBlackOrNone(TNodes nodes, uint node) => node == 0 || nodes.Links(node).IsBlack;

    //     node                 child
    //    /    \               /     \       to the left; the other way round to the right. Both hold the same records
    //   a     child    ─►   node     c      in the same order, so nothing above needs recomputing.
    //        /     \       /    \                  The child takes over the node's cached facts.
    //       b       c     a      b
    private static void Rotate(ref uint root, TNodes nodes, uint node, bool toLeft)
    {
        ref TreeLinks links = ref nodes.Links(node);
        uint child = toLeft ? links.Right : links.Left;
        ref TreeLinks childLinks = ref nodes.Links(child);
        uint inner = toLeft ? childLinks.Left : childLinks.Right;
        TreeOrder<TNodes>.ReplaceChild(ref root, nodes, links.Parent, node, child);
        if (toLeft)
        {
            links.Right = inner;
            childLinks.Left = node;
        }
        else
        {
            links.Left = inner;
            childLinks.Right = node;
        }
        links.Parent = child;
        if (inner != 0) nodes.Links(inner).Parent = node;
        nodes.TakeOver(child, node);
        _ = nodes.Recompute(node);
    }
}
