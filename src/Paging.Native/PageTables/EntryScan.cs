using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Paging.Native;

/// <summary>Finds the next word that is not zero in a table of 1024: entries of pages, or of a directory.</summary>
internal static class EntryScan
{
    /// <summary>The lowest index from <paramref name="from"/> on whose word is not zero, or <paramref name="end"/>.</summary>
    /// <remarks>The test of the first word is inlined: in a dense table it is nearly always the answer.</remarks>
    // SAFETY: the caller's end is at most 1024, and the words are those of a table in RAM.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe int NextTouched(uint* words, int from, int end) =>
        from < end && words[from] != 0 ? from : SkipUntouched(words, from, end);

    // SAFETY: as NextTouched; eight words are loaded only where eight are left.
    private static unsafe int SkipUntouched(uint* words, int from, int end)
    {
        int index = from;
        for (; index + Vector256<uint>.Count <= end; index += Vector256<uint>.Count)
        {
            Vector256<uint> eight = Vector256.Load(words + index);
            if (eight == Vector256<uint>.Zero) continue;
            uint untouched = Vector256.Equals(eight, Vector256<uint>.Zero).ExtractMostSignificantBits();
            return index + System.Numerics.BitOperations.TrailingZeroCount(~untouched);
        }

        while (index < end && words[index] == 0) index++;
        return index;
    }
}
