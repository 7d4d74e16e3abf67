using System.Numerics;
using Paging.Costs;
using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;
using Paging.Scripting.Calls;
using Paging.Scripting.Running;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Reports;

/// <summary>The report of <c>paging script</c> as pictures.</summary>
internal static class ScriptPictures
{
    /// <summary>The most scenarios that one report shows.</summary>
    public const int SectionCountMax = 40;

    private static readonly SampleAxis Calls = new("call", "calls", 1);

    /// <summary>The section of one scenario, over its calls.</summary>
    public static ReportSection Of(string file, RunTimeline timeline, CostLedger? ledger = null) => new(Path.GetFileName(file),
        $"{SvgText.Count(timeline.CallCount)} calls, {SvgText.Count(timeline.FaultCount)} page faults{LostText(timeline)}. "
            + "The working set W(t, T) is the "
            + $"number of different pages that the script's loads, stores and copies touched in the last T = {WindowOf(timeline)} calls; "
            + "no accessed bit is cleared for it. The resident set is what has a frame, whether it is used or not.\n\n"
            + CostPictures.Explanation,
        [Heat(timeline, timeline.CallCount), Kinds(timeline.Samples, Calls), WorkingSet(timeline), .. Memory(timeline),
            .. CostPictures.Of(timeline.Costs!), .. ledger is null ? [] : LedgerPictures.Of(ledger)]);

    /// <summary>The section of the executed calls of all scenarios.</summary>
    public static ReportSection Of(ScenarioTally tally)
    {
        (string Name, long Value)[] calls = [.. Enum.GetValues<CallName>()
            .Select(name => (Name: name.ToString().ToLowerInvariant(), Value: tally.CountOf(name)))
            .Where(static call => call.Value > 0).OrderByDescending(static call => call.Value)
                .ThenBy(static call => call.Name, StringComparer.Ordinal)];
        return new("All calls", $"{SvgText.Count(calls.Sum(static call => call.Value))} calls of {calls.Length} kinds, "
            + $"{SvgText.Count(tally.ComparedCount)} of them compared with recorded results.",
            [Bars("calls", "Calls by kind", "calls", calls, "call", "count")]);
    }

    private static (Figure, ReportTable) Heat(RunTimeline timeline, long callCount) =>
        (HeatMapFigure.Draw(timeline.Faults, callCount, "calls"), new("faults", ["call", "page"],
            [.. timeline.Faults.Select(static fault => (IReadOnlyList<string>)[Text(fault.Time + 1), $"{fault.Page:x5}"])]));

    private static string LostText(RunTimeline timeline) => timeline.FaultCount == timeline.Faults.Count ? ""
        : $", of which the map by address shows {SvgText.Count(timeline.Faults.Count)}";

    /// <summary>T: about a sixteenth of the script, a power of two, and at least 8.</summary>
    internal static long WindowOf(RunTimeline timeline) =>
        (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(8, timeline.CallCount / 16));

    private static (Figure, ReportTable) WorkingSet(RunTimeline timeline)
    {
        long window = WindowOf(timeline);
        ReportSample[] samples = [.. timeline.Samples.Where(sample => sample.At <= timeline.References.CompleteUntil)];
        return ReportCharts.WorkingSet([.. samples.Zip(timeline.References.WorkingSets(samples.Select(static sample => sample.At), window),
            static (sample, set) => sample with { WorkingSet = set })], Calls, $"{SvgText.Count(window)} calls");
    }

    /// <summary>Returns nothing if there is only the resident set, which has its own picture.</summary>
    private static IEnumerable<(Figure, ReportTable)> Memory(RunTimeline timeline)
    {
        if (timeline.Samples.All(static sample => sample.Cached == 0 && sample.Swapped == 0)) yield break;
        yield return Lines("memory", "Memory in use", "pages", timeline.Samples, Calls, [("resident set", static sample => sample.Resident),
            ("page cache", static sample => sample.Cached), ("swapped", static sample => sample.Swapped)]);
    }
}
