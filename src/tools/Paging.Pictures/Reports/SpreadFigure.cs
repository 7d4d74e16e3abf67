using System.Collections.Immutable;
using System.Globalization;
using Paging.Pictures.Writing;

namespace Paging.Pictures.Reports;

/// <summary>Ratios as bars that begin at 1: to the right is more, to the left is less, and a line over each shows its spread.</summary>
/// <remarks>The scale is logarithmic: twice as much is as far from 1 as half as much, which is what a bar that begins at 1 needs.</remarks>
public static class SpreadFigure
{
    private const double Left = 10, Right = 276, LabelGap = 8, NumberRight = SvgDrawing.Width - SvgDrawing.Margin;
    private const double MeasureWidth = 72, NameHeight = 15, BarHeight = 11, BarStep = 15, RowGap = 7, LegendHeight = 22, AxisHeight = 20;

    private static ImmutableArray<string> Fills => ["an", "tb", "fi", "sw", "kn"];

    /// <summary>Draws the rows.</summary>
    /// <param name="key">Identifies it on its page.</param>
    /// <param name="title">Its caption.</param>
    /// <param name="rows">The comparisons.</param>
    public static Figure Draw(string key, string title, IReadOnlyList<SpreadRow> rows)
    {
        SvgDrawing svg = new();
        string[] rivals = [.. rows.SelectMany(static row => row.Bars.Select(static bar => bar.Rival)).Distinct(StringComparer.Ordinal)];
        ChartAxis axis = AxisOf(rows);
        DrawLegend(svg, rivals);
        double y = LegendHeight + AxisHeight, bottom = y + rows.Sum(HeightOf);
        double[] ticks = [.. TicksWithRoom(axis)];
        foreach (double tick in ticks) svg.Text(axis.At(tick), y - 9, LabelOf(tick), TextStyle.Tiny, TextAnchor.Middle);
        svg.Text(NumberRight, y - 9, "low–high, ×", TextStyle.Note, TextAnchor.End);
        foreach (SpreadRow row in rows)
        {
            foreach (double tick in ticks)    // after the bars, not through the name above them
                svg.Line(tick == 1 ? "ar" : "axis", (axis.At(tick), y + NameHeight - 2), (axis.At(tick), y + HeightOf(row) - RowGap));
            DrawRow(svg, row, axis, rivals, y);
            y += HeightOf(row);
        }

        svg.Reach(bottom);
        return new(key, title, string.Join(". ", rows.Select(Describe)), svg);
    }

    private static string Describe(SpreadRow row) => row.Name + (row.Measure.Length == 0 ? "" : $" ({row.Measure})") + ": "
        + string.Join(", ", row.Bars.Select(static bar =>
            $"{bar.Rival} {Text(bar.Middle)}, between {Text(bar.Low)} and {Text(bar.High)}"));

    /// <summary>A ratio with three digits that mean something.</summary>
    public static string Text(double ratio) => ratio switch
    {
        < 10 => ratio.ToString("0.00", CultureInfo.InvariantCulture),
        < 100 => ratio.ToString("0.0", CultureInfo.InvariantCulture),
        < 10_000 => ratio.ToString("0", CultureInfo.InvariantCulture),
        _ => ChartAxis.Label(Math.Round(ratio)),
    };

    private static double HeightOf(SpreadRow row) => NameHeight + (row.Bars.Count * BarStep) + RowGap;

    private static ChartAxis AxisOf(IReadOnlyList<SpreadRow> rows)
    {
        double low = 0.5, high = 2;
        foreach (SpreadBar bar in rows.SelectMany(static row => row.Bars)) (low, high) = (Math.Min(low, bar.Low), Math.Max(high, bar.High));
        return new(low, high, Left, Right, IsLogarithmic: true);
    }

    private static void DrawLegend(SvgDrawing svg, string[] rivals)
    {
        double x = Left;
        for (int i = 0; i < rivals.Length; i++) x += svg.LegendEntry(x, 12, Fills[i % Fills.Length], rivals[i]) + 14;
    }

    /// <summary>The values whose labels do not touch. The reference, 1, comes before its neighbours.</summary>
    private static IEnumerable<double> TicksWithRoom(ChartAxis axis)
    {
        double free = 0;
        foreach (double tick in axis.Ticks)
        {
            double x = axis.At(tick), half = HalfOf(tick);
            if (x - half < free || (tick < 1 && x + half + LabelGap > axis.At(1) - HalfOf(1))) continue;
            free = x + half + LabelGap;
            yield return tick;
        }
    }

    private static double HalfOf(double tick) => SvgDrawing.WidthOf(LabelOf(tick), TextStyle.Tiny) / 2;

    private static string LabelOf(double tick) => tick < 1 ? $"1/{ChartAxis.Label(1 / tick)}" : $"{ChartAxis.Label(tick)}×";

    private static void DrawRow(SvgDrawing svg, SpreadRow row, ChartAxis axis, string[] rivals, double y)
    {
        svg.Text(Left, y + 11, row.Name, TextStyle.Code, TextAnchor.Start, SvgDrawing.InnerWidth - MeasureWidth);
        svg.Text(NumberRight, y + 11, row.Measure, TextStyle.Note, TextAnchor.End, MeasureWidth - 8);
        y += NameHeight;
        foreach (SpreadBar bar in row.Bars)
        {
            double one = axis.At(1), end = axis.At(bar.Middle), middle = y + (BarHeight / 2);
            svg.Box(Math.Min(one, end), y, Math.Abs(end - one), BarHeight, Fills[Array.IndexOf(rivals, bar.Rival) % Fills.Length],
                ("spread", $"{row.Name}: {bar.Rival}"), ("middle", Exact(bar.Middle)), ("low", Exact(bar.Low)), ("high", Exact(bar.High)));
            foreach (string pen in (ReadOnlySpan<string>)["halo", "whisker"])
                DrawSpread(svg, pen, axis.At(bar.Low), axis.At(bar.High), middle);
            svg.Text(NumberRight - 78, y + 9, $"{Text(bar.Middle)}×", TextStyle.Code, TextAnchor.End);
            svg.Text(NumberRight, y + 9, $"{Text(bar.Low)}–{Text(bar.High)}", TextStyle.Tiny, TextAnchor.End, 74);
            y += BarStep;
        }
    }

    private static void DrawSpread(SvgDrawing svg, string pen, double low, double high, double middle)
    {
        svg.Line(pen, (low, middle), (high, middle));
        svg.Line(pen, (low, middle - 3), (low, middle + 3));
        svg.Line(pen, (high, middle - 3), (high, middle + 3));
    }

    private static string Exact(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
