using Paging.Policies.Online;
using Paging.Policies.Simulation;
using Paging.Tests;

namespace Paging.Policies.Tests;

/// <summary>Zero bytes of managed memory for any number of accesses, once the frames are in use.</summary>
public class AllocationTests
{
    private static readonly TraceAccess[] Accesses = RandomTraces.Create(seed: 8, length: 40_000, pageCount: 3_000);

    public static TheoryData<string> Policies => [.. PolicyCatalog.All.Select(static policy => policy.Name)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Policies))]
    public void AccessesAllocateNothing(string policy)
    {
        TraceBlock block = Simulation.BlockOf(Accesses);
        foreach (int frameCount in new[] { 1, 10, 300, 1_000 })
        {
            TraceSimulator simulator = Simulation.Create(policy, frameCount);
            simulator.Run(block);
            long misses = simulator.MissCount;
            Assert.Equal(0, ManagedMemory.BytesAllocatedBy(() => simulator.Run(block)));
            Assert.True(simulator.MissCount > misses);
        }
    }

    /// <summary>An engine reserves everything at creation: not even the first access allocates.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void AReservedPolicyAllocatesNothingFromTheBeginning()
    {
        Fill<FifoPolicy>();
        Fill<LruPolicy>();
        Fill<ClockPolicy>();
        Fill<ClockZeroPolicy>();
        Fill<TwoQueuePolicy>();
        Fill<ArcPolicy>();
        Fill<LfuPolicy>();
        Fill<SievePolicy>();
        Fill<S3FifoPolicy>();
        Fill<LirsPolicy>();
        Fill<TwoListPolicy>();
    }

    private static void Fill<TPolicy>() where TPolicy : struct, IOnlinePolicy<TPolicy> =>
        Assert.Equal(0, ManagedMemory.BytesAllocatedBy(static () => LiveMemory<TPolicy>.Create(frameCount: 500), Replay));

    private static void Replay<TPolicy>(LiveMemory<TPolicy> memory) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        foreach (TraceAccess access in Accesses) memory.Access((int)access.Page);
    }
}
