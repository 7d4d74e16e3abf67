using Paging.Bench.Harness;
using Paging.Bench.Host;

namespace Paging.Bench.Operations.Threads;

/// <summary>The host's kernel: threads of this process touch pages of 4 KiB for the first time.</summary>
internal sealed class KernelThreadFaults : Contender
{
    private readonly HostRegion _region;
    private readonly ThreadTeam _team;
    private readonly Action<int, int> _work;

    public KernelThreadFaults(int threads, int pages) : base(Role.Kernel, "a write to each page of host memory, on each thread")
    {
        _region = new((nuint)pages << 12, hugePages: false);
        _team = new(threads, static _ => { }, static _ => { });
        _work = Work;
    }

    public override void Prepare(int count) => _region.Discard();

    public override void Run(int count) => _team.Run(count, _work);

    // Unsafe: the region has as many pages as the race has operations.
    private unsafe void Work(int thread, int count)
    {
        byte* at = _region.Address + ((nuint)(thread * count) << 12);
        for (int i = 0; i < count; i++) at[(nuint)i << 12] = 1;
    }

    protected override void Dispose(bool disposing)
    {
        _team.Dispose();
        _region.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The host's kernel: threads of this process map a page, touch it, and unmap it.</summary>
internal sealed class KernelThreadMaps : Contender
{
    private readonly ThreadTeam _team;
    private readonly Action<int, int> _work = Work;

    public KernelThreadMaps(int threads) : base(Role.Kernel, "mmap, a write, munmap of host memory, on each thread") =>
        _team = new(threads, static _ => { }, static _ => { });

    /// <summary>Its calls take some ten times as long as the engine's, and cost the same in a shorter run.</summary>
    public override int CountMax => 4_096;

    public override void Run(int count) => _team.Run(count, _work);

    // Unsafe: the range that is written and unmapped has just been mapped.
    private static unsafe void Work(int thread, int count)
    {
        for (int i = 0; i < count; i++)
        {
            void* at = HostCalls.Map(null, 4096, HostCalls.ProtectReadWrite, HostCalls.MapPrivate | HostCalls.MapAnonymous, -1, 0);
            HostKernel.Check((nint)at != -1, "mmap");
            *(byte*)at = 1;
            HostKernel.Check(HostCalls.Unmap(at, 4096), "munmap");
        }
    }

    protected override void Dispose(bool disposing)
    {
        _team.Dispose();
        base.Dispose(disposing);
    }
}
