using Paging.Core;
using Paging.Costs.Devices;
using Paging.Native;
using Paging.Pictures;
using Paging.Pictures.Reports;

namespace Paging.Tour.Stories.Time;

/// <summary>When a mapping is ahead of read(2), and when it is after.</summary>
internal static class ReadOrMapStory
{
    private const uint Pages = 64;

    public static void Tell(Stage stage)
    {
        stage.Begin(new EngineOptions { RamBytes = 4 << 20, Seed = 1, FaultAroundPages = 1 });    // Linux 2.6: no fault-around
        Meter meter = new(stage.Engine);
        GuestFile file = stage.Shown(meter.File("scene.dat", Pages));
        UserProcess render = stage.Process("render");
        VirtualAddress heap = render.Memory.StartBreak;
        render.Memory.SetBreak(heap + (Pages << 12));
        Stage.Ok(file.Open(render, FileRights.Read, out int descriptor));
        VirtualTime cold = meter.Measure(render, () => ReadAll(meter, render, file, descriptor, heap, 512));
        Show(stage, meter, "Time by cause, the first reading");
        stage.Step("The first reading", "while (read(fd, p, 512) > 0) look at each word",
            $"""
            render reads 256 KB, 512 bytes at a time, on the articles' machine: {cold}. Nearly all of it is waiting for the disk, and no
            way to program it would change that.
            """);

        VirtualTime warm = meter.Measure(render, () => ReadAll(meter, render, file, descriptor, heap, 512));
        Show(stage, meter, "Time by cause, from the cache");
        stage.Step("The second one", "lseek(fd, 0); the same again",
            $"""
            Now the file is cached, and it takes {warm}: {8 * Pages} system calls, a copy of each page, and the program's own look at each
            word.
            """);

        Stage.Ok(render.Memory.Map(default, Pages << 12, MemoryProtection.Read, MapFlags.Shared, descriptor, 0, out VirtualAddress at));
        VirtualTime mapped = meter.Measure(render, () => meter.Scan(render, at, Pages));
        Show(stage, meter, "Time by cause, mapped");
        stage.Step("Mapped", "p = mmap(…, scene.dat); look at each word",
            $"""
            {mapped}: a page fault for each page instead of eight calls and a copy. The mapping is {100 - Meter.Percent(mapped, warm)} %
            ahead. The article says 30 %.
            """);

        Figure chart = DrawSizes(meter, render, file, descriptor, heap, mapped, out string after);
        stage.Show(_ => chart, Camera.Cache, Camera.Counters);
        stage.Step("Larger reads", "read(fd, p, n), n from 128 to 65536",
            $"""
            A call for each 512 bytes is what costs. With reads of {after} bytes and more, read(2) is ahead: a call costs less than the
            page faults that it replaces, and the copy less than both. (Linux maps 16 cached pages with a fault since 3.15, which turns
            this around again.)
            """);

        long own = render.Memory.Usage.ResidentAnonymous.Value, cached = file.CachedPages.Value;
        stage.Show(Camera.Mapping(render, heap, 6, "heap", file), Camera.Cache, Camera.Frames);
        stage.Step("Two copies", "read(fd, p, …) into the heap",
            $"""
            Reading also costs frames: {own} of the heap hold what {cached} of the cache hold already. The mapping needs none.

            Exercise: how long does the mapping take with `FaultAroundPages` 16? A fault for each 16 pages, so about
            {mapped - (VirtualTime.FromNanoseconds(586) * (Pages - (Pages / 16)))}.
            """);
    }

    private static void Show(Stage stage, Meter meter, string title)
    {
        Figure causes = meter.Causes(title);
        stage.Show(_ => causes, Camera.Cache, Camera.Counters);
    }

    private static void ReadAll(Meter meter, UserProcess render, GuestFile file, int descriptor, VirtualAddress heap, uint size)
    {
        for (uint offset = 0; offset < Pages << 12; offset += size) meter.Read(render, file, descriptor, offset, heap + offset, size);
    }

    private static Figure DrawSizes(
        Meter meter, UserProcess render, GuestFile file, int descriptor, VirtualAddress heap, VirtualTime mapped, out string after)
    {
        List<(double, double)> points = [];
        after = "65536";
        for (uint size = 65536; size >= 128; size /= 2)
        {
            VirtualTime time = meter.Measure(render, () => ReadAll(meter, render, file, descriptor, heap, size));
            points.Insert(0, (size, time.Picoseconds / 1e6));
            if (time < mapped) after = $"{size}";
        }

        return LineChartFigure.Draw("sizes", "Time for 256 KB, all cached", "bytes of a read, logarithmic", "µs",
            [new("read(2)", points), new("mapping", [.. points.Select(point => (point.Item1, mapped.Picoseconds / 1e6))])],
            ChartForm.LogarithmicAcross);
    }
}
