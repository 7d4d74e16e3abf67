using System.Globalization;

namespace Paging.Native.Primitives;

/// <summary>Prints and parses the typed words as eight hexadecimal digits, as the kernel prints addresses.</summary>
internal static class HexText
{
    private const string DefaultFormat = "x8";

    public static string Format(uint value, string? format) =>
        value.ToString(string.IsNullOrEmpty(format) ? DefaultFormat : format, CultureInfo.InvariantCulture);

    public static bool TryFormat(uint value, Span<char> destination, out int charsWritten, ReadOnlySpan<char> format) =>
        value.TryFormat(destination, out charsWritten, format.IsEmpty ? DefaultFormat : format, CultureInfo.InvariantCulture);

    public static string Format(ulong value, string? format) =>
        value.ToString(string.IsNullOrEmpty(format) ? DefaultFormat : format, CultureInfo.InvariantCulture);

    public static bool TryFormat(ulong value, Span<char> destination, out int charsWritten, ReadOnlySpan<char> format) =>
        value.TryFormat(destination, out charsWritten, format.IsEmpty ? DefaultFormat : format, CultureInfo.InvariantCulture);

    /// <summary>Reads hexadecimal digits with or without a leading <c>0x</c>; nothing else is allowed around them.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out uint value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) text = text[2..];
        return uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    public static bool TryParse(ReadOnlySpan<char> text, out ulong value)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)) text = text[2..];
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    public static ulong ParseLong(ReadOnlySpan<char> text) =>
        TryParse(text, out ulong value) ? value : throw new FormatException($"'{text}' is not a 64-bit hexadecimal number.");

    public static uint Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out uint value) ? value : throw new FormatException($"'{text}' is not a 32-bit hexadecimal number.");
}
