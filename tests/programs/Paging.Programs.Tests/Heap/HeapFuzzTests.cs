using Paging.Core;
using Paging.Native;
using Paging.Programs.Heap;

namespace Paging.Programs.Tests;

/// <summary>Traces and chance: every block keeps its bytes, no two overlap, and the audit is clean all the way.</summary>
public sealed class HeapFuzzTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void RandomCallsKeepEveryByteAndEveryRule(int seed)
    {
        using World world = new();
        UserProcess process = world.Execute("gonzo", new(), out _);
        Assert.True(GuestHeap.TryCreate(process, out GuestHeap heap));
        AllocationTrace trace = new(heap, process.Memory.Mmu);
        Random random = new(seed);
        for (int round = 0; round < 40; round++)
        {
            trace.Run(Enumerable.Range(0, 100).Select(_ => Line(random)));
            AuditReport report = new();
            heap.Audit(report);
            report.ThrowIfBroken();
        }

        for (int id = 0; id < 80; id++) trace.Run([$"f {id}"]);
        Assert.Equal((0u, 0u, 0u), (heap.Statistics.InUseCount, heap.Statistics.FreeCount, heap.Statistics.MappedCount));
    }

    // Sizes as programs have them: many small, some of pages, few large enough to be mapped.
    private static string Line(Random random)
    {
        int id = random.Next(80);
        uint byteLength =
            random.Next(20) switch { 0 => (uint)random.Next(300_000), < 5 => (uint)random.Next(20_000), _ => (uint)random.Next(400) };
        return random.Next(10) < 4 ? $"f {id}" : $"r {id} {byteLength}";    // realloc of nothing is malloc
    }
}
