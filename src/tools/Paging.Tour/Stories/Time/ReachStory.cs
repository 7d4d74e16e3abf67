using Paging.Core;
using Paging.Costs.Devices;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>4 KB against 4 MB pages over a growing array: how far the TLBs reach.</summary>
internal static class ReachStory
{
    private const int Loads = 20_000;

    public static void Tell(Stage stage)
    {
        Curve small = Sweep(isLarge: false), large = Sweep(isLarge: true);
        Show(stage, [small]);
        stage.Step("A growing array", "load a random word of an array, 20,000 times",
            $"""
            The array grows from 64 KB to 1 GB, in pages of 4 KB. Up to 64 KB the 16 entries of the first TLB reach, up to 1 MB the 256 of
            the second. From there on the misses grow with the array: {small.MissesAt(4):0} % at 4 MB, {small.MissesAt(64):0} % at 64 MB.
            """);

        Show(stage, [small, large]);
        stage.Step("The same in large pages", "mmap(…, MAP_HUGETLB)",
            $"""
            An entry for a page of 4 MB reaches a thousand times as far. The second TLB has 32 of them, 128 MB: there the misses are
            {large.MissesAt(64):0} %, and {large.MissesAt(1024):0} % at 1 GB. A walk also reads one entry instead of two, as there is no
            page table.
            """);

        Figure lines = Draw("reads", "Table entries read from memory", "% of loads", [small, large], static point => point.FromMemory);
        Figure times = Draw("times", "Time of translation", "ns a load", [small, large], static point => point.Nanoseconds);
        stage.Show(_ => times, _ => lines);
        stage.Step("What a miss costs", "the same in nanoseconds",
            $"""
            A walk is cheap while the caches have the entries: 4 MB of memory need 4 KB of page table. At 1 GB the page tables are 1 MB,
            which 32 KB of lines do not hold: a load waits {small.TimeAt(1024):0} ns for its translation, with large pages
            {large.TimeAt(1024):0.0} ns.

            Exercise: at which size would pages of 2 MB under PAE begin to miss the second TLB? 32 entries of 2 MB: 64 MB.
            """);
    }

    private static void Show(Stage stage, Curve[] curves)
    {
        Figure misses = Draw("misses", "Walks", "% of loads", curves, static point => point.Walks);
        Figure times = Draw("times", "Time of translation", "ns a load", curves, static point => point.Nanoseconds);
        stage.Show(_ => misses, _ => times);
    }

    private static Figure Draw(string key, string title, string up, Curve[] curves, Func<Point, double> value) =>
        LineChartFigure.Draw(key, title, "KB of array, logarithmic", up,
            [.. curves.Select(curve => new ChartSeries(curve.Name, [.. curve.Points.Select(point => (point.KiB, value(point)))]))],
            ChartForm.LogarithmicAcross);

    private static Curve Sweep(bool isLarge)
    {
        PriceList prices = PriceList.Find("desktop-2009")!;
        List<Point> points = [];
        for (ulong pages = 16; pages <= 1 << 18; pages *= 2)
        {
            TranslationHardware hardware = new(prices.Translation);
            UniformTables tables = new(TableDepth.Classic, isLarge);
            ulong random = 1;
            Run(hardware, tables, pages, ref random);    // warm
            TranslationCounts counts = hardware.Counts;
            (long walks, long hits, long reads, long misses) = (counts.Walks, counts.SecondHits, counts.EntryReads, counts.LineMisses);
            Run(hardware, tables, pages, ref random);
            VirtualTime time = (prices.Processor.SecondLevelHit * (counts.SecondHits - hits))
                + (prices.Processor.EntryLineHit * (counts.EntryReads - reads - (counts.LineMisses - misses)))
                + (prices.Processor.EntryLineMiss * (counts.LineMisses - misses));
            points.Add(new(pages * 4, 100.0 * (counts.Walks - walks) / Loads, 100.0 * (counts.LineMisses - misses) / Loads,
                time.Picoseconds / 1e3 / Loads));
        }

        return new(isLarge ? "4 MB pages" : "4 KB pages", points);
    }

    private static void Run(TranslationHardware hardware, UniformTables tables, ulong pages, ref ulong random)
    {
        for (int i = 0; i < Loads; i++) hardware.Access(tables, new(SplitMix64.Next(ref random) % pages), AccessKind.Read);
    }

    private readonly record struct Point(double KiB, double Walks, double FromMemory, double Nanoseconds);

    private sealed record Curve(string Name, List<Point> Points)
    {
        public double MissesAt(int mebibytes) => Points.First(point => point.KiB == mebibytes * 1024.0).Walks;

        public double TimeAt(int mebibytes) => Points.First(point => point.KiB == mebibytes * 1024.0).Nanoseconds;
    }
}
