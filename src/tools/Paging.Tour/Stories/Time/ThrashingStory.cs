using Paging.Core;
using Paging.Core.Reclaim;
using Paging.Costs.Devices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;
using Paging.Policies;

namespace Paging.Tour.Stories.Time;

/// <summary>RAM that is one page too small: the knee, and the cliff.</summary>
internal static class ThrashingStory
{
    private const int Rounds = 4;

    public static void Tell(Stage stage)
    {
        (List<(double, double)> lists, int fits) = Sweep(null);
        (List<(double, double)> twoQueues, int _) = Sweep(ReclaimPolicy.Of(PolicyEntry.Find("2Q")!, AccessInformation.EveryAccess));
        stage.Begin(Options(null));
        Meter meter = new(stage.Engine, "server-2025");
        meter.Swap(4 << 20);
        UserProcess process = stage.Process("loop");
        VirtualAddress at = Map(process);
        Round(meter, process, at, fits);
        VirtualTime good = meter.Measure(process, () => Round(meter, process, at, fits));
        Show(stage, meter, "Time by cause, all fits");
        stage.Step("It fits", $"store to each of {fits} pages, in a loop",
            $"""
            1 MB of RAM, and swap on an SSD (server-2025). A program that goes round {fits} pages finds all of them in memory:
            a round takes {good}.
            """);

        int more = fits + 20;
        for (int i = 0; i < 2; i++) Round(meter, process, at, more);
        Show(stage, meter, "Time by cause, on the way");
        VirtualTime bad = meter.Measure(process, () => Round(meter, process, at, more));
        Show(stage, meter, "Time by cause, too small");
        stage.Step("Twenty pages more", $"the same with {more} pages",
            $"""
            Each page is evicted shortly before it is wanted again. A round takes {bad},
            {(double)bad.Picoseconds / good.Picoseconds:#,0} times as long for a tenth more memory: the processor waits
            for swap and does nothing else.
            """);

        Figure cliff = Draw(lists, twoQueues, ChartForm.LogarithmicUp), linear = Draw(lists, twoQueues, ChartForm.Plain);
        Figure renamed = linear with { Key = "cliff-linear", Title = "The same, linear" };
        stage.Show(_ => cliff, _ => renamed, Camera.Counters);
        stage.Step("The knee and the cliff", "the same from 100 to 300 pages, under two policies",
            """
            Up to the knee more pages cost nothing. Beyond it, Linux's two lists fall off a cliff, as every policy does that evicts what was
            used longest ago: in a loop that is just what comes next. 2Q keeps most of the loop in memory and lets the rest take turns, so
            that its curve is a slope.
            """);

        double ratio = lists[^1].Item2 / twoQueues[^1].Item2;
        stage.Show(_ => cliff, Camera.Frames, Camera.Counters);
        stage.Step("What helps", "store to each of 300 pages, in a loop",
            $"""
            At 300 pages the two lists take {ratio:0.0} times as long as 2Q. More RAM helps at once, a better policy somewhat, a faster
            processor not at all.

            Exercise: how many pages would have to be read in a round of 300, at least? Those that do not fit:
            {300 - fits}. The two lists read nearly all 300.
            """);
    }

    private static EngineOptions Options(ReclaimPolicy? policy) =>
        new() { RamBytes = 1 << 20, Seed = 1, SwapReadAheadPages = 1, Policy = policy };

    private static VirtualAddress Map(UserProcess process)
    {
        Stage.Ok(process.Memory.Map(default, 300 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress at));
        return at;
    }

    /// <summary>The milliseconds of a round by pages, and the most pages that need no swap.</summary>
    private static (List<(double, double)> Points, int Fits) Sweep(ReclaimPolicy? policy)
    {
        List<(double, double)> points = [];
        int fits = 0;
        for (int pages = 100; pages <= 300; pages += 10)
        {
            using PagingEngine engine = new(Options(policy));
            Meter meter = new(engine, "server-2025");
            meter.Swap(4 << 20);
            UserProcess process = engine.CreateProcess("loop");
            VirtualAddress at = Map(process);
            for (int i = 0; i < Rounds; i++) Round(meter, process, at, pages);
            long reads = engine.Reclaimed.SwapReads;
            VirtualTime time = meter.Measure(process, () => Round(meter, process, at, pages));
            points.Add((pages, time.Picoseconds / 1e9));
            if (engine.Reclaimed.SwapReads == reads) fits = pages;
        }

        return (points, fits);
    }

    private static void Round(Meter meter, UserProcess process, VirtualAddress at, int pages)
    {
        for (uint page = 0; page < pages; page++) meter.Store(process, at + (page << 12));
    }

    private static void Show(Stage stage, Meter meter, string title)
    {
        Figure causes = meter.Causes(title);
        stage.Show(_ => causes, Camera.Frames, Camera.Counters);
    }

    private static Figure Draw(List<(double, double)> lists, List<(double, double)> twoQueues, ChartForm form) =>
        LineChartFigure.Draw("cliff", "A round, by the pages of the loop", "pages", "ms",
            [new("two lists", lists), new("2Q", twoQueues)], form);
}
