using System.Globalization;
using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Replay;

/// <summary>The report of <c>paging replay</c> as pictures: a curve for each policy, with its knee.</summary>
internal static class ReplayPictures
{
    /// <summary>The section of a trace.</summary>
    public static ReportSection Of(TraceFigures trace)
    {
        List<ChartSeries> series = CurvesOf(trace);
        Dictionary<string, ChartSeries> knees =
            series.Where(static line => line.Knee >= 0).ToDictionary(static line => line.Name, StringComparer.Ordinal);
        ReportTable table = new("miss-ratios", ["policy", "frames", "misses", "miss ratio", "knee"], [.. trace.Curve.Select(point =>
            (IReadOnlyList<string>)[point.Policy, Text(point.FrameCount), Text(point.MissCount),
                trace.MissRatioOf(point).ToString("0.######", CultureInfo.InvariantCulture),
                knees.TryGetValue(point.Policy, out ChartSeries? line) && line.Points[line.Knee].X == point.FrameCount
                    ? DescribeKnee(line) : ""])]);
        return new(trace.Name, $"{SvgText.Count(trace.AccessCount)} accesses to {SvgText.Count(trace.PageCount)} pages."
            + (knees.Count == 0 ? " No curve has a knee." : " The knee of a curve, on this axis, is its point farthest below the straight "
                + "line between its ends. The numbers below say what a frame saves before it and after it."),
            [(Draw(knees.Count == 0 ? "Miss ratio by frames" : "Miss ratio by frames; the knee is marked", series), table)]);
    }

    /// <summary>The curves of all traces, one below the other, as a file.</summary>
    public static string Plot(IEnumerable<TraceFigures> traces) => Figure.ToFile([.. traces.Select(static trace => Draw(
        $"{trace.Name}: {SvgText.Count(trace.AccessCount)} accesses, {SvgText.Count(trace.PageCount)} pages", CurvesOf(trace)))]);

    private static Figure Draw(string title, IReadOnlyList<ChartSeries> curves) =>
        LineChartFigure.Draw("misses", title, "frames of 4 KB, logarithmic", "misses, % of accesses", curves,
            ChartForm.LogarithmicAcross);

    private static List<ChartSeries> CurvesOf(TraceFigures trace)
    {
        List<ChartSeries> series = [];
        foreach (IGrouping<string, PolicyFigures> policy in trace.Curve.GroupBy(static point => point.Policy, StringComparer.Ordinal))
        {
            (double X, double Y)[] points = [.. policy.Select(point => ((double)point.FrameCount, 100 * trace.MissRatioOf(point)))];
            series.Add(new(policy.Key, points, KneeOf(points)));
        }

        return series;
    }

    /// <summary>What one more frame saves, on average, before the knee and after it, in hundredths of all accesses.</summary>
    internal static string DescribeKnee(ChartSeries line)
    {
        ((double X, double Y) first, (double X, double Y) knee, (double X, double Y) last) =
            (line.Points[0], line.Points[line.Knee], line.Points[^1]);
        return $"knee: {Slope(first, knee)} %/frame before, {Slope(knee, last)} after";

        static string Slope((double X, double Y) from, (double X, double Y) to) =>
            ((from.Y - to.Y) / (to.X - from.X)).ToString("0.##", CultureInfo.InvariantCulture) is var text && text is not ("0" or "-0")
                ? text : "under 0.01";
    }

    /// <summary>
    /// The point that lies farthest below the line between the first and the last. Both axes are
    /// scaled to 1, as in V. Satopää and others, "Finding a Kneedle in a Haystack", 2011. Negative: there is no such point.
    /// </summary>
    internal static int KneeOf(IReadOnlyList<(double X, double Y)> points)
    {
        if (points.Count < 3) return -1;
        double from = Math.Log(points[0].X), wide = Math.Log(points[^1].X) - from;
        double low = points.Min(static point => point.Y), high = points.Max(static point => point.Y) - low;
        if (wide <= 0 || high <= 0) return -1;
        int best = -1;
        double most = 0.05;    // of the height; a curve that hardly bends has no knee
        for (int i = 1; i < points.Count - 1; i++)
        {
            double x = (Math.Log(points[i].X) - from) / wide, y = (points[i].Y - low) / high;
            if (1 - x - y <= most) continue;
            (best, most) = (i, 1 - x - y);
        }

        return best;
    }
}
