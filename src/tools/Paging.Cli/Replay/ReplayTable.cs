using System.Globalization;
using Paging.Cli.Replay.Engine;
using Paging.Costs;
using Paging.Costs.Devices;
using Spectre.Console;

namespace Paging.Cli.Replay;

/// <summary>A trace for people: policies below each other, frames beside each other. The same on a terminal and in a file.</summary>
internal static class ReplayTable
{
    private const int Width = 98;    // and two blanks before each line
    private const int GroupCountWithStores = 2, GroupCountWithout = 4;    // of frames, beside each other

    /// <summary>The whole of a trace; lines end in line feeds.</summary>
    public static string Render(TraceFigures trace)
    {
        StringWriter text = new() { NewLine = "\n" };
        string stores = trace.StoreCount is { } count ? $", {Number(count)} of them stores" : "";
        text.WriteLine($"{trace.Name}: {Number(trace.AccessCount)} accesses to {Number(trace.PageCount)} distinct pages{stores}");
        int[] frameCounts = [.. trace.Rows.Select(static row => row.FrameCount).Distinct()];
        foreach (int[] group in frameCounts.Chunk(trace.StoreCount is null ? GroupCountWithout : GroupCountWithStores))
        {
            text.WriteLine();
            foreach (string line in PlainTable.Render(TableOf(trace, group), Width)) text.WriteLine($"  {line}");
        }
        if (trace.Engine is { } engine) text.WriteLine($"\n  {Describe(engine)}");
        if (trace.Engine is { Times.IsEmpty: false } timed)
        {
            text.WriteLine($"\n  time of an access on {trace.MachineName}, on average");
            foreach (string line in PlainTable.Render(TimesOf(timed, trace.AccessCount), Width)) text.WriteLine($"  {line}");
        }

        return text.ToString();
    }

    private static string Describe(EngineFigures engine) => engine.Differences.IsEmpty
        ? $"on the engine: faults and dirty evictions as simulated "
            + $"{(engine.RunCount == 1 ? "in its one run" : $"in all {Number(engine.RunCount)} runs")}; "
            + $"{Number(engine.SwapWriteCount)} pages went to swap, {Number(engine.SwapReadCount)} came back"
        : $"on the engine: {Number(engine.Differences.Length)} of {Number(engine.RunCount)} runs counted otherwise";

    private static Table TimesOf(EngineFigures engine, long accessCount)
    {
        Table table = PlainTable.Of("policy", "frames", "all", "program", "page faults", "reclaim", "wait: swap", "wait: write");
        foreach (RunTime run in engine.Times)
        {
            PlainTable.Add(table, run.Policy, Number(run.FrameCount), Each(run.End), Sum(run, CostCause.User, CostCause.Translation),
                Sum(run, CostCause.MinorFaults, CostCause.MajorFaults, CostCause.Copies),
                Sum(run, CostCause.Reclaim, CostCause.Invalidations), Sum(run, CostCause.WaitForSwap), Sum(run, CostCause.WaitForWrite));
        }

        return table;

        string Sum(RunTime run, params ReadOnlySpan<CostCause> causes)
        {
            VirtualTime sum = VirtualTime.Zero;
            foreach (CostCause cause in causes) sum += run.ByCause[(int)cause];
            return Each(sum);
        }

        string Each(VirtualTime time) => new VirtualTime(time.Picoseconds / accessCount).ToString();
    }

    private static Table TableOf(TraceFigures trace, int[] frameCounts)
    {
        Table table = new() { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn(new Text("frames\npolicy")) { NoWrap = true });
        foreach (int frameCount in frameCounts)
        {
            AddColumn(table, $"{Number(frameCount)}\nmisses");
            AddColumn(table, "\nhit ratio");
            if (trace.StoreCount is not null) AddColumn(table, "dirty\nevictions");
        }
        foreach (IGrouping<string, PolicyFigures> policy in trace.Rows.GroupBy(static row => row.Policy, StringComparer.Ordinal))
            table.AddRow([new Text(policy.Key),
                .. policy.Where(row => frameCounts.Contains(row.FrameCount)).SelectMany(row => CellsOf(trace, row))]);
        return table;
    }

    private static void AddColumn(Table table, string header) =>
        table.AddColumn(new TableColumn(new Text(header, null) { Justification = Justify.Right })
        {
            NoWrap = true,
            Alignment = Justify.Right
        });

    private static IEnumerable<Text> CellsOf(TraceFigures trace, PolicyFigures row)
    {
        yield return new(Number(row.MissCount));
        yield return new((1 - trace.MissRatioOf(row)).ToString("P2", CultureInfo.InvariantCulture));
        if (trace.StoreCount is not null) yield return new(row.DirtyEvictionCount is { } count ? Number(count) : "-");
    }

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
