using Paging.Pictures;
using Paging.Pictures.Reports;
using static Paging.Cli.Reports.ReportCharts;

namespace Paging.Cli.Reports;

/// <summary>The cost of calls as flame graphs: all, then the process, the call, and the kind of cost.</summary>
internal static class CostPictures
{
    private const string Minor = "minor", Major = "major", Refused = "refused", Anonymous = "anonymous memory", Files = "pages of files",
        Tables = "page tables";

    /// <summary>The explanation above the pictures.</summary>
    public const string Explanation = "Each row divides the one above it: everything, the processes, their calls, what these cost. "
        + "A width is a cost, not a duration; the dearest stands first. A frame is 4 KB, and counts for the call after which more are in "
        + "use than before. The host's time is this machine's and differs from run to run.";

    /// <summary>Three pictures, of faults, frames and time, and one table for all of them.</summary>
    public static IReadOnlyList<(Figure Figure, ReportTable Table)> Of(CallCosts costs) =>
    [
        (FlameFigure.Draw("flame-faults", "Page faults by process and call", "page faults", Tree(costs, static cost =>
            FlameNode.Of("", [FlameNode.Leaf(Minor, cost.MinorFaults), FlameNode.Leaf(Major, cost.MajorFaults),
                FlameNode.Leaf(Refused, cost.RefusedFaults)])), Minor, Major, Refused),
            TableOf("cost-in-faults", costs, [("page faults", static cost => cost.Faults), (Minor, static cost => cost.MinorFaults),
                (Major, static cost => cost.MajorFaults), (Refused, static cost => cost.RefusedFaults)])),
        (FlameFigure.Draw("flame-frames", "Frames taken by process and call", "frames", Tree(costs, static cost =>
            FlameNode.Of("", [FlameNode.Leaf(Anonymous, cost.AnonymousFrames), FlameNode.Leaf(Files, cost.FileFrames),
                FlameNode.Leaf(Tables, cost.TableFrames)])), Anonymous, Files, Tables),
            TableOf("cost-in-frames", costs, [("frames taken", static cost => cost.Frames),
                (Anonymous, static cost => cost.AnonymousFrames), (Files, static cost => cost.FileFrames),
                (Tables, static cost => cost.TableFrames), ("given back", static cost => cost.FreedFrames)])),
        (FlameFigure.Draw("flame-time", "The host's time by process and call", "µs", Tree(costs, static cost =>
            FlameNode.Leaf("", cost.HostTime.TotalMicroseconds))),
            TableOf("cost-in-time", costs, [("microseconds", static cost => (long)Math.Round(cost.HostTime.TotalMicroseconds))])),
    ];

    private static FlameNode Tree(CallCosts costs, Func<CallCost, FlameNode> costOf) => FlameNode.Of("all calls",
        [.. costs.All.GroupBy(static cost => cost.Key.Process, StringComparer.Ordinal).Select(process => FlameNode.Of(process.Key,
            [.. process.Select(call => costOf(call.Value) with { Name = call.Key.Call })]))]);

    private static ReportTable TableOf(string name, CallCosts costs, (string Name, Func<CallCost, long> Of)[] columns) =>
        new(name, ["process", "call", "times", .. columns.Select(static column => column.Name)],
            [.. costs.All.OrderByDescending(cost => columns[0].Of(cost.Value)).ThenByDescending(static cost => cost.Value.Count)
                .Select(cost => (IReadOnlyList<string>)[cost.Key.Process, cost.Key.Call, Text(cost.Value.Count),
                    .. columns.Select(column => Text(column.Of(cost.Value)))])]);
}
