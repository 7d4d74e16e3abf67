using System.Globalization;

namespace Paging.Native.Primitives;

/// <summary>Prints the typed words as eight hexadecimal digits, as the kernel prints addresses.</summary>
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
}
