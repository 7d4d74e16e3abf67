using System.Collections.Immutable;
using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>
/// Lines over one pair of axes, told apart by colour, mark and dashes, each with its name at its end. A page hides a line, and shows a
/// logarithmic axis, when its reader asks for it.
/// </summary>
public static class LineChartFigure
{
    private const double Left = 54, LabelRight = 412, Top = 28, Bottom = 244, LabelHeight = 14, LabelGap = 36, LabelWidthMax = 132;
    private const double MarkSize = 3.2;
    private const int MarksOfLine = 5, ColourCount = 8;

    /// <summary>A logarithmic axis is offered where a linear one hides the small values.</summary>
    private const double RatioOfLogarithm = 20;

    private static ImmutableArray<string> Strokes => ["s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8"];

    private static ImmutableArray<string> Marks => ["m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"];

    private static ImmutableArray<string> Dashes => ["", " dash", " dots", " longdash"];

    /// <summary>Draws the chart.</summary>
    /// <param name="key">Identifies it on its page.</param>
    /// <param name="title">Its caption.</param>
    /// <param name="across">The label of the horizontal axis, with its unit.</param>
    /// <param name="up">The label of the vertical axis, with its unit.</param>
    /// <param name="series">The lines; empty ones are left out. Up to fifteen have their names beside them, further ones below.</param>
    /// <param name="form">Axes and lines.</param>
    public static Figure Draw(string key, string title, string across, string up, IReadOnlyList<ChartSeries> series,
        ChartForm form = ChartForm.Plain)
    {
        if (form.HasFlag(ChartForm.Stacked)) return DrawOne(key, title, across, up, Stack(series), form);
        Figure figure = DrawOne(key, title, across, up, series, form);
        double[] values = [.. series.SelectMany(static line => line.Points.Select(static point => point.Y)).Where(static y => y > 0)];
        bool canBeLogarithmic = !form.HasFlag(ChartForm.LogarithmicUp) && values.Length != 0
            && values.Max() >= values.Min() * RatioOfLogarithm && series.All(static line => line.Points.All(static point => point.Y >= 0));
        return figure with
        {
            Lines = [.. series.Where(static line => line.Points.Count != 0)
                .Select(static (line, place) => (line.Name, StrokeOf(place)))],
            Logarithmic = canBeLogarithmic ? DrawOne(key, title, across, up, series, form | ChartForm.LogarithmicUp) : null,
        };
    }

    private static List<ChartSeries> Stack(IReadOnlyList<ChartSeries> series)
    {
        List<ChartSeries> stacked = [];
        foreach (ChartSeries line in series)
            stacked.Add(line with
            {
                Points = stacked.Count == 0 ? line.Points
                    : [.. line.Points.Zip(stacked[^1].Points, static (point, below) => (point.X, point.Y + below.Y))]
            });
        return stacked;
    }

    private static Figure DrawOne(
        string key, string title, string across, string up, IReadOnlyList<ChartSeries> series, ChartForm form)
    {
        SvgDrawing svg = new();
        ChartSeries[] lines = [.. series.Where(static line => line.Points.Count != 0)];
        double right = LabelRight - LabelGap - LabelWidthOf(lines);
        ChartAxis x = ChartAxis.Of(lines.SelectMany(static line => line.Points.Select(static point => point.X)), Left, right,
            form.HasFlag(ChartForm.LogarithmicAcross));
        ChartAxis y = ChartAxis.Of(lines.SelectMany(static line => line.Points.Select(static point => point.Y)), Bottom, Top,
            form.HasFlag(ChartForm.LogarithmicUp), isFromSmallest: true);
        bool isLogarithmic = form.HasFlag(ChartForm.LogarithmicUp);
        DrawAxes(svg, x, y, across, isLogarithmic ? $"{up}, logarithmic" : up);
        (double X, double Y)[][] paths = [.. lines.Select(line => PathOf(line, x, y, form.HasFlag(ChartForm.Steps)))];
        ChartLabels labels = new(paths.Select(static path => path[^1].Y), Top, Bottom, LabelHeight);
        for (int place = lines.Length - 1; form.HasFlag(ChartForm.Stacked) && place >= 0; place--)    // the others lie over the highest
            svg.Line(Marks[place % ColourCount], [(paths[place][0].X, Bottom), .. paths[place], (paths[place][^1].X, Bottom)]);
        for (int place = 0; place < lines.Length; place++)
        {
            svg.BeginGroup(string.Create(CultureInfo.InvariantCulture, $"line{place}"));
            DrawLine(svg, lines[place], paths[place], x, y, place);
            if (labels.YOf(place) is { } at) DrawLabel(svg, lines[place], paths[place][^1], at, right, place);
            svg.EndGroup();
        }

        DrawLegend(svg, [.. lines.Index().Where(line => labels.YOf(line.Index) is null)]);
        return new(key, title, string.Join(". ", series.Select(Describe)), svg);
    }

