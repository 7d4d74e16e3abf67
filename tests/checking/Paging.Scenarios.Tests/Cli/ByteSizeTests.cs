using Paging.Cli;

namespace Paging.Scripting.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("1K", 1024)]
    [InlineData("64M", 64 << 20)]
    [InlineData("64m", 64 << 20)]
    [InlineData("64MB", 64 << 20)]
    [InlineData("64MiB", 64 << 20)]
    [InlineData("4G", 1L << 32)]
    public void ASizeIsACountAndAUnit(string text, long expected)
    {
        Assert.True(ByteSize.TryParse(text, out ulong byteLength));
        Assert.Equal((ulong)expected, byteLength);
    }

    [Theory]
    [InlineData("")]
    [InlineData("M")]
    [InlineData("-1M")]
    [InlineData("1.5G")]
    [InlineData("64 M")]
    [InlineData("64X")]
    [InlineData("64MM")]
    [InlineData("18446744073709551616")]
    [InlineData("17179869184G")]
    public void AnythingElseIsNone(string text) => Assert.False(ByteSize.TryParse(text, out _));
}
