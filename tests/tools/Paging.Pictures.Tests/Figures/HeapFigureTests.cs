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

    /// <summary>The last line that is drawn is the one after that in which the free rest begins, if there is one.</summary>
    [Theory]
    [InlineData(0x10, 0x1000, 2, "A line is a page of 4 KB, to scale.")]
    [InlineData(0x10, 0x1FF0, 2, "A line is a page of 4 KB, to scale.")]
    [InlineData(0x10, 0x2000, 2, "A line is a page of 4 KB, to scale. 1 free page follows.")]
    [InlineData(0x10, 0x5000, 2, "A line is a page of 4 KB, to scale. 4 free pages follow.")]
    [InlineData(0xFF0, 0x5000, 2, "A line is a page of 4 KB, to scale. 4 free pages follow.")]
    [InlineData(0x1000, 0x5000, 3, "A line is a page of 4 KB, to scale. 3 free pages follow.")]
    [InlineData(0xC_FF0, 0x2_0000, 14, "A line is a page of 4 KB, to scale. 31 free pages follow.")]
    [InlineData(0xD_000, 0x2_0000, 14, "A line is a page of 4 KB, to scale. 31 free pages follow.")]
    public void TheFreeRestIsDrawnToTheNextLine(uint used, uint free, int lines, string words)
    {
        HeapBlock[] blocks = [new(new(0x0804_C000), used, IsInUse: true), new(new(0x0804_C000 + used), free, IsInUse: false)];
        string[] texts = [.. new SvgReader(HeapFigure.Draw(blocks)).Texts];
        Assert.Equal(lines, texts.Count(static text => text.Length == 8 && text.StartsWith("080", StringComparison.Ordinal)));
        Assert.Contains(words, texts, StringComparer.Ordinal);
    }

    [Fact]
    public void OnlyTheFirstLinesOfALargeHeapAreDrawn()
    {
        HeapBlock[] blocks = [new(new(0x1000), 0x10, IsInUse: true), new(new(0x2000), 0xFFFF_0000, IsInUse: true)];
        Assert.InRange(HeapFigure.Draw(blocks).ToElement().Length, 1, 20_000);
    }
}