    private static double LabelWidthOf(ChartSeries[] lines) => Math.Min(LabelWidthMax, lines.Length == 0 ? 0
        : lines.Max(static line => SvgDrawing.WidthOf(WordsOf(line), TextStyle.Note)));

    private static string WordsOf(ChartSeries line) =>
        line.Knee < 0 ? line.Name : $"{line.Name}, knee {ChartAxis.Label(line.Points[line.Knee].X)}";

    private static void DrawAxes(SvgDrawing svg, ChartAxis x, ChartAxis y, string across, string up)
    {
        double highest = double.PositiveInfinity;
        foreach (double tick in y.Ticks)
        {
            svg.Line("axis", (Left, y.At(tick)), (x.To, y.At(tick)));
            if (y.At(tick) > highest - LabelHeight) continue;    // a logarithmic axis has more ticks than room
            svg.Text(Left - 5, y.At(tick) + 3.5, ChartAxis.Label(tick), TextStyle.Tiny, TextAnchor.End);
            highest = y.At(tick);
        }

        double free = double.NegativeInfinity;
        foreach (double tick in x.Ticks)
        {
            svg.Line("axis", (x.At(tick), Bottom), (x.At(tick), Bottom + 4));
            string label = ChartAxis.Label(tick);
            double half = SvgDrawing.WidthOf(label, TextStyle.Tiny) / 2;
            if (x.At(tick) - half < free) continue;
            svg.Text(x.At(tick), Bottom + 15, label, TextStyle.Tiny, TextAnchor.Middle);
            free = x.At(tick) + half + 6;
        }

        svg.Text(x.To, Bottom + 31, across, TextStyle.Note, TextAnchor.End, x.To - SvgDrawing.Margin);
        svg.Text(SvgDrawing.Margin, 11, up, TextStyle.Note);
        svg.Reach(Bottom + 36);
    }

    /// <summary>The points of the line; of counts with a corner before each.</summary>
    private static (double X, double Y)[] PathOf(ChartSeries line, ChartAxis x, ChartAxis y, bool isSteps)
    {
        List<(double X, double Y)> path = [];
        foreach ((double X, double Y) point in line.Points)
        {
            (double X, double Y) at = (x.At(point.X), y.At(point.Y));
            if (isSteps && path.Count != 0 && path[^1].Y != at.Y) path.Add((at.X, path[^1].Y));
            path.Add(at);
        }

        if (path.Count == 1) path.Add((path[0].X + 0.1, path[0].Y));
        return [.. path];
    }

    private static void DrawLine(SvgDrawing svg, ChartSeries line, (double X, double Y)[] path, ChartAxis x, ChartAxis y, int place)
    {
        svg.Line(StrokeOf(place), path);
        for (int i = 0; i < MarksOfLine; i++)    // each line at places of its own, so that lines which run together do not hide them
        {
            double at = Left + ((x.To - Left) * (i + 0.2 + (place % ColourCount * 0.1)) / MarksOfLine);
            if (at >= path[0].X && at <= path[^1].X) DrawMark(svg, place, at, HeightAt(path, at));
        }

        if (line.Knee < 0) return;
        (double kneeX, double kneeY) = (x.At(line.Points[line.Knee].X), y.At(line.Points[line.Knee].Y));
        svg.Circle(kneeX, kneeY, 4.5, "knee", ("knee", line.Name), ("at", SvgText.Number(line.Points[line.Knee].X)));
    }

    /// <summary>The name at the end of the line, and a way to it where others have pushed it aside.</summary>
    private static void DrawLabel(SvgDrawing svg, ChartSeries line, (double X, double Y) end, double at, double right, int place)
    {
        svg.Line(StrokeOf(place) + " way", end, (right + 10, at));
        svg.Line(StrokeOf(place), (right + 10, at), (right + LabelGap - 4, at));
        DrawMark(svg, place, right + 21, at);
        svg.Text(right + LabelGap, at + 4, WordsOf(line), TextStyle.Note, TextAnchor.Start, LabelWidthMax);
    }

    private static string StrokeOf(int place) => Strokes[place % ColourCount] + Dashes[place / ColourCount % Dashes.Length];

