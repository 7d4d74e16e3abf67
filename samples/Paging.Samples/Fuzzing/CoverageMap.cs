using System.Numerics;
using System.Runtime.CompilerServices;
using Paging.Native;

namespace Paging.Samples.Fuzzing;

//   hits    64 KiB, a byte an edge       AFL's bitmap: how often each branch went from one place to another
//   lines   1,024 bits                   which 64 bytes of it are not all zeros, so that collecting costs O(edges), not O(64 KiB)
/// <summary>The edges that one run of a program has taken, and how often each.</summary>
/// <remarks>Allocates nothing after its construction. One for each processor, used by one thread.</remarks>
public sealed class CoverageMap
{
    /// <summary>The length of the bitmap in bytes, as AFL has it.</summary>
    public const int ByteLength = 1 << 16;

    private const int LineShift = 6;
    private readonly byte[] _hits = new byte[ByteLength];
    private readonly ulong[] _lines = new ulong[ByteLength >> LineShift >> 6];

    /// <summary>The bitmap: hits of each edge, modulo 256.</summary>
    public ReadOnlySpan<byte> Hits => _hits;

    /// <summary>Counts an edge. Two edges may share a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Note(VirtualAddress from, VirtualAddress to)
    {
        uint index = ((from.Value * 0x9E37_79B1) ^ to.Value) * 0x85EB_CA6B >> 16;    // two odd factors spread near addresses
        if (_hits[index]++ == 0) _lines[index >> (LineShift + 6)] |= 1UL << (int)(index >> LineShift);    // a shift counts modulo 64
    }

    /// <summary>Adds the edges of this run to those of all runs, and clears this map for the next run.</summary>
    /// <param name="seen">For each edge the classes of counts seen so far, a bit a class; <see cref="ByteLength"/> bytes.</param>
    /// <returns>True if an edge, or a class of its counts, is new.</returns>
    /// <remarks>AFL's classes: 1, 2, 3, 4–7, 8–15, 16–31, 32–127, 128 and more. Cost: O(edges).</remarks>
    public bool Collect(Span<byte> seen)
    {
        bool isNew = false;
        for (int word = 0; word < _lines.Length; word++)
        {
            for (ulong lines = _lines[word]; lines != 0; lines &= lines - 1)
            {
                int first = ((word << 6) + BitOperations.TrailingZeroCount(lines)) << LineShift;
                isNew |= CollectLine(_hits.AsSpan(first, 1 << LineShift), seen.Slice(first, 1 << LineShift));
            }

            _lines[word] = 0;
        }

        return isNew;
    }

    private static bool CollectLine(Span<byte> hits, Span<byte> seen)
    {
        bool isNew = false;
        for (int i = hits.IndexOfAnyExcept((byte)0); i >= 0; i = hits.IndexOfAnyExcept((byte)0))
        {
            byte bit = ClassOf(hits[i]);
            isNew |= (seen[i] & bit) == 0;
            seen[i] |= bit;
            hits[i] = 0;
        }

        return isNew;
    }

    private static byte ClassOf(byte hits) => hits switch
    {
        < 4 => (byte)(1 << (hits - 1)),
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
