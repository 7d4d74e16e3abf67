using System.Buffers.Binary;
using Paging.Native;

namespace Paging.Programs;

/// <summary>Random numbers from the engine's seed: SplitMix64, with one word of state.</summary>
public struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The seed of a generator that continues from here.</summary>
    public readonly ulong State => _state;

    /// <summary>Returns 64 bits, each value equally likely.</summary>
    public ulong Next() => SplitMix64.Next(ref _state);

    /// <summary>Returns a number from 0 up to, not including, a bound. The bias is negligible at these sizes.</summary>
    internal uint Below(uint bound) => (uint)(((Next() >> 32) * bound) >> 32);

    /// <summary>Fills a span with random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int at = 0; at < bytes.Length; at += word.Length)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Next());
            word[..Math.Min(word.Length, bytes.Length - at)].CopyTo(bytes[at..]);
        }
    }
}
