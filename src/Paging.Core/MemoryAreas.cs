using Paging.Core.Inspection;
using Paging.Core.SystemCalls;
using Paging.Core.Threads;
using Paging.Native;

namespace Paging.Core;

/// <summary>The areas of an address space, for reading.</summary>
public readonly struct MemoryAreas
{
    private readonly AddressSpace? _memory;

    internal MemoryAreas(AddressSpace memory) => _memory = memory;

    /// <summary>The number of areas that count against max_map_count.</summary>
    public int Count => Memory.CheckedSpace().Areas.Count;

    /// <summary>Returns the areas in order, as typed records. Allocates.</summary>
    public IReadOnlyList<AreaSnapshot> Snapshot()
    {
        using SlowPathHold hold = Memory.Callers.Hold();
        return Memory.Inspector.Areas(Memory.CheckedSpace());
    }

    /// <summary>Returns the area that covers a page, or the next above it, as find_vma() does. Null: there is none.</summary>
    /// <param name="page">The page.</param>
    /// <returns>The area. One that <see cref="AddressSpace.Reserve"/> made has <see cref="AreaFlags.Foreign"/>.</returns>
    /// <remarks>Cost: O(log n) for n areas. Allocates the record. Changes nothing.</remarks>
    public AreaSnapshot? Find(PageNumber page)
    {
        using SlowPathHold hold = Memory.Callers.Hold();
        return Memory.Inspector.Find(Memory.CheckedSpace(), page);
    }

    /// <summary>Returns the memory that the area covering a page occupies; all zeros if there is none.</summary>
    public MemoryFootprint FootprintAt(PageNumber page)
    {
        AddressSpace.Check(page);
        using SlowPathHold hold = Memory.Callers.Hold();
        return Memory.Inspector.FootprintAt(Memory.CheckedSpace(), page);
    }

    /// <summary>Returns true if a part of the range is mapped.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range ends beyond 4 GiB.</exception>
    public bool IsMappedWithin(PageRange range)
    {
        if (!range.IsInAddressSpace)
            throw new ArgumentOutOfRangeException(nameof(range), range, "The range ends beyond 4 GiB.");
        using SlowPathHold hold = Memory.Hold();
        return Memory.Space.Areas.Tree.FirstIn(range).IsSome;
    }

    /// <summary>
    /// Checks a mapping of a file that the embedder keeps itself: everything that mmap(2) checks before the file's rights.
    /// </summary>
    /// <returns>
    /// EINVAL, ENOMEM, EEXIST, EPERM, EAGAIN: as <c>AddressSpace.Map</c>. EOPNOTSUPP: <see cref="MapFlags.SharedValidate"/> with an unknown
    /// flag.
    /// </returns>
    /// <remarks>Maps nothing. Linux: do_mmap.</remarks>
    public Errno CheckMap(VirtualAddress address, uint byteLength, MapFlags flags)
    {
        MapRequest request = new(address, byteLength, MemoryProtection.None, flags & ~MapFlags.Anonymous, byteOffset: 0);
        using SlowPathHold hold = Memory.Hold();
        return MapOperation.CheckBeforeFile(Memory.Space, request);
    }

    /// <summary>
    /// Identifies the byte at an address. Both numbers are equal for two addresses, of any processes, if and only if a write to one is seen
    /// at the other.
    /// </summary>
    /// <param name="address">The address.</param>
    /// <param name="owner">A number for the file object of a shared mapping, or for the address space of private memory.</param>
    /// <param name="offset">The offset of the byte in the owner, in bytes.</param>
    /// <returns>False if nothing is mapped there.</returns>
    /// <remarks>
    /// A page that parent and child still share after fork is private: it has an identity for each of them. Cost: O(log n) for n areas.
    /// Linux: union futex_key, get_futex_key (kernel/futex/core.c).
    /// </remarks>
    public bool TryIdentify(VirtualAddress address, out ulong owner, out ulong offset)
    {
        using SlowPathHold hold = Memory.Hold();
        return Memory.Inspector.TryIdentify(Memory.Space, address, out owner, out offset);
    }

    /// <summary>Returns the nodes of the red-black tree in the order of their addresses, the embedder's areas included.</summary>
    /// <remarks>Cost: O(n log n) for n areas. Allocates.</remarks>
    /// <exception cref="ObjectDisposedException">The process has exited.</exception>
    public IReadOnlyList<AreaTreeNode> SnapshotTree()
    {
        using SlowPathHold hold = Memory.Callers.Hold();
        Memory.Space.ThrowIfEnded();    // an exited process has no tree; Find finds nothing there
        return AreaTreeLook.Of(Memory.Space.Areas.Tree);
    }

    private AddressSpace Memory => _memory ?? throw AddressSpace.OfNone();
}
