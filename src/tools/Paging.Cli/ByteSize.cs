using System.Globalization;

namespace Paging.Cli;

/// <summary>Sizes as people write them: <c>64M</c>, <c>1G</c>, <c>512KiB</c>, <c>4096</c>. Powers of 1024.</summary>
public static class ByteSize
{
    /// <summary>Parses a size. Returns false for any other text, and beyond 64 bits.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ulong byteLength)
    {
        byteLength = 0;
        ReadOnlySpan<char> unit = text.TrimStart("0123456789");
        int shift = ShiftOf(unit);
        if (shift < 0 || !ulong.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out ulong count))
            return false;
        byteLength = count << shift;
        return byteLength >> shift == count;
    }

    private static int ShiftOf(ReadOnlySpan<char> unit)
    {
        if (unit.IsEmpty) return 0;
        int shift = char.ToUpperInvariant(unit[0]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => -1,
        };
        return unit[1..] is "" or "B" or "iB" ? shift : -1;
    }
}
