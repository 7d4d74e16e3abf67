using Paging.Core.Accounting;
using Paging.Core.Inspection;
using Paging.Native;

namespace Paging.Core;

/// <summary>Finds single areas of an address space, and returns the tree that lookups search.</summary>
public static class AreaTrees
{
    /// <summary>Returns the area that covers a page, or the next above it, as find_vma() does. Null: there is none.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="page">The page.</param>
    /// <returns>The area. One that <see cref="AddressSpace.Reserve"/> made has <see cref="AreaFlags.Foreign"/>.</returns>
    /// <remarks>Cost: O(log n) for n areas. Allocates the record. Changes nothing.</remarks>
    public static AreaSnapshot? FindArea(this AddressSpace memory, PageNumber page)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        return memory.Inspector.Find(memory.CheckedSpace(), page);
    }

    /// <summary>Returns the nodes of the red-black tree in the order of their addresses, the embedder's areas included.</summary>
    /// <remarks>Cost: O(n log n) for n areas. Allocates.</remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public static IReadOnlyList<AreaTreeNode> SnapshotTree(this AddressSpace memory)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Guard.TakeTurn();
        memory.Space.ThrowIfEnded();    // an exited process has no tree; FindArea finds nothing there
        return AreaTreeLook.Of(memory.Space.Areas.Tree);
    }
}
