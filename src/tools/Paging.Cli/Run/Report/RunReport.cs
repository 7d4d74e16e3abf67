using System.Globalization;
using Paging.Cli.Reports;
using Paging.Guest;
using Paging.Pictures;
using Paging.Pictures.Reports;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Run.Report;

/// <summary>The report of <c>paging run</c> as pictures with their numbers: one file, no scripts, nothing loaded from elsewhere.</summary>
internal static class RunReport
{
    private const int HotCount = 24;
    private const double NanosecondsOfMillisecond = 1e6;
    private static readonly SampleAxis Time = new("nanosecond", "ms of the guest's time", NanosecondsOfMillisecond);

    /// <summary>The whole page.</summary>
    public static string Render(GuestKernel kernel, RunRequest request, GuestOutcome outcome, RunRecorder recorder)
    {
        string title = string.Join(' ', request.Words);
        string text = $"{Ending(outcome)}; {request.RamBytes >> 20} MiB of RAM, {request.Swap?.Describe() ?? "no"} swap, "
            + $"seed {request.Seed}; {Text(recorder.EndTime / 1_000_000)} ms of the guest's time.";
        return ReportPage.Write($"paging run {title}",
        [
            new("Memory of the first process", $"{text} The working set W(t, T) is what was accessed in the last T = "
                + $"{IntervalText(recorder)} ms, by the accessed bits, which each sample clears; the resident set is what has a frame.",
                [WorkingSet(recorder.Samples, Time, $"{IntervalText(recorder)} ms"), Hot(recorder, new(kernel, request.Root)),
                    Peak(recorder)]),
            new("Page faults", $"{Text(recorder.FaultsByCall.Values.Sum())} of all processes, in programs and in system calls.",
                [Kinds(recorder.Samples, Time), Heat(recorder), ByCall(recorder)]),
            new("What calls cost", CostPictures.Explanation, CostPictures.Of(recorder.Costs!)),
            new("Counters and system calls", "Of the whole machine.",
                [Bars("counters", "Counters", "times", RunEnding.Counters(kernel), "what", "times"), Calls(kernel)]),
        ]);
    }

    private static string IntervalText(RunRecorder recorder) =>
        (recorder.Interval / NanosecondsOfMillisecond).ToString("0.##", CultureInfo.InvariantCulture);

    private static (Figure, ReportTable) Peak(RunRecorder recorder)
    {
        var areas = recorder.Peak.Where(static area => area.Resident > 0).OrderByDescending(static area => area.Resident).Take(BarCount)
            .Select(static area => ($"{area.Range.First.Value << 12:x8} {Short(area.Name)}", (double)area.Resident)).ToList();
        return (BarsFigure.Draw("peak", $"The map at the peak of {Text(recorder.PeakResident)} pages: resident pages", "pages", areas),
            new("maps-at-peak", ["resident pages", "maps"],
                [.. recorder.Peak.Select(static area => (IReadOnlyList<string>)[Text(area.Resident), area.Line])]));
    }

    private static (Figure, ReportTable) Hot(RunRecorder recorder, SymbolNames names)
    {
        (uint Page, string Name, int Count)[] hot = [.. recorder.HotPages.OrderByDescending(static page => page.Value)
            .ThenBy(static page => page.Key).Select(page => (page.Key, names.NameOf(page.Key, recorder.Peak), page.Value))];
        return (BarsFigure.Draw("hot", $"Hot pages: accessed in how many of {Text(recorder.Samples.Count)} intervals", "intervals",
                [.. hot.Take(HotCount).Select(static page => ($"{page.Page:x5} {Short(page.Name)}", (double)page.Count))]),
            new("hot-pages", ["page", "symbol or area", "intervals"],
                [.. hot.Select(static page => (IReadOnlyList<string>)[$"{page.Page:x5}", page.Name, Text(page.Count)])]));
    }

    private static (Figure, ReportTable) ByCall(RunRecorder recorder) => Bars("by-call", "Page faults by system call", "page faults",
        recorder.FaultsByCall.Select(static call => (call.Key, call.Value)).OrderByDescending(static call => call.Value), "what", "times");

    private static (Figure, ReportTable) Heat(RunRecorder recorder) =>
        (HeatMapFigure.Draw([.. recorder.Faults.Select(static fault => (fault.Time / 1000, fault.Page))], (recorder.EndTime / 1000) + 1,
            "µs of the guest's time"), new("faults", ["nanosecond", "page"],
            [.. recorder.Faults.Select(static fault => (IReadOnlyList<string>)[Text(fault.Time), $"{fault.Page:x5}"])]));

    private static (Figure, ReportTable) Calls(GuestKernel kernel)
    {
        CallCount[] calls = [.. kernel.CallCounts.Concat(kernel.UnknownCalls.Select(static call =>
            new CallCount($"unknown {call.Key}", call.Value, call.Value))).OrderByDescending(static call => call.Count)];
        return (BarsFigure.Draw("calls", "System calls", "calls",
                [.. calls.Take(BarCount).Select(static call => (call.Name, (double)call.Count))]),
            new("calls", ["call", "times", "failed"],
                [.. calls.Select(static call => (IReadOnlyList<string>)[call.Name, Text(call.Count), Text(call.Errors)])]));
    }

    private static string Ending(GuestOutcome outcome) => outcome.End switch
    {
        GuestEnd.Exited => $"Exited with {outcome.Code}",
        GuestEnd.Killed => $"Killed by {RunEnding.Describe(outcome.Code)}",
        GuestEnd.Stopped => "Stopped",
        GuestEnd.LimitReached => "Stopped at its limit",
        _ => "Stopped: every process waited",
    };

    private static string Short(string name) => name.StartsWith('/') ? Path.GetFileName(name) : name;
}
