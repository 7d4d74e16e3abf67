using System.Globalization;
using Paging.Costs.Hardware;
using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Pictures.Writing;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Tlb;

/// <summary>The report of <c>paging tlb</c> as pictures.</summary>
internal static class TlbPictures
{
    /// <summary>The section of a trace.</summary>
    public static ReportSection Of(TlbFigures trace, TlbOptions options)
    {
        string text = $"{SvgText.Count(trace.AccessCount)} accesses, with {options.PagesText}.";
        if (options.Sweep is null) return new(trace.Name, text, [Levels(trace.Runs[0].Counts)]);
        ReportTable table = new("tlb-misses", ["entries", "ways", "replacement", "accesses", "misses", "entry reads", "line misses"],
            [.. trace.Runs.Select(static run => (IReadOnlyList<string>)[Text(run.Shape.Tlbs[0].Array.Entries),
                TlbTable.WaysOf(run.Shape.Tlbs[0].Array), TlbTable.Word(run.Shape.Tlbs[0].Array.Replacement), Text(run.Counts.Accesses),
                Text(run.Counts.Walks), Text(run.Counts.EntryReads), Text(run.Counts.LineMisses)])]);
        return new(trace.Name, text, [(Draw("Miss ratio by entries", trace), table)]);
    }

    /// <summary>The curves of all traces, one below the other, as a file.</summary>
    public static string Plot(IReadOnlyList<TlbFigures> traces, TlbOptions options) => Figure.ToFile([.. traces.Select(trace =>
        Draw($"{trace.Name}: {SvgText.Count(trace.AccessCount)} accesses, {options.PagesText}", trace))]);

    private static Figure Draw(string title, TlbFigures trace) => LineChartFigure.Draw("tlb-misses", title, "entries, logarithmic",
        "misses, % of accesses", [.. trace.Runs.GroupBy(static run => NameOf(run.Shape.Tlbs[0].Array), StringComparer.Ordinal)
            .Select(static line => new ChartSeries(line.Key, [.. line.Select(static run =>
                ((double)run.Shape.Tlbs[0].Array.Entries, 100.0 * run.Counts.Walks / run.Counts.Accesses))]))],
        ChartForm.LogarithmicAcross);

    private static string NameOf(ArrayShape array) => array.Ways == array.Entries ? $"full, {TlbTable.Word(array.Replacement)}"
        : string.Create(CultureInfo.InvariantCulture, $"{array.Ways}-way, {TlbTable.Word(array.Replacement)}");

    private static (Figure, ReportTable) Levels(TranslationCounts counts) => Bars("tlb-levels", "Accesses by the level that answers them",
        "accesses", [("first level", counts.Accesses - counts.SecondHits - counts.Walks), ("second level", counts.SecondHits),
            ("walk", counts.Walks), ("entries read", counts.EntryReads), ("entries from memory", counts.LineMisses)], "level", "accesses");
}
