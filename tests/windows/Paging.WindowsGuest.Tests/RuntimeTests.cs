using System.Text;
using Paging.WindowsGuest.Runtime;

namespace Paging.WindowsGuest.Tests;

/// <summary>The parts of the C library that need no program: command lines and numbers in texts.</summary>
public sealed class RuntimeTests
{
    /// <summary>The examples of Microsoft's "Parsing C command-line arguments".</summary>
    [Theory]
    [InlineData("p \"a b c\" d e", "p|a b c|d|e")]
    [InlineData("p \"ab\\\"c\" \"\\\\\" d", "p|ab\"c|\\|d")]
    [InlineData("p a\\\\\\b d\"e f\"g h", "p|a\\\\\\b|de fg|h")]
    [InlineData("p a\\\\\\\"b c d", "p|a\\\"b|c|d")]
    [InlineData("p a\\\\\\\\\"b c\" d e", "p|a\\\\b c|d|e")]
    [InlineData("p a\"b\"\" c d", "p|ab\" c d")]
    [InlineData("\"c:\\my programs\\p.exe\"  x ", "c:\\my programs\\p.exe|x")]
    public void ACommandLineIsSplitAsDocumented(string line, string words) =>
        Assert.Equal(words, string.Join('|', CommandLineWords.Split(Encoding.Latin1.GetBytes(line)).Select(Encoding.Latin1.GetString)));

    [Theory]
    [InlineData("  -0x1fz", 0, -31, 7, true)]
    [InlineData("0x", 16, 0, 1, true)]
    [InlineData("777", 8, 511, 3, true)]
    [InlineData("019", 0, 1, 2, true)]
    [InlineData("99999999999", 10, int.MaxValue, 11, false)]
    [InlineData("-99999999999999999999999999", 10, int.MinValue, 27, false)]
    [InlineData("word", 10, 0, 0, true)]
    public void AWholeNumberIsReadAsFarAsItGoes(string text, int numberBase, long value, int length, bool isInRange)
    {
        long found = NumberImports.Read(Encoding.Latin1.GetBytes(text), numberBase, int.MinValue, int.MaxValue, out int end, out bool fits);
        Assert.Equal((value, length, isInRange), (found, end, fits));
    }
}
