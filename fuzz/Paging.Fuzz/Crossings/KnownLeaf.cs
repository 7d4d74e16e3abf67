using Paging.Native;

namespace Paging.Fuzz;

/// <summary>A huge page with a number in some of its parts of 4 KiB: at its ends, and on both sides of its middle.</summary>
/// <param name="At">Its first byte.</param>
/// <param name="Numbers">What each of the <see cref="Places"/> holds.</param>
internal sealed record KnownLeaf(VirtualAddress At, uint[] Numbers)
{
    /// <summary>The known parts, in pages.</summary>
    public static readonly int[] Places = [0, 1, 255, 256, 300, 511];

    /// <summary>The first byte of a known part.</summary>
    public VirtualAddress AddressOf(int place) => At + ((uint)Places[place] * VirtualAddress.PageSize);

    /// <summary>The same huge page with another number in one part.</summary>
    public KnownLeaf With(int place, uint number)
    {
        uint[] numbers = [.. Numbers];
        numbers[place] = number;
        return this with { Numbers = numbers };
    }
}
