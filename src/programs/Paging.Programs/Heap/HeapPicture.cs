using System.Globalization;
using System.Text;
using Paging.Native;

namespace Paging.Programs.Heap;

/// <summary>Draws the fragmented heap of the article's figure as text: one letter per piece.</summary>
internal static class HeapPicture
{
    private const int LettersInRow = 64;
    private const uint LetterCountMax = 16 * LettersInRow;

    /// <summary>Draws the heap from its first chunk to the break: # in use, + partly, . free, _ the top.</summary>
    public static string Draw(HeapArena arena)
    {
        HeapStatistics statistics = HeapStatistics.Of(arena);
        VirtualAddress first = arena.FirstChunk;
        uint byteLength = arena.End.Value - first.Value;
        uint bytesInLetter = HeapChunk.Alignment;
        while (byteLength / bytesInLetter > LetterCountMax) bytesInLetter *= 2;

        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"heap {arena.Start}-{arena.End}: ");
        text.Append(CultureInfo.InvariantCulture, $"{statistics.InUseBytes} bytes in use in {statistics.InUseCount} chunks, ");
        text.Append(CultureInfo.InvariantCulture, $"{statistics.FreeBytes} free in {statistics.FreeCount} pieces ");
        text.Append(CultureInfo.InvariantCulture, $"(largest {statistics.LargestFreeBytes}), {statistics.TopBytes} at the top\n");
        text.Append(CultureInfo.InvariantCulture, $"fragmentation {statistics.Fragmentation:P0}; ");
        text.Append(CultureInfo.InvariantCulture, $"{statistics.MappedBytes} bytes in {statistics.MappedCount} mappings\n");
        text.Append(CultureInfo.InvariantCulture, $"# in use  + partly  . free  _ top    one letter: {bytesInLetter} bytes\n");
        AppendRows(text, first, Letters(arena, first, byteLength, bytesInLetter), bytesInLetter);
        return text.ToString();
    }

    private static char[] Letters(HeapArena arena, VirtualAddress first, uint byteLength, uint bytesInLetter)
    {
        char[] letters = new char[(byteLength + bytesInLetter - 1) / bytesInLetter];
        VirtualAddress top = arena.Top;
        for (VirtualAddress chunk = first; chunk < arena.End; chunk += arena.Head(chunk).ByteLength)
        {
            uint length = arena.Head(chunk).ByteLength;
            if (length < HeapChunk.ByteLengthMin) break;
            char letter = chunk == top ? '_' : arena.IsInUse(chunk) ? '#' : '.';
            uint from = (chunk.Value - first.Value) / bytesInLetter;
            uint to = (chunk.Value + length - 1 - first.Value) / bytesInLetter;
            for (uint at = from; at <= to && at < letters.Length; at++)
                letters[at] = letters[at] is '\0' || letters[at] == letter ? letter : '+';
        }

        return letters;
    }

    private static void AppendRows(StringBuilder text, VirtualAddress first, char[] letters, uint bytesInLetter)
    {
        for (int at = 0; at < letters.Length; at += LettersInRow)
        {
            text.Append(CultureInfo.InvariantCulture, $"{first + ((uint)at * bytesInLetter)}  ");
            text.Append(letters, at, Math.Min(LettersInRow, letters.Length - at)).Append('\n');
        }
    }
}
