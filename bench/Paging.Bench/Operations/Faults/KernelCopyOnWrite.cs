using Paging.Bench.Harness;
using Paging.Bench.Host;

namespace Paging.Bench.Operations.Faults;

/// <summary>The kernel: a bare process forks and writes to its pages. Its child still has them, or has ended.</summary>
internal sealed class KernelCopyOnWrite : BareContender
{
    private const int PagesOfHugePage = 512;
    private readonly bool _reuses;

    public KernelCopyOnWrite(int pages, bool reuses, bool hugePages)
        : base(reuses ? "page fault, last owner" : "page fault, copy on write", hugePages)
    {
        _reuses = reuses;
        MapMemory(pages);
    }

    public override void Run(int count)
    {
        HostStep own = HostStep.Touch(BareProcess.Base, count), write = own;
        HostStep[] measured = [BareProcess.Usage(0), BareProcess.Clock(0), write, BareProcess.Clock(1), BareProcess.Usage(1)];
        Span<HostStep> steps = _reuses
            ? [own, HostStep.Fork, Process.Release, HostStep.Wait, .. measured]
            : [own, HostStep.Fork, .. measured, Process.Release, HostStep.Wait];
        Process.Run(steps);
    }

    public override void Verify(int count)
    {
        long faults = Process.MinorFaults(0, 1);
        int expected = Role == Role.KernelHuge ? (count + PagesOfHugePage - 1) / PagesOfHugePage : count;
        BrokenBenchmarkException.ThrowUnless(faults >= expected, $"The kernel counted {faults} faults for {count} pages.");
    }
}
