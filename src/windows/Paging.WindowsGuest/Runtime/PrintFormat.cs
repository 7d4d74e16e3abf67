using System.Globalization;
using System.Text;

namespace Paging.WindowsGuest.Runtime;

//   % flags width .precision size conversion        %-08.3I64d
/// <summary>Expands a format of printf as msvcrt does: arguments are words of memory, one behind the other.</summary>
/// <remarks>
/// Source: Microsoft, Format specification syntax: printf and wprintf functions. Sizes are h, hh, l, ll, L, w, I, I32 and I64.
/// </remarks>
internal sealed class PrintFormat(RuntimeCall call, uint arguments)
{
    private const int FieldMax = 1 << 20;    // so that a width costs no more host memory

    private readonly List<byte> _text = [];
    private uint _next = arguments;

    /// <summary>Returns the format with its conversions replaced by the arguments.</summary>
    public byte[] Expand(ReadOnlySpan<byte> format)
    {
        for (int at = 0; at < format.Length && _text.Count < RuntimeCall.TextMax;)
        {
            if (format[at] != '%') _text.Add(format[at++]);
            else
            {
                at++;
                PrintField field = ReadField(format, ref at);
                if (at < format.Length) Convert((char)format[at++], field);
            }
        }

        return [.. _text];
    }

    private PrintField ReadField(ReadOnlySpan<byte> format, ref int at)
    {
        PrintField field = new() { Precision = -1 };
        for (; at < format.Length; at++)
        {
            char letter = (char)format[at];
            if (letter == '-') field.IsLeft = true;
            else if (letter == '0') field.HasZeros = true;
            else if (letter == '#') field.IsAlternate = true;
            else if (letter == '+') field.Sign = "+";
            else if (letter == ' ') field.Sign = field.Sign.Length == 0 ? " " : field.Sign;
            else break;
        }

        field.Width = ReadNumber(format, ref at);
        if (field.Width < 0) (field.Width, field.IsLeft) = (-field.Width, true);    // C11 7.21.6.1: a negative * is the flag -
        if (at < format.Length && format[at] == '.')
        {
            at++;
            field.Precision = ReadNumber(format, ref at);
        }

        (field.Width, field.Precision) = (Math.Min(field.Width, FieldMax), Math.Min(field.Precision, FieldMax));
        ReadSize(format, ref at, ref field);
        return field;
    }

    private int ReadNumber(ReadOnlySpan<byte> format, ref int at)
    {
        if (at < format.Length && format[at] == '*')
        {
            at++;
            return Math.Max((int)NextWord(), -FieldMax);
        }

        int number = 0;
        for (; at < format.Length && char.IsAsciiDigit((char)format[at]); at++)
            number = Math.Min((number * 10) + format[at] - '0', FieldMax);
        return number;
    }

    private static void ReadSize(ReadOnlySpan<byte> format, ref int at, ref PrintField field)
    {
        ReadOnlySpan<byte> rest = format[at..];
        bool is64 = rest.StartsWith("I64"u8) || rest.StartsWith("ll"u8);
        int length = is64 ? (rest[0] == 'I' ? 3 : 2) : rest.StartsWith("I32"u8) ? 3 : rest.StartsWith("hh"u8) ? 2
            : !rest.IsEmpty && rest[0] is (byte)'h' or (byte)'l' or (byte)'L' or (byte)'w' or (byte)'I' ? 1 : 0;
        field.Is64 = is64;
        field.IsShort = length > 0 && rest[0] == 'h';
        field.IsByte = rest.StartsWith("hh"u8);
        field.IsWide = length == 1 && rest[0] is (byte)'l' or (byte)'w';
        at += length;
    }

