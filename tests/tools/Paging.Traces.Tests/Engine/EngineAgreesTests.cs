using Paging.Core.Reclaim;
using Paging.Policies;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>The same trace under the same policy: the live engine faults exactly as often as the simulator counts misses.</summary>
public class EngineAgreesTests
{
    private const int PageCount = 300;
    private static readonly TraceAccess[] Trace = [.. Accesses()];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(1), InlineData(2), InlineData(16), InlineData(60), InlineData(200), InlineData(300)]
    public void EveryPolicyFaultsAsOftenAsItsSimulatorMisses(int frames)
    {
        foreach (PolicyEntry policy in PolicyEntry.All)
        {
            long expected = SimulatedRuns.Misses(policy.Name, frames, Trace);
            long found = OnEngine(frames, ReclaimPolicy.Of(policy, AccessInformation.EveryAccess));
            if (found != expected)
                Assert.Fail($"{policy.Name} with {frames} frames: the engine faults {found} times, the simulator {expected}");
        }
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("FIFO", 2), InlineData("FIFO", 16), InlineData("FIFO", 60), InlineData("FIFO", 200)]
    [InlineData("CLOCK", 2), InlineData("CLOCK", 16), InlineData("CLOCK", 60), InlineData("CLOCK", 200)]
    public void WithAccessedBitsAloneFifoAndClockAreExact(string policy, int frames) => Assert.Equal(
        SimulatedRuns.Misses(policy, frames, Trace), OnEngine(frames, ReclaimPolicy.Of(PolicyEntry.Find(policy)!)));

    private static long OnEngine(int frames, ReclaimPolicy policy)
    {
        using EngineReplay replay = new(frames, PageCount, policy);
        foreach (TraceAccess access in Trace) replay.Access((int)access.Page, access.IsStore);
        Assert.Equal("clean", replay.Audit());
        Assert.Equal(replay.MissCount, replay.FaultCount);
        Assert.True(replay.Group.Usage.Value <= frames);
        return replay.MissCount;
    }

    /// <summary>Loops, hot pages and scans: something for each policy.</summary>
    private static IEnumerable<TraceAccess> Accesses()
    {
        Random random = new(7);
        for (int round = 0; round < 60; round++)
        {
            int hot = random.Next(PageCount - 40), from = random.Next(PageCount - 80);
            for (int i = 0; i < 60; i++) yield return new((ulong)(hot + random.Next(40)), random.Next(3) == 0);
            for (int i = 0; i < 80 && round % 3 == 0; i++) yield return new((ulong)(from + i), random.Next(5) == 0);
            for (int i = 0; i < 30; i++) yield return new((ulong)(Math.Pow(random.NextDouble(), 3) * PageCount), isStore: false);
        }
    }
}
