using Paging.Native;

namespace Paging.Programs;

/// <summary>The figures of a heap, in bytes and chunks: mallinfo(3).</summary>
/// <param name="HeapBytes">From the start of the heap to the break (arena).</param>
/// <param name="InUseBytes">Chunks that the program has, headers included (uordblks), without mapped ones.</param>
/// <param name="InUseCount">How many.</param>
/// <param name="FreeBytes">Free chunks between them (fordblks without the top).</param>
/// <param name="FreeCount">How many pieces that is (ordblks).</param>
/// <param name="LargestFreeBytes">The largest of the pieces.</param>
/// <param name="TopBytes">The free end, which brk can give back (keepcost).</param>
/// <param name="MappedBytes">Chunks with mappings of their own (hblkhd).</param>
/// <param name="MappedCount">How many (hblks).</param>
public readonly record struct HeapStatistics(
    uint HeapBytes, uint InUseBytes, uint InUseCount, uint FreeBytes, uint FreeCount, uint LargestFreeBytes, uint TopBytes, uint MappedBytes, uint MappedCount)
{
    /// <summary>The share of the free pieces that is not in the largest one: 0 for one piece, towards 1 for many small ones.</summary>
    public double Fragmentation => FreeBytes == 0 ? 0 : 1 - ((double)LargestFreeBytes / FreeBytes);

    internal static HeapStatistics Of(HeapArena arena)
    {
        uint inUse = 0, inUseCount = 0, free = 0, freeCount = 0, largest = 0;
        VirtualAddress top = arena.Top;
        for (VirtualAddress chunk = arena.FirstChunk; chunk < top; chunk += arena.Head(chunk).ByteLength)
        {
            uint byteLength = arena.Head(chunk).ByteLength;
            if (byteLength < HeapChunk.ByteLengthMin) break;    // corrupted by the program; the audit says where
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

        return new(arena.End.Value - arena.Start.Value, inUse, inUseCount, free, freeCount, largest, arena.Head(top).ByteLength, arena.MappedBytes, arena.MappedCount);
    }
}
