using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;

namespace Paging.Programs.Tests;

/// <summary>
/// What programs asked malloc for, asked of our heap. Traces/record.sh records them; PAGING_ALLOCATION_TRACES names a folder with more.
/// </summary>
public sealed class RecordedTraceTests
{
    private const int CallsBetweenAudits = 100;
    private const ulong TopPad = 128 << 10;    // what brk is asked for more than is needed

    public static TheoryData<string> Files =>
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Traces"), "*.rep")
            .Concat(Environment.GetEnvironmentVariable("PAGING_ALLOCATION_TRACES") is { } folder
                ? Directory.EnumerateFiles(folder, "*.rep") : [])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// Every byte stays, no call fails, the audit is clean all the way; blocks that were never freed are in use at the end, and nothing
    /// else.
    /// </summary>
    [Theory, MemberData(nameof(Files))]
    public void EveryCallIsServedAndEveryRuleHolds(string file)
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", new(), out _);
        Assert.True(GuestHeap.TryCreate(process, out GuestHeap heap));
        AllocationTrace trace = new(heap, process.Memory.Mmu);
        string[] lines = [.. File.ReadLines(file).Where(static line => char.IsAsciiLetter(line[0]))];
        AllocationTraceResult result = default;
        foreach (string[] part in lines.Chunk(CallsBetweenAudits))
        {
            result = trace.Run(part);
            AuditReport report = new();
            heap.Audit(report);
            report.ThrowIfBroken();
        }

        Assert.Equal((lines.Length, 0), (result.Calls, result.Failed));
        Assert.Equal((uint)LiveAtTheEnd(lines), heap.Statistics.InUseCount + heap.Statistics.MappedCount);
        Assert.InRange(result.PeakHeapBytes, result.PeakRequestedBytes, (result.PeakRequestedBytes * 16 / 10) + (2 * TopPad));
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Path.GetFileName(file)}: {result.Calls} calls, {result.PeakRequestedBytes} bytes requested at the peak, " +
            $"{result.PeakHeapBytes} held: {result.Utilization:P1}");
    }

    private static int LiveAtTheEnd(string[] lines)
    {
        HashSet<string> live = new(StringComparer.Ordinal);
        foreach (string[] words in lines.Select(static line => line.Split(' ')))
        {
            if (words[0] is "f") live.Remove(words[1]);
            else live.Add(words[1]);
        }

        return live.Count;
    }
}
