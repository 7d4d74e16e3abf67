using System.Globalization;
using System.Text;

namespace Paging.Pictures.Writing;

/// <summary>Text and numbers as SVG and HTML want them.</summary>
public static class SvgText
{
    // The widths of DejaVu, which are the widest of the fonts that a page asks for; in thousandths of the size.
    private const double MonospaceWidth = 0.603, NarrowWidth = 0.37, MiddleWidth = 0.62, WideWidth = 0.86;

    /// <summary>Text with the five characters of markup replaced. A character that XML cannot hold becomes U+FFFD.</summary>
    public static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length + 8);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                < 0x20 and not ('\t' or '\n' or '\r') => escaped.Append('\uFFFD'),
                0xFFFE or 0xFFFF => escaped.Append('\uFFFD'),
                _ => escaped.Append(rune.ToString()),
            };
        }

        return escaped.ToString();
    }

    /// <summary>A coordinate with at most four decimals, formatted without regard to the culture.</summary>
    public static string Number(double value) => Math.Round(value, 4).ToString("0.####", CultureInfo.InvariantCulture);

    /// <summary>Bytes as people write them: <c>512 B</c>, <c>132 KB</c>, <c>3 GB</c>. Powers of 1,024.</summary>
    public static string Bytes(ulong byteLength) => byteLength switch
    {
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{byteLength} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{byteLength / 1024.0:0.#} KB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{byteLength / (1024.0 * 1024):0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{byteLength / (1024.0 * 1024 * 1024):0.##} GB"),
    };

    /// <summary>A count with its thousands apart.</summary>
    public static string Count(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>An upper bound of the width of a text, in the units of the font size.</summary>
    public static double WidthOf(string text, double fontSize, bool isMonospace)
    {
        double sum = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            sum += isMonospace ? MonospaceWidth
                : rune.Value is 'i' or 'j' or 'l' or 'I' or '.' or ',' or ':' or ';' or '\'' or '|' or ' ' or '(' or ')' or 't' or 'f'
                    ? NarrowWidth + 0.02
                : rune.Value is 'm' or 'w' or 'M' or 'W' or '→' or '…' or '%' or '↓' or '↑' ? WideWidth + 0.11
                : Rune.IsUpper(rune) ? 0.72 : MiddleWidth;
        }

        return sum * fontSize;
    }

    /// <summary>The text, or as much of its beginning as fits, with an ellipsis.</summary>
    public static string Fit(string text, double width, double fontSize, bool isMonospace)
    {
        if (WidthOf(text, fontSize, isMonospace) <= width) return text;
        int length = text.Length - 1;
        while (length > 0 && WidthOf(text[..length].TrimEnd() + "…", fontSize, isMonospace) > width) length--;
        return text[..length].TrimEnd() + "…";
    }
}
