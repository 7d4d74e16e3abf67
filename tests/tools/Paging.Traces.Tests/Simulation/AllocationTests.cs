using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Traces.Tests;

/// <summary>Zero bytes of managed memory for any number of accesses, once the frames are in use.</summary>
public class AllocationTests
{
    private static readonly TraceAccess[] Accesses = RandomTraces.Create(seed: 8, length: 40_000, pageCount: 3_000);

    public static TheoryData<string> Policies => [.. ReplayCatalog.All.Select(static policy => policy.Name)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Policies))]
    public void AccessesAllocateNothing(string policy)
    {
        TraceBlock block = SimulatedRuns.BlockOf(Accesses);
        foreach (int frameCount in new[] { 1, 10, 300, 1_000 })
        {
            TraceSimulator simulator = SimulatedRuns.Create(policy, frameCount);
            simulator.Run(block);
            long misses = simulator.MissCount;
            Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => simulator.Run(block)));
            Assert.True(simulator.MissCount > misses);
        }
    }
}
