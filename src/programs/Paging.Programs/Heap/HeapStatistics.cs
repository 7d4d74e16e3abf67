using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>The figures of a heap in bytes and chunks, as mallinfo(3) returns them.</summary>
/// <param name="HeapBytes">The bytes from the start of the heap to the break (arena).</param>
/// <param name="InUseBytes">The bytes of chunks in use, including headers but not mapped chunks (uordblks).</param>
/// <param name="InUseCount">The number of those chunks.</param>
/// <param name="FreeBytes">The bytes of free chunks between them (fordblks without the top).</param>
/// <param name="FreeCount">The number of those chunks (ordblks).</param>
/// <param name="LargestFreeBytes">The size of the largest of them.</param>
/// <param name="TopBytes">The free end, which brk can give back (keepcost).</param>
/// <param name="MappedBytes">The bytes of chunks with their own mappings (hblkhd).</param>
/// <param name="MappedCount">The number of those chunks (hblks).</param>
public readonly record struct HeapStatistics(
    uint HeapBytes, uint InUseBytes, uint InUseCount, uint FreeBytes, uint FreeCount, uint LargestFreeBytes, uint TopBytes,
    uint MappedBytes, uint MappedCount)
{
    /// <summary>The share of the free bytes that is not in the largest chunk: 0 for one chunk, close to 1 for many small ones.</summary>
    public double Fragmentation => FreeBytes == 0 ? 0 : 1 - ((double)LargestFreeBytes / FreeBytes);

    internal static HeapStatistics Of(HeapArena arena)
    {
        uint inUse = 0, inUseCount = 0, free = 0, freeCount = 0, largest = 0;
        VirtualAddress top = arena.Top;
        for (VirtualAddress chunk = arena.FirstChunk; chunk < top; chunk += arena.Head(chunk).ByteLength)
        {
            uint byteLength = arena.Head(chunk).ByteLength;
            if (byteLength < HeapChunk.ByteLengthMin) break;    // corrupted by the program; the audit reports where
            if (arena.IsInUse(chunk))
            {
                inUse += byteLength;
                inUseCount++;
                continue;
            }

            free += byteLength;
            freeCount++;
            largest = Math.Max(largest, byteLength);
        }

        uint heapBytes = arena.End.Value - arena.Start.Value;
        uint topBytes = arena.Head(top).ByteLength;
        return new(heapBytes, inUse, inUseCount, free, freeCount, largest, topBytes, arena.MappedBytes, arena.MappedCount);
    }
}
