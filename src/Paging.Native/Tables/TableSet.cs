using System.Numerics;
using System.Runtime.CompilerServices;

namespace Paging.Native.Tables;

/// <summary>A set of page tables of an address space, numbered by the entry of the directory that leads to each.</summary>
/// <remarks>256 bytes, inside its owner. Numbers are 0 to 1023 in the classic format, 0 to 2047 under PAE.</remarks>
internal struct TableSet
{
    private const int WordCount = 2048 / 64;

    private Words _words;

    /// <summary>True when the table is in the set.</summary>
    public readonly bool Contains(int index) => (_words[index >> 6] & (1UL << index)) != 0;

    /// <summary>Puts a table in.</summary>
    public void Add(int index) => _words[index >> 6] |= 1UL << index;

    /// <summary>Takes a table out.</summary>
    public void Remove(int index) => _words[index >> 6] &= ~(1UL << index);

    /// <summary>The lowest number in the set that is not below <paramref name="index"/>, or -1.</summary>
    public readonly int NextFrom(int index)
    {
        if (index >= WordCount * 64) return -1;
        int word = index >> 6;
        ulong bits = _words[word] & (~0UL << index);    // a shift counts modulo 64
        while (bits == 0)
        {
            if (++word == WordCount) return -1;
            bits = _words[word];
        }

        return (word << 6) + BitOperations.TrailingZeroCount(bits);
    }

    [InlineArray(WordCount)]
    private struct Words
    {
        private ulong _first;
    }
}
