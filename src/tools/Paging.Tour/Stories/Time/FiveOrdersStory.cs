using Paging.Core;
using Paging.Costs.Devices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>One access, and what it may cost: from a hit to a page on a disk.</summary>
internal static class FiveOrdersStory
{
    private const int Files = 8;
    private const string Axis = "1 hit · 2 TLB miss · 3 minor fault · 4 major fault";

    private static EngineOptions Options => new() { RamBytes = 4 << 20, Seed = 1, ReadAheadPages = 0, FaultAroundPages = 1 };

    public static void Tell(Stage stage)
    {
        stage.Begin(Options);
        Meter meter = new(stage.Engine);
        Prepared prepared = Prepare(stage.Engine, meter);
        stage.Shown(prepared.File);
        List<double> times = [];
        Measure(() => meter.Load(prepared.Process, prepared.Data));
        Show(stage, times);
        stage.Step("A hit", "load a word, again",
            $"The translation is in the first TLB and the word in the first cache: {Text(times[0])}, three cycles of a Core 2.");

        for (uint page = 1; page <= 300; page++) meter.Load(prepared.Process, prepared.Data + (page << 12));
        Measure(() => meter.Load(prepared.Process, prepared.Data));
        Show(stage, times);
        stage.Step("A TLB miss", "load from 300 other pages, then the word again",
            $"""
            300 pages are more than both TLBs hold, 16 and 256 entries. The processor walks: it reads the entry of the page table, which
            its caches have, and {Text(times[1])} have gone.
            """);

        Measure(() => meter.Load(prepared.Process, prepared.Untouched));
        Show(stage, times);
        stage.Step("A minor fault", "load from a page that was never touched",
            $"""
            An exception, the area's lookup, an entry for the page of zeros, and back: {Text(times[2])}. That is three orders of magnitude
            above a hit, and nothing to notice.
            """);

        times.Add(MajorFault(meter, prepared));
        Show(stage, times);
        stage.Step("A major fault",
            "load from mapped files that are not cached, eight times, each elsewhere on the disk",
            $"""
            The same, and a disk that seeks and turns: {Text(times[3])} on average. The article's five orders of magnitude lie between
            memory and here: a walk that misses the caches waits 52 ns. In the time of this one access the processor makes
            {times[3] / times[0] / 1e6:0} million of the first kind.
            """);

        using PagingEngine server = new(Options);
        List<double> others = MeasureAll(server);
        Figure chart = Draw(times, others);
        stage.Show(_ => chart, Camera.Counters, Camera.Cache);
        stage.Step("Sixteen years later", "the same on server-2025",
            $"""
            An SSD answers in {Text(others[3])}, {times[3] / others[3]:0} times sooner than the disk; memory and exceptions have hardly
            changed. The gap is three orders of magnitude now, so that a kernel's work in a fault begins to count.

            Exercise: how many minor faults fit into a major one on each machine? {times[3] / times[2]:0} and {others[3] / others[2]:0}.
            """);

        void Measure(Action action) => times.Add(Nanoseconds(meter.Measure(prepared.Process, action)));
    }

    private static void Show(Stage stage, List<double> times)
    {
        Figure chart = Draw([.. times], null);
        stage.Show(_ => chart, Camera.Counters);
    }

    private static Figure Draw(List<double> desktop, List<double>? server)
    {
        ChartSeries[] lines = [Line("desktop-2009", desktop), .. server is null ? [] : (ChartSeries[])[Line("server-2025", server)]];
        return LineChartFigure.Draw("orders", "The time of one access, on one logarithmic axis", Axis, "ns", lines,
            ChartForm.LogarithmicUp);
    }

    private static ChartSeries Line(string name, List<double> times) =>
        new(name, [.. times.Select(static (time, kind) => (kind + 1.0, time))]);

    private static List<double> MeasureAll(PagingEngine engine)
    {
        Meter meter = new(engine, "server-2025");
        Prepared prepared = Prepare(engine, meter);
        double hit = Nanoseconds(meter.Measure(prepared.Process, () => meter.Load(prepared.Process, prepared.Data)));
        for (uint page = 1; page <= 300; page++) meter.Load(prepared.Process, prepared.Data + (page << 12));
        return
        [
            hit, Nanoseconds(meter.Measure(prepared.Process, () => meter.Load(prepared.Process, prepared.Data))),
            Nanoseconds(meter.Measure(prepared.Process, () => meter.Load(prepared.Process, prepared.Untouched))),
            MajorFault(meter, prepared),
        ];
    }

    private static Prepared Prepare(PagingEngine engine, Meter meter)
    {
        UserProcess process = engine.CreateProcess("program");
        Stage.Ok(process.Memory.Map(default, 400 << 12, MemoryProtection.ReadWrite, MapFlags.Private | MapFlags.Anonymous,
            out VirtualAddress data));
        for (uint page = 0; page <= 300; page++) meter.Store(process, data + (page << 12));
        List<VirtualAddress> mapped = [];
        GuestFile? last = null;
        for (int file = 0; file < Files; file++)    // in no order, over the whole of a disk of 2 TB
        {
            last = meter.File($"scene{file}.dat", 4, (file * 5 % Files * 240_000_000_000) + (file * 12_345_678));
            Stage.Ok(last.Open(process, FileRights.Read, out int descriptor));
            Stage.Ok(process.Memory.Map(default, 4 << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
            mapped.Add(at);
        }

        meter.Ledger.EndCall(process);
        meter.Load(process, data);
        return new(process, data, data + (350u << 12), mapped, last!);
    }

    /// <summary>The mean of a first access to each file.</summary>
    private static double MajorFault(Meter meter, Prepared prepared) => prepared.Mapped
        .Average(at => Nanoseconds(meter.Measure(prepared.Process, () => meter.Load(prepared.Process, at))));

    private static double Nanoseconds(VirtualTime time) => time.Picoseconds / 1e3;

    private static string Text(double nanoseconds) => VirtualTime.FromNanoseconds(nanoseconds).ToString();

    private sealed record Prepared(UserProcess Process, VirtualAddress Data, VirtualAddress Untouched,
        List<VirtualAddress> Mapped, GuestFile File);
}
