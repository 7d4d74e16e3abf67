using Paging.Core.Accounting;
using Paging.Core.Inspection;

namespace Paging.Core;

/// <summary>Shows the tree in which an address space looks up its areas.</summary>
public static class AreaTrees
{
    /// <summary>Returns the nodes of the red-black tree in the order of their addresses, the embedder's areas included.</summary>
    /// <remarks>Cost: O(n log n) for n areas. Allocates.</remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public static IReadOnlyList<AreaTreeNode> SnapshotTree(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        memory.Space.ThrowIfEnded();
        return AreaTreeLook.Of(memory.Space.Areas.Tree);
    }
}
