using System.Globalization;

namespace Paging.WindowsGuest.Runtime;

/// <summary>A double as printf of msvcrt writes it: exponents have three digits, infinity is 1.#INF, and NaN is 1.#QNAN.</summary>
internal static class FloatText
{
    /// <summary>The digits of a number that is not negative.</summary>
    /// <param name="value">The number.</param>
    /// <param name="conversion">f, e, g or a, or a capital.</param>
    /// <param name="precision">Digits behind the point; of g: digits in all.</param>
    /// <param name="keepsPoint">The flag #: a point always, and of g the zeros at the end.</param>
    /// <param name="isIndefinite">For a NaN: its sign was set.</param>
    public static string Of(double value, char conversion, int precision, bool keepsPoint, bool isIndefinite)
    {
        if (!double.IsFinite(value)) return OfNoNumber(value, precision, isIndefinite);
        string text = char.ToLowerInvariant(conversion) switch
        {
            'f' => value.ToString($"F{precision}", CultureInfo.InvariantCulture),
            'e' => value.ToString($"e{precision}", CultureInfo.InvariantCulture),
            'g' => Shortest(value, Math.Max(precision, 1), keepsPoint),
            _ => Hexadecimal(value, precision),
        };
        if (keepsPoint && !text.Contains('.', StringComparison.Ordinal))
        {
            int exponent = text.IndexOf('e', StringComparison.Ordinal);
            text = exponent < 0 ? text + "." : text.Insert(exponent, ".");
        }

        return char.IsAsciiLetterUpper(conversion) ? text.ToUpperInvariant() : text;
    }

    private static string OfNoNumber(double value, int precision, bool isIndefinite)
    {
        string kind = double.IsInfinity(value) ? "#INF" : isIndefinite ? "#IND" : "#QNAN";
        return "1." + (precision > kind.Length ? kind.PadRight(precision, '0') : kind);
    }

    private static string Shortest(double value, int precision, bool keepsZeros)
    {
        string scientific = value.ToString($"e{precision - 1}", CultureInfo.InvariantCulture);
        int mark = scientific.IndexOf('e', StringComparison.Ordinal);
        int exponent = int.Parse(scientific.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent >= -4 && exponent < precision)    // C11 7.21.6.1: else the style of e
            return Trimmed(value.ToString($"F{precision - 1 - exponent}", CultureInfo.InvariantCulture), keepsZeros);
        return Trimmed(scientific[..mark], keepsZeros) + scientific[mark..];
    }

    private static string Trimmed(string digits, bool keepsZeros) =>
        keepsZeros || !digits.Contains('.', StringComparison.Ordinal) ? digits : digits.TrimEnd('0').TrimEnd('.');

    /// <summary>0x1.8p+1: the digits of the fraction are rounded to the precision.</summary>
    private static string Hexadecimal(double value, int precision)
    {
        const int fractionDigits = 13;    // 52 bits
        ulong bits = BitConverter.DoubleToUInt64Bits(value), fraction = bits & ((1ul << 52) - 1);
        int exponent = (int)(bits >> 52) & 0x7FF;
        ulong whole = exponent == 0 ? 0ul : 1;
        ulong number = (whole << 52) | fraction;
        int dropped = Math.Max(fractionDigits - precision, 0) * 4;
        if (dropped > 0) number = (number + (1ul << (dropped - 1))) >> dropped;
        int shown = Math.Min(precision, fractionDigits) * 4;
        string digits = (number & ((1ul << shown) - 1)).ToString("x", CultureInfo.InvariantCulture).PadLeft(shown / 4, '0');
        int power = exponent == 0 ? (fraction == 0 ? 0 : -1022) : exponent - 1023;    // a denormal number has the least exponent
        string tail = digits.PadRight(precision, '0');
        return $"0x{number >> shown:x}{(precision == 0 ? "" : "." + tail)}p{power:+0;-0}";
    }
}
