using System.Text;

namespace Paging.Traces.Reading;

/// <summary>Messages about traces: one line each, for any bytes in the trace.</summary>
internal static class TraceErrors
{
    private const int QuoteLengthMax = 40;

    /// <summary>A line does not have the expected form, from one of its bytes on, or altogether.</summary>
    public static TraceFormatException InLine(string file, long line, int? place, string reason, ReadOnlySpan<byte> text) =>
        place is { } at ? new(file, line, CharacterCountOf(text[..at]) + 1, $"{reason}: {Quote(text, at)}")
            : new(file, line, $"{reason}: {Quote(text, 0)}");

    /// <summary>The number of characters in a part of a text in UTF-8; of other bytes, some number that is not above theirs.</summary>
    private static int CharacterCountOf(ReadOnlySpan<byte> text)
    {
        int count = 0;
        foreach (byte value in text) count += (value & 0xC0) != 0x80 ? 1 : 0;
        return count;
    }

    /// <summary>Packed data are damaged or end too soon.</summary>
    public static TraceFormatException Unpacking(string file, long line, string reason) =>
        new(file, line, reason.StartsWith(ZstdTraceStream.Kind + ": ", StringComparison.Ordinal)
            ? $"the {ZstdTraceStream.Kind} data are damaged: {reason[(ZstdTraceStream.Kind.Length + 2)..].ReplaceLineEndings(" ")}"
            : $"the gzip data are damaged: {reason.ReplaceLineEndings(" ")}");

    /// <summary>True for a line of blanks only, and for a comment, which begins with #.</summary>
    public static bool IsPassedOver(ReadOnlySpan<byte> line) => line.TrimStart(" \t"u8) is [] or [(byte)'#', ..];

    /// <summary>The part of a line around a place in quotes; bytes that are not printable ASCII as <c>\xNN</c>.</summary>
    private static string Quote(ReadOnlySpan<byte> text, int place)
    {
        int start = place < QuoteLengthMax ? 0 : place - (QuoteLengthMax / 2);
        text = text[start..];
        StringBuilder quote = new(start == 0 ? "\"" : "\"…");
        foreach (byte value in text[..Math.Min(text.Length, QuoteLengthMax)])
        {
            if (value is >= 0x20 and < 0x7F) quote.Append((char)value);
            else quote.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{value:x2}");
        }
        return quote.Append(text.Length > QuoteLengthMax ? "…\"" : "\"").ToString();
    }
}
