using Paging.Core.Files;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>Which pages a part of a file touches, and where a range of them ends.</summary>
public sealed class FilePageRangeTests
{
    [Theory]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 1, 0, 1)]
    [InlineData(4095, 1, 0, 1)]
    [InlineData(4095, 2, 0, 2)]
    [InlineData(4096, 4096, 1, 2)]
    [InlineData(4097, 4096, 1, 3)]
    [InlineData(((1L << 32) - 2) << 12, 4096, uint.MaxValue - 1, uint.MaxValue)]
    public void APartTouchesThePagesOfItsBytes(long offset, long byteLength, uint first, ulong end)
    {
        FilePageRange range = FilePageRange.Touching(offset, byteLength);
        Assert.Equal(new(new(first), end), range);
        Assert.Equal((first == end, end - first), (range.IsEmpty, range.Length));
    }

    [Theory]
    [InlineData(0, 0u)]
    [InlineData(4095, 0u)]
    [InlineData(4096, 1u)]
    [InlineData((1L << 44) - 1, uint.MaxValue)]
    [InlineData(1L << 44, null)]
    [InlineData(long.MaxValue, null)]
    [InlineData(-1, null)]
    [InlineData(long.MinValue, null)]
    public void AByteUpTo16TiBIsInAPage(long offset, uint? page)
    {
        if (page is { } found) Assert.Equal(new FilePage(found), FilePage.Containing(offset));
        else Assert.Throws<ArgumentOutOfRangeException>("byteOffset", () => FilePage.Containing(offset));
    }

    [Fact]
    public void ARangeThatEndsBeforeItBeginsIsEmpty()
    {
        FilePageRange range = new(new(5), 3);
        Assert.True(range.IsEmpty);
        Assert.Equal(0ul, range.Length);
        Assert.Equal((false, true, false), (new FilePageRange(new(5), 6).IsEmpty,
            FilePageRange.Of(new(5), 2).Includes(new(6)), FilePageRange.Of(new(5), 2).Includes(new(7))));
        Assert.True(FilePageRange.All.Includes(FilePage.Last));
    }
}
