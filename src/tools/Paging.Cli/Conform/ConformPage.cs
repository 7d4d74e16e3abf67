using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Testing.Conformance;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Conform;

/// <summary>The page of <c>paging conform --report</c>: the agreement by family and rule, and the smallest script of each break.</summary>
internal sealed class ConformPage(AdapterDescription adapter, ConformanceTally tally)
{
    private readonly List<ReportSection> _breaks = [];

    /// <summary>Adds a broken rule.</summary>
    /// <param name="small">Its smallest script.</param>
    /// <param name="found">The place of the finding.</param>
    public void Add(ConformanceBreak small, ConformanceBreak found) => _breaks.Add(new(
        $"Broken: {small.Rule}", $"First found in `{found.Script.Name}`, call {found.CallIndex + 1}.", [],
        ConformReport.Break(small, found)));

    /// <summary>The whole page.</summary>
    public string Render() => ReportPage.Write($"paging conform {adapter.Name}",
    [
        new("Agreement", ConformReport.Summary(tally),
            [Part("families", "Calls that agree, of those compared, by family of scenarios, %", "family", tally.ByFamily)]),
        new("Rules", "Section of docs/DIALECT.md, call, outcome.",
            [Part("rules", "Calls that agree, of those compared, by rule, %", "rule", tally.ByRule)]),
        .. _breaks,
    ]);

    private static (Figure Figure, ReportTable Table) Part(
        string key, string title, string column, IReadOnlyDictionary<string, ConformanceCount> counts)
    {
        (string Name, double Value)[] bars = [.. counts.Where(static pair => pair.Value.Agreed + pair.Value.Differed != 0)
            .Select(static pair => (pair.Key, Share(pair.Value)))];    // unsupported calls are not counted
        IReadOnlyList<string> header = [column, "agree", "differ", "not supported", "not reached"];
        ReportTable table = new(key, header, [.. counts.Select(static pair => (IReadOnlyList<string>)[pair.Key,
            Text(pair.Value.Agreed), Text(pair.Value.Differed), Text(pair.Value.Unsupported), Text(pair.Value.NotReached)])]);
        return (BarsFigure.Draw(key, title, "%", bars), table);
    }

    private static double Share(ConformanceCount count) =>
        Math.Round(100.0 * count.Agreed / (count.Agreed + count.Differed), 1);
}
