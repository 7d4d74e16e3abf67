using System.Text;
using Paging.Core;
using Paging.Core.Spaces;

namespace Paging.Programs.Tests;

/// <summary>How long arguments may be, to the byte. Linux: MAX_ARG_STRLEN; fs/exec.c bprm_stack_limits.</summary>
public class ArgumentLimitTests
{
    private const ulong Usual = 8 << 20;

    /// <summary>With its zero a string has 128 KiB at most.</summary>
    [Theory]
    [InlineData((128 << 10) - 1, Errno.None)]
    [InlineData(128 << 10, Errno.E2BIG)]
    public void AStringHas128KibibytesAtMost(int length, Errno expected)
    {
        string text = new('a', length);
        Assert.Equal(expected, ErrorOf(Usual, [text]));
        Assert.Equal(expected, new InitialStack("p", [], [text], Encoding.UTF8).CheckSize(Usual));
    }

    /// <summary>A quarter of the stack's limit, but 128 KiB at least: the path, the strings, and a pointer to each string.</summary>
    /// <remarks>
    /// Measured on Linux 6.18 (64-bit, so 8 bytes a pointer) with 256 and 512 KiB and the path "/bin/true": 131,053 letters, not one more.
    /// </remarks>
    [Theory]
    [InlineData(256ul << 10, 131_065, Errno.None)]
    [InlineData(256ul << 10, 131_066, Errno.E2BIG)]
    [InlineData(512ul << 10, 131_065, Errno.None)]
    [InlineData(512ul << 10, 131_066, Errno.E2BIG)]
    [InlineData(1024ul << 10, 131_066, Errno.None)]
    public void AtLeast128KibibytesAreAllowed(ulong stackLimit, int length, Errno expected) =>
        Assert.Equal(expected, ErrorOf(stackLimit, [new('a', length)]));

    /// <summary>No more strings than the stack may be large, with the word above them: 4 + 2 for the path + 1 for the end.</summary>
    /// <remarks>Measured there with 16, 32 and 64 KiB. A first page is there in any case.</remarks>
    [Theory]
    [InlineData(64ul << 10, 65_529, Errno.None)]
    [InlineData(64ul << 10, 65_530, Errno.E2BIG)]
    [InlineData(16ul << 10, 16_377, Errno.None)]
    [InlineData(16ul << 10, 16_378, Errno.E2BIG)]
    [InlineData(0ul, 4_089, Errno.None)]
    [InlineData(0ul, 4_090, Errno.E2BIG)]
    public void NoMoreThanTheStackMayBeLarge(ulong stackLimit, int length, Errno expected) =>
        Assert.Equal(expected, ErrorOf(stackLimit, [new('a', length)]));

    /// <summary>However large the stack may be: three quarters of 8 MiB.</summary>
    [Theory]
    [InlineData(47, Errno.None)]
    [InlineData(48, Errno.E2BIG)]
    public void AtMostSixMebibytesAreAllowed(int count, Errno expected)
    {
        string[] texts = [.. Enumerable.Repeat(new string('a', (128 << 10) - 1), count)];
        Assert.Equal(expected, ErrorOf(ResourceLimits.Infinity, texts));
        Assert.Equal(Errno.E2BIG, ErrorOf(Usual, texts));    // a quarter is 2 MiB
    }

    /// <summary>Of five bytes for an empty argument four are its pointer: 1 MiB less the path, divided by five.</summary>
    [Theory]
    [InlineData(209_714, Errno.None)]
    [InlineData(209_715, Errno.E2BIG)]
    public void PointersCount(int count, Errno expected) =>
        Assert.Equal(expected, ErrorOf(4 << 20, [.. Enumerable.Repeat("", count)]));

    /// <summary>The limit itself is allowed: 2 bytes of path, 8 of an argument with its pointer, and the rest in the environment.</summary>
    [Theory]
    [InlineData(131_057, Errno.None)]
    [InlineData(131_058, Errno.E2BIG)]
    public void TheEnvironmentCountsAsWell(int length, Errno expected) =>
        Assert.Equal(expected, new InitialStack("p", ["abc"], [new('e', length)], Encoding.UTF8).CheckSize(256 << 10));

    private static Errno ErrorOf(ulong stackLimit, string[] arguments) =>
        new InitialStack("p", arguments, [], Encoding.UTF8).CheckSize(stackLimit);
}
