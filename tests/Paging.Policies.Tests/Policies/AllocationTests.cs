using Paging.Policies.Online;
using Paging.Traces.Reading;

namespace Paging.Policies.Tests;

/// <summary>An engine reserves a policy's memory at creation: not even the first access allocates.</summary>
public class AllocationTests
{
    private static readonly TraceAccess[] Accesses = RandomTraces.Create(seed: 8, length: 40_000, pageCount: 3_000);

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
