using System.Text;
using Paging.WindowsGuest.Runtime;

namespace Paging.WindowsGuest.Tests;

/// <summary>The parts of the C library that need no program: command lines, numbers in texts and texts of numbers.</summary>
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
    [InlineData(12345.678, 'e', 6, "1.234568e+004")]
    [InlineData(0.0, 'e', 2, "0.00e+000")]
    [InlineData(1e100, 'g', 6, "1e+100")]
    [InlineData(0.0001, 'g', 6, "0.0001")]
    [InlineData(0.00001, 'G', 6, "1E-005")]
    [InlineData(123456.0, 'g', 6, "123456")]
    [InlineData(1234567.0, 'g', 6, "1.23457e+006")]
    [InlineData(0.1, 'f', 20, "0.10000000000000000555")]
    [InlineData(3.0, 'a', 3, "0x1.800p+1")]
    [InlineData(double.PositiveInfinity, 'f', 6, "1.#INF00")]
    [InlineData(double.NaN, 'g', 6, "1.#QNAN0")]
    public void ADoubleHasItsDigitsAndAnExponentOfThree(double value, char conversion, int precision, string expected)
    {
        string text = FloatText.Of(Math.Abs(value), conversion, precision, keepsPoint: false, isIndefinite: false);
        Assert.Equal(expected, text);
    }

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
        long found = NumeralText.Read(Encoding.Latin1.GetBytes(text), numberBase, int.MinValue, int.MaxValue, out int end, out bool fits);
        Assert.Equal((value, length, isInRange), (found, end, fits));
    }

    [Theory]
    [InlineData("1.5e2x", 150.0, 5)]
    [InlineData(" -.5", -0.5, 4)]
    [InlineData("1e+", 1.0, 1)]
    [InlineData(".e5", 0.0, 0)]
    public void ANumberWithAPointIsReadAsFarAsItGoes(string text, double value, int length)
    {
        double found = NumeralText.ReadDouble(Encoding.Latin1.GetBytes(text), out int end);
        Assert.Equal((value, length), (found, end));
    }
}
