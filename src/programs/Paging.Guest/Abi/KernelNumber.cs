using System.Globalization;
using Paging.Core;

namespace Paging.Guest.Abi;

/// <summary>Numbers that programs write to files of /proc. Linux: lib/kstrtox.c kstrtouint, base 0.</summary>
internal static class KernelNumber
{
    /// <summary>Parses a decimal, octal (0) or hexadecimal (0x) number, with '+' before it and one line feed after it.</summary>
    /// <returns>EINVAL: no number. ERANGE: more than 32 bits.</returns>
    public static Errno Parse(string text, out uint value)
    {
        value = 0;
        ReadOnlySpan<char> digits = text;
        if (digits is ['+', ..]) digits = digits[1..];
        if (digits is [.., '\n']) digits = digits[..^1];
        int radix = digits is ['0', 'x' or 'X', _, ..] ? 16 : digits is ['0', ..] ? 8 : 10;
        if (radix == 16) digits = digits[2..];
        if (digits.IsEmpty) return Errno.EINVAL;
        ulong sum = 0;
        foreach (char digit in digits)
        {
            if (!char.IsAsciiHexDigit(digit)) return Errno.EINVAL;
            uint each = uint.Parse([digit], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (each >= radix) return Errno.EINVAL;
            sum = Math.Min((sum * (uint)radix) + each, 1UL << 32);
        }

        value = (uint)sum;
        return sum > uint.MaxValue ? Errno.ERANGE : Errno.None;
    }
}