    private static double HeightAt((double X, double Y)[] path, double x)
    {
        int right = Array.FindIndex(path, point => point.X >= x);
        if (right <= 0) return path[0].Y;
        ((double X, double Y) from, (double X, double Y) to) = (path[right - 1], path[right]);
        return to.X <= from.X ? to.Y : from.Y + ((to.Y - from.Y) * (x - from.X) / (to.X - from.X));
    }

    private static void DrawMark(SvgDrawing svg, int place, double x, double y)
    {
        string fill = Marks[place % ColourCount];
        const double s = MarkSize;
        switch (place % ColourCount)
        {
            case 0: svg.Circle(x, y, s, fill); break;
            case 1: svg.Box(x - s + 0.3, y - s + 0.3, (2 * s) - 0.6, (2 * s) - 0.6, fill); break;
            case 2: svg.Line(fill, (x - s - 0.6, y + s), (x + s + 0.6, y + s), (x, y - s - 0.8)); break;
            case 3: svg.Line(fill, (x, y - s - 1), (x + s + 1, y), (x, y + s + 1), (x - s - 1, y)); break;
            case 4: svg.Line(fill, (x - s - 0.6, y - s), (x + s + 0.6, y - s), (x, y + s + 0.8)); break;
            case 5: svg.Box(x - 1.4, y - s - 1, 2.8, (2 * s) + 2, fill); break;
            case 6: svg.Box(x - s - 1, y - 1.4, (2 * s) + 2, 2.8, fill); break;
            default: svg.Line(fill, (x - s, y - s - 1), (x + s + 1, y), (x - s, y + s + 1)); break;
        }
    }

    private static void DrawLegend(SvgDrawing svg, (int Place, ChartSeries Line)[] lines)
    {
        double x = SvgDrawing.Margin, y = Bottom + 50;
        foreach ((int place, ChartSeries line) in lines)
        {
            string words = WordsOf(line);
            double wide = 27 + SvgDrawing.WidthOf(words, TextStyle.Note) + 12;
            if (x > SvgDrawing.Margin && x + wide > SvgDrawing.Width) (x, y) = (SvgDrawing.Margin, y + 18);
            svg.BeginGroup(string.Create(CultureInfo.InvariantCulture, $"line{place}"));
            svg.Line(StrokeOf(place), (x, y - 4), (x + 22, y - 4));
            DrawMark(svg, place, x + 11, y - 4);
            svg.Text(x + 27, y, words, TextStyle.Note, TextAnchor.Start, SvgDrawing.Width - SvgDrawing.Margin - x - 27);
            svg.EndGroup();
            svg.Reach(y + 6);
            x += wide;
        }
    }

    private static string Describe(ChartSeries line) => line.Points.Count == 0 ? $"{line.Name}: nothing"
        : $"{line.Name}: from {ChartAxis.Label(line.Points[0].Y)} to {ChartAxis.Label(line.Points[^1].Y)}"
            + (line.Knee >= 0 ? $", knee at {ChartAxis.Label(line.Points[line.Knee].X)}" : "");

    /// <summary>The places of the names of lines: each as near to the end of its line as the others allow, in their order.</summary>
    private sealed class ChartLabels
    {
        private readonly Dictionary<int, double> _places = [];

        /// <summary>Finds the places.</summary>
        /// <param name="ends">The heights of the ends, in the order of the lines.</param>
        /// <param name="top">The highest place.</param>
        /// <param name="bottom">The lowest place.</param>
        /// <param name="height">The least distance between them.</param>
        public ChartLabels(IEnumerable<double> ends, double top, double bottom, double height)
        {
            int room = (int)((bottom - top) / height) + 1;
            (int Line, double End)[] ordered = [.. ends.Select(static (end, line) => (line, end)).Take(room)
                .OrderBy(static end => end.end)];
            double[] at = [.. ordered.Select(static end => end.End)];
            for (int i = 0; i < at.Length; i++) at[i] = Math.Max(i == 0 ? top : at[i - 1] + height, at[i]);
            for (int i = at.Length - 1; i >= 0; i--) at[i] = Math.Min(i == at.Length - 1 ? bottom : at[i + 1] - height, at[i]);
            for (int i = 0; i < at.Length; i++) _places.Add(ordered[i].Line, at[i]);
        }

        /// <summary>The height of a line's name; null: there is no room for it.</summary>
        public double? YOf(int line) => _places.TryGetValue(line, out double y) ? y : null;
    }
}
