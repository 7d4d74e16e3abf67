using Paging.Core.Inspection;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>Finds single areas of an address space, identifies bytes, and returns the tree that lookups search.</summary>
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

    /// <summary>
    /// Identifies the byte at an address. Both numbers are equal for two addresses, of any processes, exactly if a write to one is seen at
    /// the other.
    /// </summary>
    /// <param name="memory">The address space.</param>
    /// <param name="address">The address.</param>
    /// <param name="owner">A number for the file object of a shared mapping, or for the address space of private memory.</param>
    /// <param name="offset">The offset of the byte in the owner, in bytes.</param>
    /// <returns>False if nothing is mapped there.</returns>
    /// <remarks>
    /// A page that parent and child still share after fork is private: it has an identity for each of them. Cost: O(log n) for n areas.
    /// Linux: union futex_key, get_futex_key (kernel/futex/core.c).
    /// </remarks>
    public static bool TryIdentify(this AddressSpace memory, VirtualAddress address, out ulong owner, out ulong offset)
    {
        ArgumentNullException.ThrowIfNull(memory);
        using SlowPathTurn turn = memory.Turn();
        return memory.Inspector.TryIdentify(memory.Space, address, out owner, out offset);
    }
}
