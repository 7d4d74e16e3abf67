using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Typed words print as the kernel's maps print addresses.</summary>
public sealed class WordTextTests
{
    [Theory]
    [InlineData(0u, "00000000")]
    [InlineData(0xC000_0000u, "c0000000")]
    [InlineData(0xFFFF_FFFFu, "ffffffff")]
    public void AWordIsEightDigits(uint value, string text)
    {
        Check(new VirtualAddress(value), text);
        Check(new PageNumber(value), text);
        Check(new FrameNumber(value), text);
        Check(new PhysicalAddress(value), text);
        Check(new PhysicalAddress(value | 0xF_0000_0000UL), "f" + text);
    }

    [Fact]
    public void AFormatIsKeptAndAnEmptyOneIsTheUsual()
    {
        VirtualAddress word = new(0xAB);
        Assert.Equal("AB", word.ToString("X", null));
        Assert.Equal("171", word.ToString("d", null));
        Assert.Equal("000000ab", word.ToString("", null));
        Assert.Equal("AB 000000ab", $"{word:X} {word}");
        Assert.Equal("AB 000000ab", $"{new PhysicalAddress(0xAB):X} {new PhysicalAddress(0xAB)}");
    }

    [Fact]
    public void TooLittleRoomReturnsFalse()
    {
        Span<char> room = stackalloc char[7];
        Assert.False(new PageNumber(1).TryFormat(room, out int written, default, null));
        Assert.Equal(0, written);
    }

    private static void Check<T>(T word, string text)
        where T : struct, ISpanFormattable
    {
        Span<char> room = stackalloc char[16];
        Assert.True(word.TryFormat(room, out int written, default, null));
        Assert.Equal(text, room[..written].ToString());
        Assert.Equal(text, word.ToString());
    }
}
