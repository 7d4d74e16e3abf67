using Paging.Scripting.Engine;

namespace Paging.Scripting.Tests;

/// <summary><c>paging script --costs</c>: the same script takes the same nanoseconds, by cause and process, on every host.</summary>
public sealed class ScriptCostsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Shared() => _directory.Write("shared.scn", "open(\"A\", 12288, 7) = 3",
        "mmap(0x20000000, 0x3000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0) = 0x20000000", "store(0x20001000, 0x55) = 0",
        "msync(0x20000000, 0x3000, MS_SYNC) = 0");

    private static CommandRun Run(params string[] args) => CommandRun.With(static options => new EngineMachine(options), args);

    [Fact]
    public void AMappedPageCostsADiskAndMsyncAnotherRevolution()
    {
        CommandRun run = Run("script", Shared(), "--costs", "desktop-2009");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.Matches(@"wait: file +8\.4\d ms", run.Output);    // seek none, a revolution of 8.33 ms to the page's angle, 3 pages
        Assert.Matches(@"wait: flush +8\.2\d ms", run.Output);
        Assert.Contains("files and swap: 1 reads, 1 writes, 1 flushes, 16 KB", run.Output, StringComparison.Ordinal);
        Assert.Equal(run.Output, Run("script", Shared(), "--costs", "desktop-2009").Output);
    }

    [Fact]
    public void AnSsdIsAHundredTimesFaster()
    {
        CommandRun run = Run("script", Shared(), "--costs", "server-2025");
        Assert.Matches(@"wait: file +60\.9 µs", run.Output);    // 60 µs and 12 KB at 14 GB/s
        Assert.DoesNotContain("wait: flush", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ALoopOverAnArrayMissesOncePerPage()
    {
        string file = _directory.Write("loop.scn",
            "mmap(0x20000000, 0x10000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)",
            "fill(0x20000000, 0x10000, 1)", "sum(0x20000000, 0x10000)");
        CommandRun run = Run("script", file, "--costs", "desktop-2009");
        // 16 pages of 1024 words, twice. Stores begin with DTLB1 on a Core 2, and walk; DTLB0 of the loads finds all pages there.
        Assert.Contains("32,768 accesses: 32 misses of the first TLB level, 16 walks", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheReportHasCharts()
    {
        string page = _directory.At("costs.html");
        Assert.Equal(0, Run("script", Shared(), "--costs", "desktop-2009", "--report", page).Code);
        string text = File.ReadAllText(page);
        Assert.Contains("Time of all processes by cause, stacked", text, StringComparison.Ordinal);
        Assert.Contains("cost-by-process.csv", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ScenariosOfWindowsHaveNoPrices()
    {
        string file = _directory.Write("w.scn", "process(arena=0x20000000-0x28000000) = 0\n"u8.ToArray());
        CommandRun run = Run("script", file, "--costs", "desktop-2009");
        Assert.Equal((2, $"{file}: --costs prices scenarios of Linux\n"), (run.Code, run.Errors));
    }
}
