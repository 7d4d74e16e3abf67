using Paging.Native.Collections;
using Xunit;

namespace Paging.Native.Tests;

/// <summary>Typed words print as the kernel's maps print addresses, and read back what they print, with or without <c>0x</c>.</summary>
public sealed class WordTextTests
{
    [Theory]
    [InlineData(0u, "00000000")]
    [InlineData(0xC000_0000u, "c0000000")]
    [InlineData(0xFFFF_FFFFu, "ffffffff")]
    public void AWordIsEightDigitsAndReadsBack(uint value, string text)
    {
        Check(new VirtualAddress(value), text);
        Check(new PageNumber(value), text);
        Check(new FrameNumber(value), text);
        Check(new PhysicalAddress(value), text);
        Check(new PhysicalAddress(value | 0xF_0000_0000UL), "f" + text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData(" 1")]
    [InlineData("1g")]
    [InlineData("0x0x1")]
    [InlineData("-1")]
    public void AnythingElseIsRefusedAndLeavesNothing(string text)
    {
        Refuse<VirtualAddress>(text);
        Refuse<PageNumber>(text);
        Refuse<FrameNumber>(text);
        Refuse<PhysicalAddress>(text);
    }

    [Fact]
    public void OneDigitMoreThanTheWordHoldsIsRefused()
    {
        Refuse<VirtualAddress>("1ffffffff");
        Refuse<PageNumber>("1ffffffff");
        Refuse<FrameNumber>("1ffffffff");
        Refuse<PhysicalAddress>("1ffffffffffffffff");
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
        where T : struct, ISpanFormattable, ISpanParsable<T>
    {
        Span<char> room = stackalloc char[16];
        Assert.True(word.TryFormat(room, out int written, default, null));
        Assert.Equal(text, room[..written].ToString());
        Assert.Equal(text, word.ToString());
        foreach (string form in (string[])[text, "0x" + text, "0X" + text.ToUpperInvariant()])
        {
            Assert.True(T.TryParse(form, null, out T read), form);
            Assert.Equal(word, read);
            Assert.Equal(word, T.Parse(form, null));
        }
    }

    private static void Refuse<T>(string text)
        where T : struct, ISpanParsable<T>
    {
        Assert.False(T.TryParse(text, null, out T read), text);
        Assert.Equal(default, read);
        Assert.Throws<FormatException>(() => T.Parse(text, null));
    }
}
