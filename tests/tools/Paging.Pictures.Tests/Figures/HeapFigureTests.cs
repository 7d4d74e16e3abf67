using Paging.Pictures.Figures;
using Xunit;

namespace Paging.Pictures.Tests;

/// <summary>The heap's picture, of chunks that a caller made up.</summary>
public sealed class HeapFigureTests
{
    [Theory]
    [InlineData(0x2000_1000, 16, 0x2000_0000)]    // an earlier one
    [InlineData(0x2000_0000, 0x20, 0x2000_0010)]    // one that overlaps
    [InlineData(0x2000_0000, uint.MaxValue, 0x2000_1000)]
    public void ChunksThatDoNotLieBehindOneAnotherAreRefused(uint start, uint byteLength, uint next)
    {
        HeapBlock[] blocks = [new(new(start), byteLength, IsInUse: true), new(new(next), 16, IsInUse: false)];
        Assert.Equal("blocks", Assert.Throws<ArgumentException>(() => HeapFigure.Draw(blocks)).ParamName);
    }

    [Fact]
    public void OnlyTheFirstLinesOfALargeHeapAreDrawn()
    {
        HeapBlock[] blocks = [new(new(0x1000), 0x10, IsInUse: true), new(new(0x2000), 0xFFFF_0000, IsInUse: true)];
        Assert.InRange(HeapFigure.Draw(blocks).ToElement().Length, 1, 20_000);
    }
}
