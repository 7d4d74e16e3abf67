using Paging.WindowsGuest.Calls;
using static Paging.WindowsGuest.Runtime.RuntimeCall;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Whole numbers in texts, as the command line gives them to a program, and random ones.</summary>
internal static class NumberImports
{
    private const uint RandomFactor = 214_013, RandomTerm = 2_531_011;    // of Microsoft's C library: sequences of programs repeat

    public static ImportedCall[] All { get; } =
    [
        Of("atoi", static call => (uint)Read(call.Text(call[0]), 10, int.MinValue, int.MaxValue, out _, out _)),
        Of("strtol", static call => ReadNumber(call, int.MinValue, int.MaxValue)),
        Of("strtoul", static call => ReadNumber(call, -(long)uint.MaxValue, uint.MaxValue)),
        Of("srand", static call => call.Thread.RandomState = call[0]),
        Of("rand", static call => ((call.Thread.RandomState = (call.Thread.RandomState * RandomFactor) + RandomTerm) >> 16) & 0x7FFF),
    ];

    private static uint ReadNumber(RuntimeCall call, long least, long most)
    {
        long value = Read(call.Text(call[0]), (int)call[2], least, most, out int length, out bool isInRange);
        if (call[1] != 0) call.PutWord(call[1], call[0] + (uint)length);
        if (!isInRange) call.Fail(RuntimeError.Range, 0);
        return (uint)value;
    }

    /// <summary>Reads a whole number: spaces, a sign, a prefix, digits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="numberBase">2 to 36; 0: taken from the prefix.</param>
    /// <param name="least">The result for smaller numbers.</param>
    /// <param name="most">The result for larger numbers.</param>
    /// <param name="length">The length of the number in bytes; 0 without a number.</param>
    /// <param name="isInRange">False if the result is one of the bounds instead of the number.</param>
    internal static long Read(ReadOnlySpan<byte> text, int numberBase, long least, long most, out int length, out bool isInRange)
    {
        int at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r')) at++;
        (length, isInRange) = (0, true);
        bool isNegative = at < text.Length && text[at] == '-';
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+') at++;
        bool hasPrefix = numberBase is 0 or 16 && at + 2 < text.Length && text[at] == '0' && (text[at + 1] | 0x20) == 'x'
            && DigitOf(text[at + 2]) < 16;    // "0x" alone is the number 0
        if (numberBase == 0) numberBase = hasPrefix ? 16 : at < text.Length && text[at] == '0' ? 8 : 10;
        if (hasPrefix) at += 2;
        Int128 value = 0;
        for (; at < text.Length && DigitOf(text[at]) < numberBase; at++)
        {
            if (value <= ulong.MaxValue) value = (value * numberBase) + DigitOf(text[at]);    // beyond, it is out of range whatever follows
            length = at + 1;
        }

        if (isNegative) value = -value;
        isInRange = value >= least && value <= most;
        return isInRange ? (long)value : value < least ? least : most;
    }

    private static int DigitOf(byte letter) => letter switch
    {
        >= (byte)'0' and <= (byte)'9' => letter - '0',
        >= (byte)'a' and <= (byte)'z' => letter - 'a' + 10,
        >= (byte)'A' and <= (byte)'Z' => letter - 'A' + 10,
        _ => int.MaxValue,    // not below any base
    };
}
