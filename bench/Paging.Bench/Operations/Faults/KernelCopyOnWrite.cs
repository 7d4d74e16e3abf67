using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Core;

namespace Paging.Bench.Operations.Faults;

/// <summary>The kernel: a bare process forks and writes to its pages; its child still has them, or has ended.</summary>
internal sealed class KernelCopyOnWrite : BareContender
{
    private readonly bool _reuses;

    public KernelCopyOnWrite(int pages, bool reuses) : base(reuses ? "page fault, last owner" : "page fault, copy on write")
    {
        _reuses = reuses;
        MapGround(pages);
    }

    public override void Run(int count)
    {
        HostStep own = HostStep.Touch(BareProcess.Ground, count), write = own;
        Span<HostStep> steps = _reuses
            ? [own, HostStep.Fork, Process.Release, HostStep.Wait, BareProcess.Usage(0), BareProcess.Clock(0), write, BareProcess.Clock(1), BareProcess.Usage(1)]
            : [own, HostStep.Fork, BareProcess.Usage(0), BareProcess.Clock(0), write, BareProcess.Clock(1), BareProcess.Usage(1), Process.Release, HostStep.Wait];
        Process.Run(steps);
    }

    public override void Verify(int count)
    {
        long faults = Process.MinorFaults(0, 1);
        BrokenBenchmarkException.ThrowUnless(faults >= count, $"The kernel counted {faults} faults for {count} pages.");
    }
}
