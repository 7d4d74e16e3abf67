using System.Numerics;
using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>The free chunks by size: one bin for each multiple of 16 below 512, then one for each power of two.</summary>
/// <remarks>
/// Large bins are sorted by size and address. The links lie in the free chunks themselves. The best fit is taken, and the lowest of
/// equals, so the same calls give the same addresses.
/// </remarks>
internal readonly struct HeapBins(HeapArena arena)
{
    private const uint SmallBytesMax = 512;
    private const int FirstLarge = 32;

    /// <summary>Returns the bin of a size.</summary>
    public static int IndexOf(uint byteLength) =>
        byteLength < SmallBytesMax
            ? (int)(byteLength / HeapChunk.Alignment)
            : FirstLarge + BitOperations.Log2(byteLength) - BitOperations.Log2(SmallBytesMax);

    /// <summary>Adds a free chunk to its bin.</summary>
    public void Add(VirtualAddress chunk, uint byteLength)
    {
        int bin = IndexOf(byteLength);
        VirtualAddress previous = VirtualAddress.Zero, next = arena.Bin(bin);
        while (next != VirtualAddress.Zero && IsBefore(next, chunk, byteLength))
        {
            previous = next;
            next = arena.Next(next);
        }

        arena.SetPrevious(chunk, previous);
        arena.SetNext(chunk, next);
        if (next != VirtualAddress.Zero) arena.SetPrevious(next, chunk);
        if (previous != VirtualAddress.Zero) arena.SetNext(previous, chunk);
        else arena.SetBin(bin, chunk);
    }

    /// <summary>Removes a chunk from any place in its bin.</summary>
    public void Remove(VirtualAddress chunk, uint byteLength)
    {
        VirtualAddress previous = arena.Previous(chunk), next = arena.Next(chunk);
        if (next != VirtualAddress.Zero) arena.SetPrevious(next, previous);
        if (previous != VirtualAddress.Zero) arena.SetNext(previous, next);
        else arena.SetBin(IndexOf(byteLength), next);
    }

    /// <summary>Takes the smallest chunk that is large enough.</summary>
    public bool TryTake(uint byteLength, out VirtualAddress chunk)
    {
        for (int bin = IndexOf(byteLength); bin < HeapArena.BinCount; bin++)
        {
            for (chunk = arena.Bin(bin); chunk != VirtualAddress.Zero; chunk = arena.Next(chunk))
            {
                uint found = arena.Head(chunk).ByteLength;
                if (found < byteLength) continue;
                Remove(chunk, found);
                return true;
            }
        }

        chunk = VirtualAddress.Zero;
        return false;
    }

    private bool IsBefore(VirtualAddress listed, VirtualAddress chunk, uint byteLength)
    {
        uint size = arena.Head(listed).ByteLength;
        return size < byteLength || (size == byteLength && listed < chunk);
    }
}
