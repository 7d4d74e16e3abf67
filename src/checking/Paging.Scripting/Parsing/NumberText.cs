namespace Paging.Scripting.Parsing;

/// <summary>The outcome of parsing a number.</summary>
public enum NumberOutcome
{
    /// <summary>A number.</summary>
    Read,
    /// <summary>Not a number.</summary>
    Malformed,
    /// <summary>A number beyond 64 bits.</summary>
    TooLarge,
}

/// <summary>The numbers of the dialect: decimal, or hexadecimal after <c>0x</c>; a minus sign only before decimal digits.</summary>
public static class NumberText
{
    /// <summary>Reads the whole text as a number: its magnitude and whether a minus sign stood before it.</summary>
    public static NumberOutcome Read(ReadOnlySpan<char> text, out ulong magnitude, out bool isNegative)
    {
        magnitude = 0;
        isNegative = text.StartsWith('-');
        if (isNegative) return ReadDigits(text[1..], radix: 10, out magnitude);
        return text.StartsWith("0x") ? ReadDigits(text[2..], radix: 16, out magnitude) : ReadDigits(text, radix: 10, out magnitude);
    }

    /// <summary>Reads decimal digits up to a limit, as in <c>[3]</c>; false for anything else.</summary>
    public static bool TryReadDecimal(ReadOnlySpan<char> text, ulong max, out ulong value) =>
        ReadDigits(text, radix: 10, out value) == NumberOutcome.Read && value <= max;

    private static NumberOutcome ReadDigits(ReadOnlySpan<char> text, uint radix, out ulong value)
    {
        value = 0;
        if (text.IsEmpty) return NumberOutcome.Malformed;
        bool isTooLarge = false;
        foreach (char character in text)
        {
            uint digit = DigitOf(character);
            if (digit >= radix) return NumberOutcome.Malformed;
            UInt128 next = (UInt128)value * radix + digit;
            isTooLarge |= next > ulong.MaxValue;
            value = (ulong)next;
        }
        return isTooLarge ? NumberOutcome.TooLarge : NumberOutcome.Read;
    }

    private static uint DigitOf(char character) => character switch
    {
        >= '0' and <= '9' => (uint)(character - '0'),
        >= 'a' and <= 'f' => (uint)(character - 'a' + 10),
        >= 'A' and <= 'F' => (uint)(character - 'A' + 10),
        _ => uint.MaxValue,
    };
}
