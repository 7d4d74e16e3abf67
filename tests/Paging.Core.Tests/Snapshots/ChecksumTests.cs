using System.Numerics;
using Paging.Core.Snapshots;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>The checksum of a saved form, beside one that takes a byte at a time; the hash of an image.</summary>
public sealed class ChecksumTests
{
    [Fact]
    public void LanesGiveWhatSingleBytesGive() => Property.ForSeeds(200, seed =>
    {
        Random random = new((int)seed);
        byte[] bytes = new byte[random.Next(3) == 0 ? random.Next(40) : random.Next(20_000)];
        random.NextBytes(bytes);
        uint start = seed == 1 ? uint.MaxValue : (uint)random.NextInt64(), expected = start;
        foreach (byte one in bytes) expected = BitOperations.Crc32C(expected, one);
        int cut = random.Next(bytes.Length + 1);    // the pieces of one text give its checksum
        uint found = Checksum.Append(Checksum.Append(start, bytes.AsSpan(0, cut)), bytes.AsSpan(cut));
        Assert.Equal(expected, found);
    });

    /// <summary>The check value of CRC-32C (RFC 3720, B.4).</summary>
    [Fact]
    public void ThirtyTwoZerosGiveTheValueOfTheStandard() =>
        Assert.Equal(0x8A91_36AAu, ~Checksum.Append(uint.MaxValue, new byte[32]));
}
