using Paging.Policies.Online;
using Paging.Traces.Reading;

namespace Paging.Policies.Tests;

/// <summary>
/// The same structs under the conditions of an engine: hardware bits instead of calls, background eviction, pages that vanish.
/// </summary>
public class LiveMemoryTests
{
    [Fact]
    public void PoliciesThatLookOnlyAtBitsAreExactOnHardware()
    {
        foreach (int frameCount in new[] { 1, 2, 5, 33, 250 })
        {
            AgreesWithSimulator<FifoPolicy>("FIFO", frameCount, bitStaysOnLoad: true);
            AgreesWithSimulator<ClockPolicy>("CLOCK", frameCount, bitStaysOnLoad: true);
            AgreesWithSimulator<ClockZeroPolicy>("CLOCK0", frameCount, bitStaysOnLoad: false);
            AgreesWithSimulator<SievePolicy>("SIEVE", frameCount, bitStaysOnLoad: false);
            AgreesWithSimulator<TwoListPolicy>("LINUX", frameCount, bitStaysOnLoad: true);
        }
    }

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void EveryPolicySurvivesTheCallsOfAnEngine(int seed)
    {
        foreach (int frameCount in new[] { 1, 2, 9, 120 })
        {
            Disturb<FifoPolicy>(seed, frameCount);
            Disturb<LruPolicy>(seed, frameCount);
            Disturb<ClockPolicy>(seed, frameCount);
            Disturb<ClockZeroPolicy>(seed, frameCount);
            Disturb<TwoQueuePolicy>(seed, frameCount);
            Disturb<ArcPolicy>(seed, frameCount);
            Disturb<LfuPolicy>(seed, frameCount);
            Disturb<SievePolicy>(seed, frameCount);
            Disturb<S3FifoPolicy>(seed, frameCount);
            Disturb<LirsPolicy>(seed, frameCount);
            Disturb<TwoListPolicy>(seed, frameCount);
        }
    }

    /// <summary>Unmapped pages have no effect: later accesses are treated as in a new memory.</summary>
    [Fact]
    public void AMemoryThatWasEmptiedIsLikeANewOne()
    {
        foreach (int frameCount in new[] { 1, 2, 9, 120, 250 })
        {
            IsLikeNew<FifoPolicy>(frameCount);
            IsLikeNew<LruPolicy>(frameCount);
            IsLikeNew<TwoQueuePolicy>(frameCount);
            IsLikeNew<ArcPolicy>(frameCount);
            IsLikeNew<LfuPolicy>(frameCount);
            IsLikeNew<SievePolicy>(frameCount);
            IsLikeNew<S3FifoPolicy>(frameCount);
            IsLikeNew<LirsPolicy>(frameCount);
            IsLikeNew<TwoListPolicy>(frameCount);
        }
    }

    private static void IsLikeNew<TPolicy>(int frameCount) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        LiveMemory<TPolicy> used = LiveMemory<TPolicy>.Create(frameCount), fresh = LiveMemory<TPolicy>.Create(frameCount);
        for (int round = 0; round < 3; round++)
        {
            for (int page = 2_000; page < 2_000 + frameCount; page++) used.Access(page);    // no more than fit: nothing is evicted
            for (int page = 2_000; page < 2_000 + frameCount; page += 2) used.Access(page);
            for (int page = 2_000; page < 2_000 + frameCount; page++) used.Unmap(page);
        }

        int before = used.MissCount;
        foreach (TraceAccess access in RandomTraces.Create(seed: 5, length: 4_000, pageCount: 3 * frameCount))
        {
            used.Access((int)access.Page);
            fresh.Access((int)access.Page);
            if (used.MissCount - before != fresh.MissCount) Assert.Fail($"{typeof(TPolicy).Name} with {frameCount} frames remembers");
        }
    }

    private static void AgreesWithSimulator<TPolicy>(string policy, int frameCount, bool bitStaysOnLoad) where TPolicy : struct,
        IOnlinePolicy<TPolicy>
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 21, length: 20_000, pageCount: 700);
        LiveMemory<TPolicy> memory = new(frameCount, LiveMemory.PageCount,
            TPolicy.Create(frameCount, frameCount))
        { BitStaysOnLoad = bitStaysOnLoad };
        foreach (TraceAccess access in accesses) memory.Access((int)access.Page);
        Assert.Equal((policy, SimulatedRuns.Misses(policy, frameCount, accesses)), (policy, memory.MissCount));
    }

    /// <summary>Accesses, unmappings and bursts of background eviction; in the end everything must be found and go.</summary>
    private static void Disturb<TPolicy>(int seed, int frameCount) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        LiveMemory<TPolicy> memory = LiveMemory<TPolicy>.Create(frameCount);
        Random random = new(seed);
        foreach (TraceAccess access in RandomTraces.Create(seed, length: 6_000, pageCount: 300))
        {
            memory.Access((int)access.Page);
            if (random.Next(20) == 0) memory.Unmap(random.Next(300));
            if (random.Next(50) == 0)
                for (int burst = random.Next(frameCount); burst > 0; burst--) memory.Evict();
        }
        while (memory.ResidentCount > 0) Assert.NotEqual(IReplacementPolicy.None, memory.Evict());
        Assert.Equal(IReplacementPolicy.None, memory.Evict());
    }
}
