using System.Numerics;
using System.Runtime.CompilerServices;

namespace Paging.Native.Translation;

/// <summary>A set of 4 MiB regions of an address space, one bit each: the ranges of the entries of a classic page directory.</summary>
/// <remarks>128 bytes, inside its owner. Members are numbered 0 to 1023, as <see cref="PageNumber.DirectoryIndex"/> is.</remarks>
internal struct RegionSet
{
    private const int WordCount = 1024 / 64;

    private unsafe fixed ulong _words[WordCount];    // an inline array would be read through a call

    // SAFETY, here and below: WordOf cuts every index to the words that there are.
    /// <summary>True when the region is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly unsafe bool Contains(int region) => (_words[WordOf(region)] & (1UL << region)) != 0;

    /// <summary>Puts a region in.</summary>
    public unsafe void Add(int region) => _words[WordOf(region)] |= 1UL << region;

    /// <summary>Takes a region out.</summary>
    public unsafe void Remove(int region) => _words[WordOf(region)] &= ~(1UL << region);

    /// <summary>The lowest region in the set that is not below <paramref name="region"/>, or -1.</summary>
    public readonly unsafe int NextFrom(int region)
    {
        if (region >= 1024) return -1;
        int word = WordOf(region);
        ulong bits = _words[word] & (~0UL << region);    // a shift counts modulo 64
        while (bits == 0)
        {
            if (++word == WordCount) return -1;
            bits = _words[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(bits);
    }

    private static int WordOf(int region) => (region >> 6) & (WordCount - 1);
}
