using Paging.Core.Spaces;

namespace Paging.Core.Inspection;

/// <summary>Takes a typed snapshot of the red-black tree of an address space.</summary>
internal static class AreaTreeLook
{
    /// <summary>Returns the nodes by address. Cost: O(n log n) for n areas.</summary>
    public static AreaTreeNode[] Of(AreaTree tree)
    {
        AreaTreeNode[] nodes = new AreaTreeNode[tree.Count];
        Dictionary<uint, int> places = new(tree.Count);    // a pass of its own: a parent may lie above its child
        for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next) places.Add(index.Value, places.Count);
        int place = 0;
        for (AreaIndex index = tree.First; index.IsSome; index = tree[index].Next, place++)
        {
            ref Area area = ref tree[index];
            int parent = area.Links.Parent == 0 ? -1 : places[area.Links.Parent];    // 0: the root has none
            nodes[place] = new(area.Range, parent, DepthOf(tree, index), area.Links.IsBlack);
        }

        return nodes;
    }

    private static int DepthOf(AreaTree tree, AreaIndex index)
    {
        int depth = 0;
        for (uint parent = tree[index].Links.Parent; parent != 0; parent = tree[new(parent)].Links.Parent) depth++;
        return depth;
    }
}
