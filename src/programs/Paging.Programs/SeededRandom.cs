namespace Paging.Programs;

/// <summary>Random numbers from the engine's seed: SplitMix64, with one word of state.</summary>
/// <remarks>
/// Not for secrets. The same seed gives the same numbers on every machine. After G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014.
/// </remarks>
public struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The seed of a generator that goes on from here.</summary>
    public readonly ulong State => _state;

    /// <summary>Returns 64 bits, each value equally likely.</summary>
    public ulong Next()
    {
        ulong word = _state += 0x9E37_79B9_7F4A_7C15;
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
        return word ^ (word >> 31);
    }

    /// <summary>Returns a number from 0 up to, not including, a bound. The bias is negligible at these sizes.</summary>
    internal uint Below(uint bound) => (uint)(((Next() >> 32) * bound) >> 32);

    /// <summary>Fills a span with random bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (int at = 0; at < bytes.Length; at += sizeof(ulong))
        {
            ulong word = Next();
            for (int i = at; i < Math.Min(at + sizeof(ulong), bytes.Length); i++, word >>= 8) bytes[i] = (byte)word;
        }
    }
}
