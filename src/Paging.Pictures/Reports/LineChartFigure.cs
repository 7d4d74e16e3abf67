using System.Collections.Immutable;

namespace Paging.Pictures;

/// <summary>Lines over one pair of axes, told apart by colour and by mark, each with its name at the side.</summary>
public static class LineChartFigure
{
    private const double Left = 54, Right = 318, Top = 28, Bottom = 244, LegendLeft = 330, LegendStep = 16;
    private static ImmutableArray<string> Strokes => ["s1", "s4", "s2", "s3", "s5", "s6"];

    /// <summary>Draws the chart.</summary>
    /// <param name="key">Tells it apart on its page.</param>
    /// <param name="title">Its caption.</param>
    /// <param name="across">What the horizontal axis counts.</param>
    /// <param name="up">What the vertical axis counts.</param>
    /// <param name="series">The lines; empty ones are left out.</param>
    /// <param name="isLogarithmic">The horizontal axis is logarithmic.</param>
    public static Figure Draw(string key, string title, string across, string up, IReadOnlyList<ChartSeries> series,
        bool isLogarithmic = false)
    {
        ArgumentNullException.ThrowIfNull(across);
        ArgumentNullException.ThrowIfNull(up);
        Required.All(series);
        if (series.Any(static line => line.Knee >= line.Points.Count && line.Points.Count != 0))
            throw new ArgumentException("A line's knee is none of its points.", nameof(series));
        SvgDrawing svg = new();
        ChartAxis x = ChartAxis.Of(series.SelectMany(static line => line.Points.Select(static point => point.X)), Left, Right,
            isLogarithmic);
        ChartAxis y = ChartAxis.Of(series.SelectMany(static line => line.Points.Select(static point => point.Y)), Bottom, Top, false);
        DrawAxes(svg, x, y, across, up);
        int drawn = 0;
        foreach (ChartSeries line in series.Where(static line => line.Points.Count != 0)) DrawLine(svg, line, x, y, drawn++);
        svg.Reach(Math.Max(Bottom + 42, Top + (drawn * LegendStep)));
        return new(key, title, string.Join(". ", series.Select(Describe)), svg);
    }

    private static void DrawAxes(SvgDrawing svg, ChartAxis x, ChartAxis y, string across, string up)
    {
        foreach (double tick in y.Ticks)
        {
            svg.Line("axis", (Left, y.At(tick)), (Right, y.At(tick)));
            svg.Text(Left - 5, y.At(tick) + 3.5, ChartAxis.Label(tick), TextStyle.Tiny, TextAnchor.End);
        }

        double free = double.NegativeInfinity;
        foreach (double tick in x.Ticks)
        {
            svg.Line("axis", (x.At(tick), Bottom), (x.At(tick), Bottom + 4));
            string label = ChartAxis.Label(tick);
            double half = SvgText.WidthOf(label, 9.5, isMonospace: true) / 2;
            if (x.At(tick) - half < free) continue;
            svg.Text(x.At(tick), Bottom + 15, label, TextStyle.Tiny, TextAnchor.Middle);
            free = x.At(tick) + half + 6;
        }

        svg.Text(Right, Bottom + 31, across, TextStyle.Note, TextAnchor.End);
        svg.Text(SvgDrawing.Margin, 11, up, TextStyle.Note);
    }

    private static void DrawLine(SvgDrawing svg, ChartSeries line, ChartAxis x, ChartAxis y, int place)
    {
        string stroke = Strokes[place % Strokes.Length] + (place / Strokes.Length % 2 == 1 ? " dash" : "");
        (double X, double Y)[] points = [.. line.Points.Select(point => (x.At(point.X), y.At(point.Y)))];
        if (points.Length == 1) points = [points[0], (points[0].X + 0.1, points[0].Y)];
        svg.Line(stroke, points);
        if (line.Knee >= 0)
        {
            (double kneeX, double kneeY) = points[line.Knee];
            svg.Circle(kneeX, kneeY, 4.5, "knee", ("knee", line.Name), ("at", SvgText.Number(line.Points[line.Knee].X)));
        }

        double legend = Top + 6 + (place * LegendStep);
        svg.Line(stroke, (LegendLeft, legend - 4), (LegendLeft + 16, legend - 4));
        svg.Text(LegendLeft + 21, legend, line.Name, TextStyle.Note, TextAnchor.Start, SvgDrawing.Width - LegendLeft - 23);
    }

    private static string Describe(ChartSeries line) => line.Points.Count == 0 ? $"{line.Name}: nothing"
        : $"{line.Name}: from {ChartAxis.Label(line.Points[0].Y)} to {ChartAxis.Label(line.Points[^1].Y)}"
            + (line.Knee >= 0 ? $", knee at {ChartAxis.Label(line.Points[line.Knee].X)}" : "");
}
