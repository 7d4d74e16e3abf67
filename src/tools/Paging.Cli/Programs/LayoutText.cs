using System.Globalization;
using System.Text;

namespace Paging.Cli.Programs;

/// <summary>The picture for a terminal: high addresses on top, as in the article.</summary>
internal static class LayoutText
{
    private const int Width = 62;

    /// <summary>Draws the bands.</summary>
    public static string Draw(IReadOnlyList<LayoutBand> bands)
    {
        StringBuilder text = new();
        AppendBorder(text, bands[0].End - 1, '┌', '┐');
        for (int i = 0; i < bands.Count; i++)
        {
            AppendBand(text, bands[i]);
            bool isLast = i == bands.Count - 1;
            AppendBorder(text, bands[i].Start, isLast ? '└' : '├', isLast ? '┘' : '┤');
        }

        return text.ToString();
    }

    private static void AppendBand(StringBuilder text, LayoutBand band)
    {
        string left = band.Kind == BandKind.Unmapped ? $"· {band.Detail}" : $"{band.Title}  {band.Detail}";
        int room = Width - 2 - band.Size.Length - 1;
        if (left.Length > room) left = left[..(room - 1)] + '…';
        text.Append(CultureInfo.InvariantCulture, $"          │ {left.PadRight(room)} {band.Size} │\n");
    }

    private static void AppendBorder(StringBuilder text, ulong address, char left, char right) =>
        text.Append(CultureInfo.InvariantCulture, $" {address:x8} {left}").Append('─', Width).Append(right).Append('\n');
}
