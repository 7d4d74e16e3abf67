using System.Collections.Immutable;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Lines over one pair of axes, told apart by colour and by mark, each with its name below.</summary>
public static class LineChartFigure
{
    private const double Left = 54, Right = 406, Top = 28, Bottom = 244, LegendTop = Bottom + 50, LegendStep = 18, MarkSize = 3.2;
    private const int MarksOfLine = 5;

    private static ImmutableArray<string> Strokes => ["s1", "s4", "s2", "s3", "s5", "s6"];

    private static ImmutableArray<string> Marks => ["m1", "m4", "m2", "m3", "m5", "m6"];

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
        DrawLegend(svg, [.. series.Where(static line => line.Points.Count != 0)]);
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
        (double X, double Y)[] points = [.. line.Points.Select(point => (x.At(point.X), y.At(point.Y)))];
        if (points.Length == 1) points = [points[0], (points[0].X + 0.1, points[0].Y)];
        svg.Line(StrokeOf(place), points);
        for (int i = 0; i < MarksOfLine; i++)    // each line at places of its own, so that lines which run together do not hide them
        {
            double at = Left + ((Right - Left) * (i + 0.2 + (place % 8 * 0.1)) / MarksOfLine);
            if (at >= points[0].X && at <= points[^1].X) DrawMark(svg, place, at, HeightAt(points, at));
        }

        if (line.Knee < 0) return;
        (double kneeX, double kneeY) = points[line.Knee];
        svg.Circle(kneeX, kneeY, 4.5, "knee", ("knee", line.Name), ("at", SvgText.Number(line.Points[line.Knee].X)));
    }

    private static string StrokeOf(int place) =>
        Strokes[place % Strokes.Length] + (place / Strokes.Length % 2 == 1 ? " dash" : "");

    private static double HeightAt((double X, double Y)[] points, double x)
    {
        int right = Array.FindIndex(points, point => point.X >= x);
        if (right <= 0) return points[0].Y;
        ((double X, double Y) from, (double X, double Y) to) = (points[right - 1], points[right]);
        return to.X <= from.X ? to.Y : from.Y + ((to.Y - from.Y) * (x - from.X) / (to.X - from.X));
    }

    private static void DrawMark(SvgDrawing svg, int place, double x, double y)
    {
        string fill = Marks[place % Marks.Length];
        const double s = MarkSize;
        switch (place % 6)
        {
            case 0: svg.Circle(x, y, s, fill); break;
            case 1: svg.Box(x - s + 0.3, y - s + 0.3, (2 * s) - 0.6, (2 * s) - 0.6, fill); break;
            case 2: svg.Line(fill, (x - s - 0.6, y + s), (x + s + 0.6, y + s), (x, y - s - 0.8)); break;
            case 3: svg.Line(fill, (x, y - s - 1), (x + s + 1, y), (x, y + s + 1), (x - s - 1, y)); break;
            case 4: svg.Line(fill, (x - s - 0.6, y - s), (x + s + 0.6, y - s), (x, y + s + 0.8)); break;
            default: svg.Box(x - 1.4, y - s - 1, 2.8, (2 * s) + 2, fill); break;
        }
    }

    private static void DrawLegend(SvgDrawing svg, ChartSeries[] lines)
    {
        double x = SvgDrawing.Margin, y = LegendTop;
        for (int place = 0; place < lines.Length; place++)
        {
            string words = lines[place] is { Knee: >= 0 } line
                ? $"{line.Name}, knee {ChartAxis.Label(line.Points[line.Knee].X)}" : lines[place].Name;
            double wide = 27 + SvgText.WidthOf(words, SvgDrawing.SizeOf(TextStyle.Note), isMonospace: false) + 12;
            if (x > SvgDrawing.Margin && x + wide > SvgDrawing.Width) (x, y) = (SvgDrawing.Margin, y + LegendStep);
            svg.Line(StrokeOf(place), (x, y - 4), (x + 22, y - 4));
            DrawMark(svg, place, x + 11, y - 4);
            svg.Text(x + 27, y, words, TextStyle.Note, TextAnchor.Start, SvgDrawing.Width - SvgDrawing.Margin - x - 27);
            x += wide;
        }

        svg.Reach(y + 6);
    }

    private static string Describe(ChartSeries line) => line.Points.Count == 0 ? $"{line.Name}: nothing"
        : $"{line.Name}: from {ChartAxis.Label(line.Points[0].Y)} to {ChartAxis.Label(line.Points[^1].Y)}"
            + (line.Knee >= 0 ? $", knee at {ChartAxis.Label(line.Points[line.Knee].X)}" : "");
}
