namespace Paging.Bench.Operations.Access;

/// <summary>In which order a loop visits the words of its working set. A struct, so that each loop is compiled for its pattern.</summary>
internal interface IAccessPattern
{
    /// <summary>The next state after one.</summary>
    static abstract uint Next(uint state);

    /// <summary>The byte offset of a word within 2^<paramref name="bits"/> bytes.</summary>
    static abstract uint Offset(uint state, int bits);
}

/// <summary>Word after word, round and round.</summary>
internal readonly struct Sequential : IAccessPattern
{
    public static uint Next(uint state) => state + 1;

    public static uint Offset(uint state, int bits) => (state << 2) & (uint)((1UL << bits) - 1);
}

/// <summary>Anywhere: a linear congruential generator, whose addresses do not depend on the bytes read.</summary>
internal readonly struct Scattered : IAccessPattern
{
    public static uint Next(uint state) => (state * 1_664_525) + 1_013_904_223;

    public static uint Offset(uint state, int bits) => (state >> (32 - bits)) & ~3u;    // the high bits are the random ones
}

/// <summary>The size of a working set, as a compile-time constant.</summary>
internal interface IWorkingSet
{
    /// <summary>The set has 2^Bits bytes.</summary>
    static abstract int Bits { get; }
}

/// <summary>64 KiB: in the first-level cache, nearly.</summary>
internal readonly struct KiB64 : IWorkingSet
{
    public static int Bits => 16;
}

/// <summary>1 MiB: the second-level cache.</summary>
internal readonly struct MiB1 : IWorkingSet
{
    public static int Bits => 20;
}

/// <summary>64 MiB: memory.</summary>
internal readonly struct MiB64 : IWorkingSet
{
    public static int Bits => 26;
}

/// <summary>1 GiB: memory, and more than the host's own TLB holds.</summary>
internal readonly struct GiB1 : IWorkingSet
{
    public static int Bits => 30;
}
