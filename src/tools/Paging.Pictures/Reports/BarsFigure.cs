using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Bars with names, all on one scale.</summary>
public static class BarsFigure
{
    private const double RowHeight = 20, BarLeft = 150, BarWidth = 190;

    /// <summary>Draws the bars in the order given.</summary>
    /// <param name="key">Identifies it on its page.</param>
    /// <param name="title">Its caption.</param>
    /// <param name="unit">The unit of the values; it stands above them.</param>
    /// <param name="bars">The bars.</param>
    public static Figure Draw(string key, string title, string unit, IReadOnlyList<(string Name, double Value)> bars)
    {
        SvgDrawing svg = new();
        svg.Text(SvgDrawing.Width - SvgDrawing.Margin, 12, unit, TextStyle.Note, TextAnchor.End);
        double most = bars.Count == 0 ? 1 : Math.Max(bars.Max(static bar => bar.Value), double.Epsilon);
        for (int i = 0; i < bars.Count; i++)
        {
            double y = (i + 1) * RowHeight;
            svg.Text(BarLeft - 8, y + 13, bars[i].Name, TextStyle.Code, TextAnchor.End, BarLeft - 14);
            svg.Box(BarLeft, y + 2, BarWidth * bars[i].Value / most, RowHeight - 6, "an", ("bar", bars[i].Name),
                ("value", bars[i].Value.ToString("R", CultureInfo.InvariantCulture)));
            svg.Text(BarLeft + BarWidth + 8, y + 13, ChartAxis.Label(bars[i].Value), TextStyle.Code);
        }

        svg.Reach((bars.Count + 1) * RowHeight);
        return new(key, title, string.Join(", ", bars.Select(static bar => $"{bar.Name} {ChartAxis.Label(bar.Value)}"))
            + $" {unit}", svg);
    }
}
