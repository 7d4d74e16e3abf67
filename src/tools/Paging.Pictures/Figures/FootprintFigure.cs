using System.Globalization;
using Paging.Core;
using Paging.Pictures.Snapshots;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Figures;

/// <summary>The memory that processes occupy, counted in three ways: rss, pss, and private memory.</summary>
public static class FootprintFigure
{
    private const double BarLeft = 66, BarWidth = SvgDrawing.Width - BarLeft - 86, RowHeight = 22;

    /// <summary>Draws three bars for each process, all on one scale.</summary>
    public static Figure Draw(IReadOnlyList<SpaceView> spaces)
    {
        SvgDrawing svg = new();
        double most = Math.Max(1, spaces.Max(static space => (double?)space.Footprint.Resident) ?? 1), y = 0;
        foreach (SpaceView space in spaces)
        {
            MemoryFootprint footprint = space.Footprint;
            svg.Text(SvgDrawing.Margin, y + 13, $"{space.Name} ({space.Number})", TextStyle.Strong);
            svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 13, $"shared {SvgText.Bytes(footprint.Shared)}", TextStyle.Note,
                TextAnchor.End);
            y += 20;
            DrawBar(svg, y, "rss", "kn", footprint.Resident, most);
            DrawBar(svg, y + RowHeight, "pss", "fi", footprint.Proportional, most);
            DrawBar(svg, y + (2 * RowHeight), "private", "an", footprint.Unique, most);
            y += (3 * RowHeight) + 14;
        }

        svg.Text(SvgDrawing.Margin, y + 4, "rss counts a shared frame in full, pss divides it by its users.", TextStyle.Note);
        svg.Reach(y + 8);
        return new("footprint", "What the figures mean", string.Join(". ", spaces.Select(static space =>
            $"{space.Name}: rss {space.Footprint.Resident}, pss {space.Footprint.Proportional}, private {space.Footprint.Unique} bytes")),
                svg);
    }

    private static void DrawBar(SvgDrawing svg, double y, string name, string fill, ulong bytes, double most)
    {
        svg.Text(BarLeft - 8, y + 12.5, name, TextStyle.Code, TextAnchor.End);
        svg.Box(BarLeft, y + 1, BarWidth, RowHeight - 7, "no");
        svg.Box(BarLeft, y + 1, BarWidth * bytes / most, RowHeight - 7, fill, ("bar", name),
            ("bytes", bytes.ToString(CultureInfo.InvariantCulture)));
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, y + 12.5, SvgText.Bytes(bytes), TextStyle.Code, TextAnchor.End);
    }
}
