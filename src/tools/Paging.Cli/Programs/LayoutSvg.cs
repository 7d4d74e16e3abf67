using Paging.Pictures;
using Paging.Pictures.Writing;

namespace Paging.Cli.Programs;

/// <summary>
/// The picture as SVG: one rectangle a band, addresses at the borders. Not to scale: the gaps would hide everything else.
/// </summary>
internal static class LayoutSvg
{
    private const double Left = 68, Width = SvgDrawing.Width - SvgDrawing.Margin - Left, Top = 6, Gap = 8, SizeWidth = 70;
    private const double LineHeight = 6.5, TextWidth = Width - SizeWidth - (2 * Gap);
    private const int BandHeight = 34, GapHeight = 26, EmptyHeight = 32;

    /// <summary>Draws the bands under a title.</summary>
    public static string Draw(IReadOnlyList<LayoutBand> bands, string title)
    {
        SvgDrawing svg = new();
        double y = Top;
        DrawAddress(svg, y, bands[0].End - 1);
        foreach (LayoutBand band in bands)
        {
            DrawBand(svg, y, band);
            y += HeightOf(band);
            DrawAddress(svg, y, band.Start);
        }

        string words = string.Join("; ", bands.Select(static band => $"{band.Start:x8} {band.Title} {band.Detail}, {band.Size}"));
        return new Figure("layout", title, words, svg).ToFile();
    }

    private static void DrawBand(SvgDrawing svg, double y, LayoutBand band)
    {
        double height = HeightOf(band), baseline = y + (height / 2) + 4;
        svg.Box(Left, y, Width, height - 1, FillOf(band.Kind), ("band", band.Title));
        bool hasTitle = band.Kind != BandKind.Unmapped;
        if (hasTitle) svg.Text(Left + Gap, baseline - LineHeight, band.Title, TextStyle.Code, TextAnchor.Start, TextWidth);
        svg.Text(Left + Gap, hasTitle ? baseline + LineHeight : baseline, band.Detail, TextStyle.Note, TextAnchor.Start, TextWidth);
        svg.Text(Left + Width - Gap, baseline, band.Size, TextStyle.Code, TextAnchor.End, SizeWidth);
    }

    private static void DrawAddress(SvgDrawing svg, double y, ulong address) =>
        svg.Text(Left - Gap, y + 4, $"{address:x8}", TextStyle.Code, TextAnchor.End);

    private static int HeightOf(LayoutBand band) =>
        band.Kind == BandKind.Unmapped ? GapHeight : band.End == band.Start ? EmptyHeight : BandHeight;

    // Colours only separate neighbours; the text names the band.
    private static string FillOf(BandKind kind) => kind switch
    {
        BandKind.Kernel => "kn0",
        BandKind.Stack or BandKind.Data => "an0",
        BandKind.Mapping or BandKind.Text => "fi0",
        BandKind.Heap => "sw0",
        BandKind.Bss => "tb0",
        _ => "no",
    };
}
