using System.Runtime.CompilerServices;
using Paging.Native.Allocation;

namespace Paging.Native;

/// <summary>The number of free blocks of each order: block sizes from one frame (order 0) to 1024 frames (order 10).</summary>
/// <remarks>Frames on the hot stack and frames zeroed ahead are in no block.</remarks>
[InlineArray(OrderCount)]
public struct FreeBlockCounts
{
    /// <summary>The number of orders.</summary>
    public const int OrderCount = FreeLists.OrderMax + 1;

    private uint _first;

    /// <summary>The free blocks of an order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such order.</exception>
    public readonly uint Of(int order)
    {
        FreeLists.CheckOrder(order);
        return this[order];
    }
}
