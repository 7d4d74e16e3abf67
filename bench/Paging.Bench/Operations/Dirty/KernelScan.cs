using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Bench.Worlds;
using Stopwatch = System.Diagnostics.Stopwatch;

namespace Paging.Bench.Operations.Dirty;

/// <summary>The kernel: PAGEMAP_SCAN finds the written pages and write-protects them again in one call.</summary>
internal sealed class KernelScan : Contender
{
    private const int Spread = 1999;    // pages from one that is written to the next: a different page table nearly every time

    private readonly HostRegion _region;
    private readonly HostPagemap _pagemap;
    private readonly int _writtenCount, _pageCount;
    private long _found;

    public KernelScan(int writtenCount, int pageCount) : base(Role.Kernel, "PAGEMAP_SCAN with PM_SCAN_WP_MATCHING")
    {
        (_writtenCount, _pageCount) = (writtenCount, pageCount);
        _region = new((nuint)pageCount << 12, hugePages: false);
        _region.Fill(EngineWorld.FilledByte);
        _pagemap = new(_region);
        _pagemap.CollectWritten();
    }

    /// <summary>Which page is written as the first, second, … one.</summary>
    public static int PageOf(int index, int pageCount) => (int)((long)index * Spread % pageCount);

    // Unsafe: the offsets stay within the region.
    public override unsafe void Prepare(int count)
    {
        for (int i = 0; i < _writtenCount; i++) _region.Address[(nuint)PageOf(i, _pageCount) << 12] = (byte)i;
    }

    public override void Run(int count) => _found = _pagemap.CollectWritten();

    public override void Verify(int count) => BrokenBenchmarkException.ThrowUnlessEqual("pages found", (long)_writtenCount, _found);

    public override long Time(int count)
    {
        long start = Stopwatch.GetTimestamp();
        Run(count);
        return HostKernel.Nanoseconds(Stopwatch.GetTimestamp() - start);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing) return;
        _pagemap.Dispose();
        _region.Dispose();
    }
}
