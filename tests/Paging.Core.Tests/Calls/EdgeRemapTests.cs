using Xunit;

namespace Paging.Core.Tests;

/// <summary>mremap with its arguments at every edge.</summary>
/// <remarks>As <see cref="EdgeArgumentTests"/>. Linux: mm/mremap.c check_mremap_params, check_prep_vma, remap_move.</remarks>
public sealed class EdgeRemapTests
{
    private static readonly uint[] Starts =
    [
        0x20000000, 0x20000800, 0x20001000, 0x20003000, 0x20004000, 0x20006000, 0x20007000, 0x20009000, 0x2000b000, 0x2000f000, 0x20011000,
        0x20014000, 0x20015000, 0x20017000, 0x20200000, 0x0804a000,
    ];

    private static readonly uint[] OldLengths = [0, 1, 0x1000, 0x2000, 0x4000, 0x5000, 0xfffff001];
    private static readonly uint[] NewLengths = [0, 1, 0x1001, 0x4000, 0x5000, 0x6000, 0xc0000000, 0xc0001000];

    private static void OfEachRange(int succeededMin, string after)
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
        {
            foreach (uint old in OldLengths)
                foreach (uint length in NewLengths) script.Try($"mremap({start}, {old}, {length}, {after})");
        }

        script.Finish(succeededMin);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("0", 50), InlineData("MREMAP_MAYMOVE", 150), InlineData("8", 0)]
    [InlineData("MREMAP_FIXED, 0x30000000", 0), InlineData("MREMAP_DONTUNMAP, 0x30000000", 0)]
    public void WithoutAPlace(string flags, int succeededMin) => OfEachRange(succeededMin, flags);

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("0x30000000", 150), InlineData("0x30000001", 0), InlineData("0", 0), InlineData("0x10000", 150), InlineData("0xf000", 0)]
    [InlineData("0x20005000", 20), InlineData("0x20002000", 20), InlineData("0x20010000", 50), InlineData("0xbffeb000", 20)]
    [InlineData("0xc0000000", 0)]
    public void ToAPlace(string place, int succeededMin) => OfEachRange(succeededMin, $"MREMAP_MAYMOVE|MREMAP_FIXED, {place}");

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x30000000"), InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x20001000")]
    [InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0"), InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP, 0x30000800")]
    [InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP|MREMAP_FIXED, 0x30000000")]
    [InlineData("MREMAP_MAYMOVE|MREMAP_DONTUNMAP|MREMAP_FIXED, 0x20003000")]
    public void LeavingTheOldPlace(string after)
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
        {
            foreach (uint length in (uint[])[0, 1, 0x1000, 0x1001, 0x2000, 0x3000, 0x4000, 0x5000, 0x9000])
            {
                script.Try($"mremap({start}, {length}, {length}, {after})");
                script.Try($"mremap({start}, {length}, {length + 0x1000}, {after})");
            }
        }

        script.Finish(0);
    }

    /// <summary>Moves of several areas with holes, to a place from which others are taken.</summary>
    [Fact]
    public void ManyAreasAtOnce()
    {
        using EdgeScript script = new();
        foreach (uint start in Starts)
        {
            foreach (uint length in (uint[])[0x3000, 0x6000, 0x8000, 0x9000, 0xb000, 0x14000, 0x18000])
            {
                script.Try($"mremap({start}, {length}, {length}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x30000000)");
                script.Try($"mremap({start}, {length}, {length}, MREMAP_MAYMOVE|MREMAP_FIXED, 0x20200000)");
                script.Try($"mremap({start}, {length}, {length}, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, 0x30000000)");
            }
        }

        script.Finish(60);
    }
}
