using Paging.Costs;
using Paging.Costs.Devices;
using Paging.Pictures;
using Paging.Pictures.Reports;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Reports;

/// <summary>A ledger as charts: time by cause over time, and the processes side by side.</summary>
internal static class LedgerPictures
{
    /// <summary>The charts, each with its numbers.</summary>
    public static IReadOnlyList<(Figure Figure, ReportTable Table)> Of(CostLedger ledger) => [OverTime(ledger), .. ByProcess(ledger)];

    private static (Figure, ReportTable) OverTime(CostLedger ledger)
    {
        CostCause[] used = [.. Enum.GetValues<CostCause>().Where(cause => ledger.TotalOf(cause).Picoseconds > 0)];
        IReadOnlyList<CostSample> samples =
            [.. ledger.Samples, new(ledger.End, [.. Enum.GetValues<CostCause>().Select(ledger.TotalOf)])];
        ChartSeries[] lines = [.. used.Select(cause => new ChartSeries(CostCauses.NameOf(cause),
            [.. samples.Select(sample => (Us(sample.At), Us(sample.Times[(int)cause])))]))];
        return (LineChartFigure.Draw("cost-over-time", "Time of all processes by cause, stacked", "virtual clock, µs", "sum, µs", lines,
            ChartForm.Stacked), new("cost-over-time", ["ns", .. used.Select(CostCauses.NameOf)],
                [.. samples.Select(sample => (IReadOnlyList<string>)[Text(sample.At.Nanoseconds),
                    .. used.Select(cause => Text(sample.Times[(int)cause].Nanoseconds))])]));
    }

    private static double Us(VirtualTime time) => time.Picoseconds / 1e6;

    private static IEnumerable<(Figure, ReportTable)> ByProcess(CostLedger ledger)
    {
        IReadOnlyList<CostAccount> accounts = ledger.UsedAccounts;
        if (accounts.Count == 0) yield break;
        ReportTable table = new("cost-by-process",
            ["process", .. Enum.GetValues<CostCause>().Select(CostCauses.NameOf)], [.. accounts.Select(static account =>
            (IReadOnlyList<string>)[account.Label,
                .. Enum.GetValues<CostCause>().Select(cause => Text(account[cause].Nanoseconds))])]);
        yield return (BarsFigure.Draw("cost-by-process", "Computing and waiting by process", "µs", [.. accounts.Take(BarCount / 2)
            .SelectMany(static account => ((string, double)[])[
                ($"{account.Label} computes", Us(account.Computing)), ($"{account.Label} waits", Us(account.Waiting))])]), table);
    }
}
