using Paging.Bench.Harness;
using Paging.Bench.Host;

namespace Paging.Bench.Operations;

/// <summary>
/// The kernel, called by a bare process of the contender's own. Its time is the time between the clock steps 0 and 1.
/// </summary>
internal abstract class BareContender(string description, bool hugePages = false)
    : Contender(hugePages ? Role.KernelHuge : Role.Kernel, hugePages ? $"{description}, huge pages" : description)
{
    /// <inheritdoc/>
    public override bool NeedsWarmUp => false;

    /// <summary>The process that makes the calls.</summary>
    protected BareProcess Process { get; } = new();

    /// <inheritdoc/>
    public override long Time(int count)
    {
        Run(count);
        return Process.Elapsed(0, 1);
    }

    /// <summary>Maps memory at <see cref="BareProcess.Base"/>: in pages of 4 KiB, or whole huge pages if the host gives them.</summary>
    protected void MapMemory(int pages)
    {
        const long HugePageLength = 2 << 20;
        long byteLength = (long)pages << 12;
        if (hugePages) byteLength = (byteLength + HugePageLength - 1) & -HugePageLength;
        int advice = hugePages ? HostCalls.AdviseHugePage : HostCalls.AdviseNoHugePage;
        Process.Run([HostStep.MapFixed(BareProcess.Base, byteLength), HostStep.Advise(BareProcess.Base, byteLength, advice)]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Process.Dispose();
        base.Dispose(disposing);
    }
}
