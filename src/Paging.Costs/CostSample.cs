using System.Collections.Immutable;
using Paging.Costs.Devices;

namespace Paging.Costs;

/// <summary>The sums of all accounts at one moment.</summary>
/// <param name="At">The virtual clock.</param>
/// <param name="Times">The time by cause, until then.</param>
public readonly record struct CostSample(VirtualTime At, ImmutableArray<VirtualTime> Times);
