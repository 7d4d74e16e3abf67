namespace Paging.Native;

/// <summary>SplitMix64: random numbers from one word of state, and its last steps alone as a hash. Not for secrets.</summary>
/// <remarks>
/// The same seed gives the same numbers on every machine. After G. L. Steele, D. Lea and C. H. Flood, OOPSLA 2014; the constants are those
/// of S. Vigna's splitmix64.c.
/// </remarks>
public static class SplitMix64
{
    /// <summary>The increment of the state: 2^64 over the golden ratio, made odd.</summary>
    public const ulong Step = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Returns the next 64 bits, each value equally likely.</summary>
    public static ulong Next(ref ulong state) => Mix(state += Step);

    /// <summary>Mixes a word: each bit of it affects each bit of the result, and different words give different results.</summary>
    public static ulong Mix(ulong word)
    {
        word = (word ^ (word >> 30)) * 0xBF58_476D_1CE4_E5B9;
        word = (word ^ (word >> 27)) * 0x94D0_49BB_1331_11EB;
        return word ^ (word >> 31);
    }
}
