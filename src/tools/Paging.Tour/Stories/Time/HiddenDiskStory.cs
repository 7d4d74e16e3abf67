using Paging.Core;
using Paging.Costs.Devices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>Read-ahead hides the disk from a program that goes on, and not from one that jumps.</summary>
internal static class HiddenDiskStory
{
    private const uint Pages = 96;
    private const int Read = 64;

    public static void Tell(Stage stage)
    {
        List<ChartSeries> lines = [];
        stage.Begin(Options(0));
        VirtualTime without = Run(stage, lines, "no read-ahead", static i => i, null);
        stage.Step("Page by page", "read a page, compute 40 µs, 64 times",
            $"""
            Without read-ahead the program asks for a page when it needs it, and waits: {without} in all. The disk has read on into its own
            memory, so that only the first page costs a turn; the others cost a request each.
            """);

        stage.BeginAgain(Options(32));
        VirtualTime with = Run(stage, lines, "read-ahead", static i => i, null);
        stage.Step("With read-ahead", "the same with windows of up to 128 KB",
            $"""
            Marked pages request the next window while the program computes. It waits {with}: the disk's first turn, and a little while the
            windows are small. An SSD reads on for nobody, so that it shows the difference best: on server-2025 the program waits
            {OnServer(0)} without read-ahead and {OnServer(32)} with it.
            """);

        stage.BeginAgain(Options(32));
        VirtualTime random = Run(stage, lines, "random", static i => i * 37 % (int)Pages, null);
        stage.Step("In any order", "read page 37·i mod 96",
            $"""
            Nobody knows what comes next, so each page that is not there by chance costs the disk's turn: {random}. Windows around a random
            page mostly bring pages for nothing.
            """);

        stage.BeginAgain(Options(32));
        VirtualTime told = Run(stage, lines, "POSIX_FADV_WILLNEED", static i => i * 37 % (int)Pages, FileAdvice.WillNeed);
        stage.Step("A hint", "posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED); then the same",
            $"""
            The program says that it will need the file. The whole of it comes in one go, and the wait is {told}, for the order in which
            pages are wanted matters no more.

            Exercise: by how much may the program compute less, and still not wait after the first window? A page passes the head in 30 µs,
            so to 30 µs a page.
            """);
    }

    private static VirtualTime OnServer(int readAheadPages)
    {
        using PagingEngine engine = new(Options(readAheadPages));
        Meter meter = new(engine, "server-2025");
        GuestFile file = meter.File("scene.dat", Pages);
        UserProcess process = engine.CreateProcess("render");
        process.Memory.SetBreak(process.Memory.StartBreak + 0x10000);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        for (int i = 0; i < Read; i++)
        {
            meter.Read(process, file, descriptor, (long)i << 12, process.Memory.StartBreak, 4096, isUsed: false);
            Compute(meter, process);
        }

        return meter.Ledger.AccountOf(process).Waiting;
    }

    private static EngineOptions Options(int pages) => new() { RamBytes = 4 << 20, Seed = 1, ReadAheadPages = pages };

    private static VirtualTime Run(
        Stage stage, List<ChartSeries> lines, string name, Func<int, int> order, FileAdvice? advice)
    {
        Meter meter = new(stage.Engine);
        GuestFile file = stage.Shown(meter.File("scene.dat", Pages));
        UserProcess process = stage.Process("render");
        VirtualAddress heap = process.Memory.StartBreak;
        process.Memory.SetBreak(heap + 0x10000);
        Stage.Ok(file.Open(process, FileRights.Read, out int descriptor));
        if (advice is { } hint)
        {
            Stage.Ok(process.FileDescriptors.Advise(descriptor, 0, 0, hint));
            meter.Ledger.EndRead(process, file, 0, 0);    // issued; nobody waits
        }

        List<(double, double)> points = [(0, 0)];
        for (int i = 0; i < Read; i++)
        {
            meter.Read(process, file, descriptor, (long)order(i) << 12, heap, 4096, isUsed: false);
            Compute(meter, process);
            points.Add((i + 1, meter.Ledger.AccountOf(process).Waiting.Picoseconds / 1e9));
        }

        lines.Add(new(name, points));
        Figure chart = LineChartFigure.Draw("waits", "Waiting for the disk", "pages read", "ms so far", [.. lines]);
        Figure causes = meter.Causes("Time by cause");
        stage.Show(_ => chart, _ => causes, Camera.Cache, Camera.Counters);
        return meter.Ledger.AccountOf(process).Waiting;
    }

    private static void Compute(Meter meter, UserProcess process)
    {
        VirtualAddress heap = process.Memory.StartBreak;
        for (int i = 0; i < 35; i++)    // 35 × 1024 loads of 3 cycles: 40 µs
            meter.Ledger.ObserveRun(process, heap, VirtualAddress.PageSize, sizeof(uint), AccessKind.Read);
    }
}
