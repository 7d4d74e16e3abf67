using System.Globalization;
using System.Text;

namespace Paging.WindowsGuest.Runtime;

/// <summary>Numbers in texts, as strtol and strtod read them.</summary>
internal static class NumeralText
{
    private const int NoDigit = 99;    // not below any base

    /// <summary>Reads a whole number: spaces, a sign, a prefix, digits.</summary>
    /// <param name="text">The text.</param>
    /// <param name="numberBase">2 to 36; 0: taken from the prefix.</param>
    /// <param name="least">The result for smaller numbers.</param>
    /// <param name="most">The result for larger numbers.</param>
    /// <param name="length">The length of the number in bytes; 0 without a number.</param>
    /// <param name="isInRange">False if the result is one of the bounds instead of the number.</param>
    public static long Read(ReadOnlySpan<byte> text, int numberBase, long least, long most, out int length, out bool isInRange)
    {
        int at = SkipSpaces(text);
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

    /// <summary>Reads a number with a point and an exponent.</summary>
    public static double ReadDouble(ReadOnlySpan<byte> text, out int length)
    {
        int begin = SkipSpaces(text), at = begin, digits = 0;
        length = 0;
        if (at < text.Length && text[at] is (byte)'-' or (byte)'+') at++;
        for (; at < text.Length && char.IsAsciiDigit((char)text[at]); at++) digits++;
        if (at < text.Length && text[at] == '.')
            for (at++; at < text.Length && char.IsAsciiDigit((char)text[at]); at++) digits++;
        if (digits == 0) return 0;
        length = at;
        if (at < text.Length && (text[at] | 0x20) is 'e' or 'd')    // d: of Fortran, as msvcrt reads it
        {
            int end = at + 1;
            if (end < text.Length && text[end] is (byte)'-' or (byte)'+') end++;
            int first = end;
            while (end < text.Length && char.IsAsciiDigit((char)text[end])) end++;
            if (end > first) length = end;    // without digits the e is not part of it
        }

        string number = Encoding.Latin1.GetString(text[begin..length]).Replace('d', 'e').Replace('D', 'e');
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : 0;
    }

    /// <summary>A number in a base from 2 to 36, with small letters.</summary>
    public static string InBase(ulong value, uint numberBase)
    {
        StringBuilder text = new();
        do
        {
            uint digit = (uint)(value % numberBase);
            text.Insert(0, (char)(digit < 10 ? '0' + digit : 'a' + digit - 10));
            value /= numberBase;
        }
        while (value != 0);
        return text.ToString();
    }

    private static int SkipSpaces(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length && text[at] is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r')) at++;
        return at;
    }

    private static int DigitOf(byte letter) => letter switch
    {
        >= (byte)'0' and <= (byte)'9' => letter - '0',
        >= (byte)'a' and <= (byte)'z' => letter - 'a' + 10,
        >= (byte)'A' and <= (byte)'Z' => letter - 'A' + 10,
        _ => NoDigit,
    };
}
