using Paging.Bench.Harness;
using Paging.Bench.Host;
using Paging.Core;

namespace Paging.Bench.Operations;

/// <summary>The kernel, asked by a bare process of the contender's own. The time is what passes there between the clock steps 0 and 1.</summary>
internal abstract class BareContender(string description) : Contender(Role.Kernel, description)
{
    /// <inheritdoc/>
    public override bool NeedsWarmUp => false;

    /// <summary>Who makes the calls.</summary>
    protected BareProcess Process { get; } = new();

    /// <inheritdoc/>
    public override long Time(int count)
    {
        Run(count);
        return Process.Elapsed(0, 1);
    }

    /// <summary>Maps memory at <see cref="BareProcess.Ground"/>, in pages of 4 KiB.</summary>
    protected void MapGround(int pages)
    {
        long byteLength = (long)pages << 12;
        Process.Run([HostStep.MapFixed(BareProcess.Ground, byteLength), HostStep.Advise(BareProcess.Ground, byteLength, HostCalls.AdviseNoHugePage)]);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Process.Dispose();
        base.Dispose(disposing);
    }
}
