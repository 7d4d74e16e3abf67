using Paging.Core.Reclaim;
using Paging.Policies.Online;
using Paging.Policies.Simulation;
using Xunit;

namespace Paging.Policies.Tests;

/// <summary>The same trace under the same policy: the live engine faults exactly as often as the simulator counts misses.</summary>
public class EngineAgreesTests
{
    private const int PageCount = 300;

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1), InlineData(2), InlineData(16), InlineData(60), InlineData(200), InlineData(300)]
    public void EveryPolicyFaultsAsOftenAsItsSimulatorMisses(int frames)
    {
        Compare<FifoPolicy>(frames);
        Compare<LruPolicy>(frames);
        Compare<ClockPolicy>(frames);
        Compare<ClockZeroPolicy>(frames);
        Compare<TwoQueuePolicy>(frames);
        Compare<ArcPolicy>(frames);
        Compare<LfuPolicy>(frames);
        Compare<SievePolicy>(frames);
        Compare<S3FifoPolicy>(frames);
        Compare<LirsPolicy>(frames);
        Compare<TwoListPolicy>(frames);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(2), InlineData(16), InlineData(60), InlineData(200)]
    public void WithAccessedBitsAloneFifoAndClockAreExact(int frames)
    {
        Assert.Equal(Simulate<FifoPolicy>(frames), OnEngine(frames, ReclaimPolicy.Of<FifoPolicy>()));
        Assert.Equal(Simulate<ClockPolicy>(frames), OnEngine(frames, ReclaimPolicy.Of<ClockPolicy>()));
    }

    private static void Compare<TPolicy>(int frames) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        long expected = Simulate<TPolicy>(frames);
        long found = OnEngine(frames, ReclaimPolicy.Of<TPolicy>(AccessInformation.EveryAccess));
        if (found != expected)
            Assert.Fail($"{typeof(TPolicy).Name} with {frames} frames: the engine faults {found} times, the simulator {expected}");
    }

    private static long OnEngine(int frames, ReclaimPolicy policy)
    {
        using EngineReplay replay = new(frames, PageCount, policy);
        foreach ((int page, bool isWrite) in Trace()) replay.Access(page, isWrite);
        Assert.Equal("clean", replay.Audit());
        Assert.Equal(replay.MissCount, replay.FaultCount);
        Assert.True(replay.Group.Usage.Value <= frames);
        return replay.MissCount;
    }

    private static long Simulate<TPolicy>(int frames) where TPolicy : struct, IOnlinePolicy<TPolicy>
    {
        PolicySimulator<TPolicy> simulator = new(frames, TPolicy.Create(frames, frames));
        simulator.Run(new TraceBlock
        {
            Accesses = Trace().Select(static access =>
            new TraceAccess((ulong)access.Page, access.IsWrite)).ToArray()
        });
        return simulator.MissCount;
    }

    /// <summary>Loops, hot pages and scans: something for each policy.</summary>
    private static IEnumerable<(int Page, bool IsWrite)> Trace()
    {
        Random random = new(7);
        for (int round = 0; round < 60; round++)
        {
            int hot = random.Next(PageCount - 40), from = random.Next(PageCount - 80);
            for (int i = 0; i < 60; i++) yield return (hot + random.Next(40), random.Next(3) == 0);
            for (int i = 0; i < 80 && round % 3 == 0; i++) yield return (from + i, random.Next(5) == 0);
            for (int i = 0; i < 30; i++) yield return ((int)(Math.Pow(random.NextDouble(), 3) * PageCount), false);
        }
    }
}
