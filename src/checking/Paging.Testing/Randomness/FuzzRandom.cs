using System.Numerics;
using Paging.Native;

namespace Paging.Testing.Randomness;

/// <summary>
/// The only source of chance of generators: xoshiro256**, seeded through SplitMix64. The same seed gives the same run, on every machine.
/// </summary>
/// <remarks><see cref="System.Random"/> promises that for no two versions of .NET.</remarks>
public sealed class FuzzRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Starts the sequence of a seed; neighbouring seeds give unrelated sequences.</summary>
    public FuzzRandom(ulong seed)
    {
        _s0 = SplitMix64.Next(ref seed);
        _s1 = SplitMix64.Next(ref seed);
        _s2 = SplitMix64.Next(ref seed);
        _s3 = SplitMix64.Next(ref seed);
    }

    /// <summary>64 fresh bits.</summary>
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong shifted = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= shifted;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 up to, not including, <paramref name="end"/>; 0 for an empty range.</summary>
    public int Below(int end) => (int)(((Next() >> 32) * (uint)end) >> 32);

    /// <summary>A number of 32 bits from 0 up to, not including, <paramref name="end"/>.</summary>
    public uint Below(uint end) => (uint)(((Next() >> 32) * end) >> 32);

    /// <summary>A number from the first to the last, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>Returns true with a probability in per cent.</summary>
    public bool Percent(int percent) => Below(100) < percent;

    /// <summary>One of the items.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public T OneOf<T>(ReadOnlySpan<T> items) =>
        items.IsEmpty ? throw new ArgumentException("There are no items.", nameof(items)) : items[Below(items.Length)];

    /// <summary>Small numbers often, large ones seldom: each doubling is half as likely. From 1 to <paramref name="max"/>.</summary>
    public int Skewed(int max)
    {
        int doublings = Math.Min(BitOperations.TrailingZeroCount(Next() | (1UL << 20)), BitOperations.Log2((uint)max));
        return Math.Min(max, 1 + Below(1 << (doublings + 1)));
    }
}
