using System.Globalization;
using Paging.Core;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Cli.Reports;

/// <summary>The charts of the reports of scripts and of programs, each with its numbers.</summary>
internal static class ReportCharts
{
    /// <summary>The most bars of a chart.</summary>
    public const int BarCount = 20;

    /// <summary>Formats a number for a table: without thousands separators, so that programs can read it too.</summary>
    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Page faults by kind. Minor and major ones, the first two counters, are sums of the others.</summary>
    public static (Figure, ReportTable) Kinds(IReadOnlyList<ReportSample> samples, in SampleAxis axis) => Lines(
        "kinds", "Page faults by kind", "faults so far", samples, axis,
        [.. default(FaultCounters).ToNamedCounts().Select(static (kind, index) => (kind.Name, CounterAt(index))).Skip(2)]);

    /// <summary>Resident set and working set.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="axis">Their axis.</param>
    /// <param name="window">The window T of the working set, with its unit.</param>
    public static (Figure, ReportTable) WorkingSet(IReadOnlyList<ReportSample> samples, in SampleAxis axis, string window) => Lines(
        "working-set", $"Resident set and working set, T = {window}", "pages", samples, axis,
        [("resident set", static sample => sample.Resident), ("working set", static sample => sample.WorkingSet)]);

    /// <summary>Lines over samples. Those that are always 0 are left out.</summary>
    public static (Figure, ReportTable) Lines(string key, string title, string up, IReadOnlyList<ReportSample> samples, in SampleAxis axis,
        (string Name, Func<ReportSample, long> Of)[] lines)
    {
        double scale = axis.Scale;
        (string Name, Func<ReportSample, long> Of)[] used = [.. lines.Where(line => samples.Any(sample => line.Of(sample) != 0))];
        ChartSeries[] series = [.. used.Select(line => new ChartSeries(line.Name,
            [.. samples.Select(sample => (sample.At / scale, (double)line.Of(sample)))]))];
        ReportTable table = new(key, [axis.Column, .. used.Select(static line => line.Name)], [.. samples.Select(sample =>
            (IReadOnlyList<string>)[Text(sample.At), .. used.Select(line => Text(line.Of(sample)))])]);
        return (LineChartFigure.Draw(key, title, axis.Across, up, series, ChartForm.Steps), table);
    }

    private static Func<ReportSample, long> CounterAt(int index) => sample => sample.Faults.ToNamedCounts()[index].Count;

    /// <summary>Bars of the first values that are not 0; the table has all.</summary>
    public static (Figure, ReportTable) Bars(
        string key, string title, string unit, IEnumerable<(string Name, long Value)> values, params IReadOnlyList<string> columns)
    {
        (string Name, long Value)[] all = [.. values];
        return (BarsFigure.Draw(key, title, unit, [.. all.Where(static one => one.Value != 0).Take(BarCount)
                .Select(static one => (one.Name, (double)one.Value))]),
            new(key, columns, [.. all.Select(static one => (IReadOnlyList<string>)[one.Name, Text(one.Value)])]));
    }
}

/// <summary>The horizontal axis of a chart of samples.</summary>
/// <param name="Column">The unit of <see cref="ReportSample.At"/>, which heads the table's column.</param>
/// <param name="Across">The unit of the axis.</param>
/// <param name="Scale">The number of the former in one of the latter.</param>
internal readonly record struct SampleAxis(string Column, string Across, double Scale);
