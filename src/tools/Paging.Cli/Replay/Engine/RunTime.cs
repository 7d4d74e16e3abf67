using System.Collections.Immutable;
using Paging.Costs;
using Paging.Costs.Devices;

namespace Paging.Cli.Replay.Engine;

/// <summary>The time of one run on the full engine.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="FrameCount">The frames.</param>
/// <param name="End">The virtual clock at its end.</param>
/// <param name="ByCause">The sum of each cause, in the order of <see cref="CostCause"/>.</param>
internal sealed record RunTime(string Policy, int FrameCount, VirtualTime End, ImmutableArray<VirtualTime> ByCause)
{
    /// <summary>Takes the sums of a ledger.</summary>
    public RunTime(string policy, int frameCount, CostLedger ledger)
        : this(policy, frameCount, ledger.End, [.. Enum.GetValues<CostCause>().Select(ledger.TotalOf)]) { }
}
