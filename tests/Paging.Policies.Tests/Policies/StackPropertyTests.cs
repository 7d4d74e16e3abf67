using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Policies.Tests;

/// <summary>Inclusion: pages resident with n frames are resident with n + 1. LRU has it; FIFO does not.</summary>
public class StackPropertyTests
{
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void AHitInFewFramesOfLruIsAHitInMore(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 3_000, pageCount: 60);
        bool[] before = new bool[accesses.Length];
        for (int frameCount = 1; frameCount <= 60; frameCount++)
        {
            bool[] hits = HitsOf("LRU", frameCount, accesses);
            for (int index = 0; index < hits.Length; index++) Assert.True(hits[index] || !before[index],
                $"access {index} hits in {frameCount - 1} frames, not in {frameCount}");
            before = hits;
        }
    }

    private static bool[] HitsOf(string policy, int frameCount, TraceAccess[] accesses)
    {
        TraceSimulator simulator = SimulatedRuns.Create(policy, frameCount);
        TraceBlock block = SimulatedRuns.BlockOf(accesses);
        bool[] hits = new bool[accesses.Length];
        for (int index = 0; index < hits.Length; index++)
        {
            long misses = simulator.MissCount;
            simulator.Run(new(block.Accesses.Slice(index, 1), block.PageIds.Slice(index, 1)));
            hits[index] = simulator.MissCount == misses;
        }
        return hits;
    }
}
