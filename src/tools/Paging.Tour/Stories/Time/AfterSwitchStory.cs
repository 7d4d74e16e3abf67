using Paging.Core;
using Paging.Costs.Devices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>What the first accesses after a process switch cost, and which translations stay.</summary>
internal static class AfterSwitchStory
{
    private const uint Pages = 40;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 8 << 20, Seed = 1 });
        Meter meter = new(stage.Engine);
        UserProcess browser = stage.Process("browser"), editor = stage.Process("editor");
        VirtualAddress ours = Map(browser), theirs = Map(editor), kernel = PagingEngine.KernelAddressOf(new(16));
        for (uint page = 0; page < Pages; page++) meter.Store(browser, ours + (page << 12));
        List<ChartSeries> lines = [new("before", Loop(meter, browser, ours))];
        long walks = meter.Ledger.CountsOf().Walks;
        Show(stage, meter, lines, "Time by cause, first touches");
        stage.Step("A working set in the TLB", "browser: load from each of 40 pages",
            """
            The browser has touched 40 pages. They are too many for the 16 entries of the first data TLB and few enough for the 256 of the
            second, so each load costs two cycles more than a hit. No walk is needed.
            """);

        for (uint page = 0; page < Pages; page++) meter.Store(editor, theirs + (page << 12));
        Show(stage, meter, lines, "Time by cause, the editor's turn");
        stage.Step("The editor's turn", "switch to the editor: cr3 = its directory; it writes 40 pages",
            $"""
            The switch itself costs {meter.Ledger.Prices.Kernel.Switch}. The load of CR3 drops every translation but global ones, as
            translations do not say whose they are.
            """);

        lines.Add(new("after", Loop(meter, browser, ours)));
        long after = meter.Ledger.CountsOf().Walks - walks - Pages;
        VirtualTime first = Sum(lines[1]), usual = Sum(lines[0]);
        Show(stage, meter, lines, "Time by cause, back again");
        stage.Step("Back again", "switch to the browser; load from the same 40 pages",
            $"""
            Each page needs a walk again, {after} in all. The loop takes {first} instead of {usual}: what a switch costs goes on after it.
            Most walks find the entry in a line that the one before has brought: a line holds 16 of them.
            """);

        lines.Add(new("second loop", Loop(meter, browser, ours)));
        _ = browser.Memory.Mmu.TryReadAsSupervisor(kernel, out uint _, out _);
        meter.Ledger.Observe(browser, kernel, 4, AccessKind.Read);
        long before = meter.Ledger.CountsOf().Walks;
        meter.Ledger.Observe(editor, kernel, 4, AccessKind.Read);
        long global = meter.Ledger.CountsOf().Walks - before;
        Show(stage, meter, lines, "Time by cause, the kernel's page");
        stage.Step("The kernel's pages stay", $"the kernel loads from {kernel.Value:x8} in both",
            $"""
            Kernel space is the same in every process, and its pages of 4 MB have the bit G. The load in the browser walked; after the
            switch the load in the editor needs {global} walks.

            Exercise: how long may a process run before the misses after a switch are below one percent of its time? A hundred times
            {first - usual}: {(first - usual) * 100}.
            """);
    }

    private static VirtualAddress Map(UserProcess process)
    {
        Stage.Ok(process.Memory.Map(default, Pages << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        return at;
    }

    /// <summary>Loads from each page; the points are nanoseconds by access. The switch itself is not among them.</summary>
    private static List<(double X, double Y)> Loop(Meter meter, UserProcess process, VirtualAddress at)
    {
        meter.Ledger.EndCall(process);    // the process runs from here on
        List<(double X, double Y)> points = [];
        for (uint page = 0; page < Pages; page++)
        {
            VirtualTime time = meter.Measure(process, () => meter.Load(process, at + (page << 12)));
            points.Add((page + 1, time.Picoseconds / 1e3));
        }

        return points;
    }

    private static VirtualTime Sum(ChartSeries line) => VirtualTime.FromNanoseconds(line.Points.Sum(static point => point.Y));

    private static void Show(Stage stage, Meter meter, List<ChartSeries> lines, string title)
    {
        Figure chart = LineChartFigure.Draw("accesses", "The time of each load", "load", "ns", [.. lines]);
        Figure causes = meter.Causes(title);
        stage.Show(_ => chart, _ => causes, Camera.Counters);
    }
}
