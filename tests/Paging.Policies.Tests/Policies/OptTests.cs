using Paging.Policies.Offline;
using Paging.Policies.Simulation;

namespace Paging.Policies.Tests;

/// <summary>The optimum: as Belady's rule gives it, never beaten, and the same whichever way it is found.</summary>
public class OptTests
{
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void OnePassCountsTheMissesOfBeladysRule(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 1_200, pageCount: 5 + (seed * 6));
        foreach (int frameCount in new[] { 1, 2, 3, 5, 8, 13, 40, 90 })
            Assert.Equal(NaiveOpt.Misses(frameCount, accesses), Simulation.Misses("OPT", frameCount, accesses));
    }

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void NoPolicyMissesLess(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 20_000, pageCount: 400);
        foreach (int frameCount in new[] { 1, 2, 10, 57, 200, 399, 400, 1_000 })
        {
            long least = Simulation.Misses("OPT", frameCount, accesses);
            foreach (string policy in NaivePolicies.Online)
                Assert.True(Simulation.Misses(policy, frameCount, accesses) >= least,
                    $"{policy}, {frameCount} frames: below the optimum of {least}");
        }
    }

    /// <summary>Long enough that times are renumbered many times, in blocks, beside the policy that reads the future.</summary>
    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void EvictingByNameMissesAsOften(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 60_000, pageCount: 20 + (seed * 100));
        TraceBlock block = Simulation.BlockOf(accesses);
        foreach (int frameCount in new[] { 1, 2, 17, 120, 700, 5_000 })
        {
            PolicySimulator<OptPolicy> named = new(frameCount, new OptPolicy(new FutureUses(block.PageIds.Span), reservedFrameCount: 0));
            TraceSimulator counted = Simulation.Create("OPT", frameCount);
            named.Run(block);
            for (int start = 0; start < accesses.Length; start += 7_000)
            {
                int length = Math.Min(7_000, accesses.Length - start);
                counted.Run(new(block.Accesses.Slice(start, length), block.PageIds.Slice(start, length)));
            }
            Assert.Equal((named.AccessCount, named.MissCount), (counted.AccessCount, counted.MissCount));
        }
    }

    [Fact]
    public void WhereEverythingFitsOnlyFirstTouchesMiss()
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 3, length: 30_000, pageCount: 300);
        int distinct = accesses.Select(static access => access.Page).Distinct().Count();
        foreach (PolicyEntry policy in PolicyCatalog.All)
            foreach (int frameCount in new[] { distinct, 1_000_000, 1 << 30 })
                Assert.Equal(distinct, Simulation.Misses(policy.Name, frameCount, accesses));
    }
}
