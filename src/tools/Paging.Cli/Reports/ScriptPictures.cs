using System.Numerics;
using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;
using Paging.Scripting.Calls;
using Paging.Scripting.Running;
using static Paging.Cli.Reports.DigitText;

namespace Paging.Cli.Reports;

/// <summary>The report of <c>paging script</c> as pictures.</summary>
internal static class ScriptPictures
{
    /// <summary>The most scenarios that one report shows.</summary>
    public const int SectionCountMax = 40;

    /// <summary>The section of one scenario, over its calls.</summary>
    public static ReportSection Of(string file, RunTimeline timeline) => new(Path.GetFileName(file),
        $"{SvgText.Count(timeline.CallCount)} calls, {SvgText.Count(timeline.FaultCount)} page faults{LostText(timeline)}. "
            + "The working set W(t, T) is the "
            + $"number of different pages that the script's loads, stores and copies touched in the last T = {WindowOf(timeline)} calls; "
            + "no accessed bit is cleared for it. The resident set is what has a frame, whether it is used or not.\n\n"
            + CostPictures.Explanation,
        [Heat(timeline, timeline.CallCount), Kinds(timeline), WorkingSet(timeline), .. Memory(timeline),
            .. CostPictures.Of(timeline.Costs!)]);

    /// <summary>The section of the executed calls of all scenarios.</summary>
    public static ReportSection Of(ScenarioTally tally)
    {
        (string Name, double Value)[] calls = [.. Enum.GetValues<CallName>()
            .Select(name => (Name: name.ToString().ToLowerInvariant(), Value: (double)tally.CountOf(name)))
            .Where(static call => call.Value > 0).OrderByDescending(static call => call.Value)
                .ThenBy(static call => call.Name, StringComparer.Ordinal)];
        return new("All calls", $"{SvgText.Count(calls.Sum(static call => (long)call.Value))} calls of {calls.Length} kinds.",
            [(BarsFigure.Draw("calls", "Calls by kind", "calls", [.. calls.Take(20)]), new("calls", ["call", "count"],
                [.. calls.Select(static call => (IReadOnlyList<string>)[call.Name, Text((long)call.Value)])]))]);
    }

    private static (Figure, ReportTable) Heat(RunTimeline timeline, long callCount) =>
        (HeatMapFigure.Draw(timeline.Faults, callCount, "calls"), new("faults", ["call", "page"],
            [.. timeline.Faults.Select(static fault => (IReadOnlyList<string>)[Text(fault.Time + 1), $"{fault.Page:x5}"])]));

    private static (Figure, ReportTable) Kinds(RunTimeline timeline)
    {
        (string Name, Func<TimelineSample, long> Of)[] kinds =
        [
            ("anonymous", static sample => sample.Faults.Anonymous), ("zero page", static sample => sample.Faults.ZeroPage),
            ("file", static sample => sample.Faults.File), ("copied", static sample => sample.Faults.Copied),
            ("swapped in", static sample => sample.Faults.SwappedIn), ("refused", static sample => sample.Faults.Refused),
        ];
        return Chart("kinds", "Page faults by kind", "faults so far", timeline, kinds);
    }

    private static string LostText(RunTimeline timeline) => timeline.FaultCount == timeline.Faults.Count ? ""
        : $", of which the map by address shows {SvgText.Count(timeline.Faults.Count)}";

    /// <summary>T: about a sixteenth of the script, a power of two, and at least 8.</summary>
    internal static long WindowOf(RunTimeline timeline) =>
        (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(8, timeline.CallCount / 16));

    private static (Figure, ReportTable) WorkingSet(RunTimeline timeline)
    {
        long window = WindowOf(timeline);
        TimelineSample[] samples = [.. timeline.Samples.Where(sample => sample.Call <= timeline.References.CompleteUntil)];
        long[] sets = [.. timeline.References.WorkingSets(samples.Select(static sample => sample.Call), window)];
        ChartSeries[] series =
        [
            new("resident set", [.. samples.Select(static sample => ((double)sample.Call, (double)sample.Resident))]),
            new("working set", [.. samples.Zip(sets, static (sample, set) => ((double)sample.Call, (double)set))]),
        ];
        ReportTable table = new("working-set", ["call", "resident set", "working set"], [.. samples.Zip(sets, static (sample, set) =>
            (IReadOnlyList<string>)[Text(sample.Call), Text(sample.Resident), Text(set)])]);
        return (LineChartFigure.Draw("working-set", $"Resident set and working set, T = {SvgText.Count(window)} calls", "calls", "pages",
            series, ChartForm.Steps), table);
    }

    /// <summary>Returns nothing if there is only the resident set, which has its own picture.</summary>
    private static IEnumerable<(Figure, ReportTable)> Memory(RunTimeline timeline)
    {
        if (timeline.Samples.All(static sample => sample.Cached == 0 && sample.Swapped == 0)) yield break;
        yield return Chart("memory", "Memory in use", "pages", timeline,
        [
            ("resident set", static sample => sample.Resident), ("page cache", static sample => sample.Cached),
            ("swapped", static sample => sample.Swapped),
        ]);
    }

    private static (Figure, ReportTable) Chart(
        string key, string title, string up, RunTimeline timeline, (string Name, Func<TimelineSample, long> Of)[] lines)
    {
        (string Name, Func<TimelineSample, long> Of)[] used = [.. lines.Where(line =>
            timeline.Samples.Any(sample => line.Of(sample) != 0))];
        ChartSeries[] series = [.. used.Select(line => new ChartSeries(line.Name,
            [.. timeline.Samples.Select(sample => ((double)sample.Call, (double)line.Of(sample)))]))];
        ReportTable table = new(key, ["call", .. used.Select(static line => line.Name)],
            [.. timeline.Samples.Select(sample =>
                (IReadOnlyList<string>)[Text(sample.Call), .. used.Select(line => Text(line.Of(sample)))])]);
        return (LineChartFigure.Draw(key, title, "calls", up, series, ChartForm.Steps), table);
    }
}
