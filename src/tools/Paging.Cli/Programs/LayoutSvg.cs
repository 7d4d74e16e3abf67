using System.Globalization;
using System.Security;
using System.Text;

namespace Paging.Cli.Programs;

/// <summary>
/// The picture as SVG: one rectangle a band, addresses at the borders. Not to scale: the gaps would hide everything else.
/// </summary>
internal static class LayoutSvg
{
    private const int Left = 100, Width = 460, Right = Left + Width, Margin = 20, TitleHeight = 40;
    private const int BandHeight = 34, GapHeight = 26, EmptyHeight = 14;

    /// <summary>Draws the bands under a title.</summary>
    public static string Draw(IReadOnlyList<LayoutBand> bands, string title)
    {
        int height = TitleHeight + bands.Sum(HeightOf) + Margin;
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" width="{Right + Margin}" height="{height}" """)
            .Append(CultureInfo.InvariantCulture, $"""viewBox="0 0 {Right + Margin} {height}" font-family="monospace" font-size="13">""")
            .Append('\n');
        svg.Append(CultureInfo.InvariantCulture, $"""<rect width="100%" height="100%" fill="#ffffff"/>""")
            .Append(CultureInfo.InvariantCulture, $"""<text x="{Left}" y="24" font-size="15" font-weight="bold">{Escape(title)}</text>""")
            .Append('\n');
        int y = TitleHeight;
        AppendAddress(svg, y, bands[0].End - 1);
        foreach (LayoutBand band in bands)
        {
            AppendBand(svg, y, band);
            y += HeightOf(band);
            AppendAddress(svg, y, band.Start);
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void AppendBand(StringBuilder svg, int y, LayoutBand band)
    {
        int height = HeightOf(band);
        int baseline = y + (height / 2) + 4;
        string text = band.Kind == BandKind.Unmapped ? band.Detail : $"{band.Title}  {band.Detail}";
        svg.Append(CultureInfo.InvariantCulture,
            $"""<rect x="{Left}" y="{y}" width="{Width}" height="{height}" fill="{ColorOf(band.Kind)}" stroke="#444444"/>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Left + 8}" y="{baseline}">{Escape(text)}</text>""");
        svg.Append(CultureInfo.InvariantCulture, $"""<text x="{Right - 8}" y="{baseline}" text-anchor="end">{band.Size}</text>""")
            .Append('\n');
    }

    private static void AppendAddress(StringBuilder svg, int y, ulong address) =>
        svg.Append(CultureInfo.InvariantCulture,
            $"""<text x="{Left - 8}" y="{y + 4}" text-anchor="end" fill="#444444">{address:x8}</text>""").Append('\n');

    private static int HeightOf(LayoutBand band) =>
        band.Kind == BandKind.Unmapped ? GapHeight : band.End == band.Start ? BandHeight - EmptyHeight + 8 : BandHeight;

    private static string ColorOf(BandKind kind) => kind switch
    {
        BandKind.Kernel => "#c8ccd4",
        BandKind.Stack => "#9fc5e8",
        BandKind.Mapping => "#d9ead3",
        BandKind.Heap => "#ffe599",
        BandKind.Bss => "#f9cb9c",
        BandKind.Data => "#ea9999",
        BandKind.Text => "#b4a7d6",
        _ => "#ffffff",
    };

    private static string Escape(string text) => SecurityElement.Escape(text);
}