    private void Convert(char conversion, in PrintField field)
    {
        switch (conversion)
        {
            case 'd' or 'i':
                long value = field.Is64 ? (long)NextLong()
                    : field.IsByte ? (sbyte)NextWord() : field.IsShort ? (short)NextWord() : (int)NextWord();
                AddNumber(Int128.Abs(value).ToString(CultureInfo.InvariantCulture), value < 0 ? "-" : field.Sign, field);
                break;
            case 'u' or 'o' or 'x' or 'X':
                ulong bits = field.Is64 ? NextLong() : field.IsByte ? (byte)NextWord() : field.IsShort ? (ushort)NextWord() : NextWord();
                AddNumber(InBase(bits, conversion, field, out string prefix), prefix, field);
                break;
            case 'p':
                AddPadded(NextWord().ToString("X8", CultureInfo.InvariantCulture), field);    // msvcrt: eight digits, no 0x
                break;
            case 'c' or 'C':
                AddPadded(((char)(byte)NextWord()).ToString(), field);
                break;
            case 's' or 'S':
                AddText(field, isWide: conversion == 'S' ? !field.IsShort : field.IsWide);
                break;
            case 'f' or 'e' or 'E' or 'g' or 'G' or 'a' or 'A':
                AddFloat(conversion, BitConverter.UInt64BitsToDouble(NextLong()), field);
                break;
            case 'n':
                call.PutWord(NextWord(), (uint)_text.Count);
                break;
            default:
                _text.Add((byte)conversion);    // %%, and letters that are not conversions
                break;
        }
    }

    private static string InBase(ulong bits, char conversion, in PrintField field, out string prefix)
    {
        prefix = field.IsAlternate && bits != 0 && conversion is 'x' or 'X' ? $"0{conversion}" : "";
        string digits = conversion switch
        {
            'o' => NumeralText.InBase(bits, 8),
            'x' => bits.ToString("x", CultureInfo.InvariantCulture),
            'X' => bits.ToString("X", CultureInfo.InvariantCulture),
            _ => bits.ToString(CultureInfo.InvariantCulture),
        };
        return conversion == 'o' && field.IsAlternate && digits[0] != '0' ? "0" + digits : digits;
    }

    /// <summary>A precision is the least number of digits, and takes the place of the flag 0; 0 with precision 0 has none.</summary>
    private void AddNumber(string digits, string prefix, in PrintField field)
    {
        if (field.Precision == 0 && string.Equals(digits, "0", StringComparison.Ordinal)) digits = "";
        digits = digits.PadLeft(Math.Max(field.Precision, 0), '0');
        AddSigned(prefix, digits, field, mayHaveZeros: field.Precision < 0);
    }

    private void AddFloat(char conversion, double value, in PrintField field)
    {
        string sign = double.IsNegative(value) ? "-" : field.Sign;
        string digits = FloatText.Of(Math.Abs(value), conversion, field.Precision < 0 ? 6 : field.Precision, field.IsAlternate,
            isIndefinite: double.IsNegative(value));
        bool isHex = conversion is 'a' or 'A' && double.IsFinite(value);
        AddSigned(isHex ? sign + digits[..2] : sign, isHex ? digits[2..] : digits, field, mayHaveZeros: true);
    }

    private void AddSigned(string prefix, string digits, in PrintField field, bool mayHaveZeros)
    {
        if (mayHaveZeros && field.HasZeros && !field.IsLeft) digits = digits.PadLeft(Math.Max(field.Width - prefix.Length, 0), '0');
        AddPadded(prefix + digits, field);
    }

    private void AddText(in PrintField field, bool isWide)
    {
        uint place = NextWord();
        uint most = field.Precision < 0 ? uint.MaxValue : (uint)field.Precision;
        string text = place == 0 ? "(null)" : isWide ? call.Wide(place) : Encoding.Latin1.GetString(call.Text(place, most));
        AddPadded(text.Length > most ? text[..(int)most] : text, field);
    }

    private void AddPadded(string text, in PrintField field) =>
        _text.AddRange(Encoding.Latin1.GetBytes(field.IsLeft ? text.PadRight(field.Width) : text.PadLeft(field.Width)));

    private uint NextWord()
    {
        uint word = call.Word(_next);
        _next += 4;
        return word;
    }

    private ulong NextLong() => NextWord() | ((ulong)NextWord() << 32);
}

/// <summary>The part of a format before the letter of its conversion.</summary>
internal record struct PrintField()
{
    public bool IsLeft, HasZeros, IsAlternate, Is64, IsShort, IsByte, IsWide;
    public string Sign = "";
    public int Width, Precision;
}
