using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Paging.Native.Tables;

/// <summary>Finds the next word that is not zero, or not like others, in a table: entries of pages, or of a directory.</summary>
internal static class EntryScan
{
    /// <summary>The lowest index from <paramref name="from"/> on whose word is not zero, or <paramref name="end"/>.</summary>
    /// <remarks>The test of the first word is inlined: in a dense table it is nearly always the answer.</remarks>
    // SAFETY: the caller's end is at most 1024, and the words are those of a table in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int NextTouched(uint* words, int from, int end) =>
        from < end && words[from] != 0 ? from : SkipUntouched(words, from, end);

    /// <summary>
    /// The lowest index from <paramref name="from"/> on whose word has not this value in the bits of the mask, or the end.
    /// </summary>
    /// <remarks>Cost: a table of 1024 equal words in some 60 ns.</remarks>
    // SAFETY: as NextTouched, for words of either width; a vector of them is loaded only where as many are left.
    public static unsafe int NextUnlike<T>(T* words, int from, int end, T mask, T value) where T : unmanaged, IBinaryInteger<T>
    {
        int index = from;
        Vector256<T> masks = Vector256.Create(mask), values = Vector256.Create(value);
        for (; index + Vector256<T>.Count <= end; index += Vector256<T>.Count)
        {
            Vector256<T> alike = Vector256.Equals(Vector256.Load(words + index) & masks, values);
            if (alike == Vector256<T>.AllBitsSet) continue;
            return index + BitOperations.TrailingZeroCount(~alike.ExtractMostSignificantBits());
        }

        while (index < end && (words[index] & mask) == value) index++;
        return index;
    }

    /// <summary>True if eight classic entries map neighbours among the frames, as pages do that were touched in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreNeighbours(Vector256<uint> entries) =>
        Vector256.ShiftRightLogical(entries, VirtualAddress.PageShift)
            == Vector256.Create(entries[0] >> VirtualAddress.PageShift) + Vector256.Create(0u, 1, 2, 3, 4, 5, 6, 7);

    // SAFETY: as NextTouched; eight words are loaded only where eight are left.
    private static unsafe int SkipUntouched(uint* words, int from, int end)
    {
        int index = from;
        for (; index + Vector256<uint>.Count <= end; index += Vector256<uint>.Count)
        {
            Vector256<uint> eight = Vector256.Load(words + index);
            if (eight == Vector256<uint>.Zero) continue;
            uint untouched = Vector256.Equals(eight, Vector256<uint>.Zero).ExtractMostSignificantBits();
            return index + BitOperations.TrailingZeroCount(~untouched);
        }

        while (index < end && words[index] == 0) index++;
        return index;
    }
}
