using Paging.Policies;
using Paging.Traces.Offline;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Traces.Tests;

/// <summary>The optimum: as Belady's rule gives it, never beaten, and the same whichever way it is found.</summary>
public class OptTests
{
    [Theory]
    [InlineData(Textbook.A, 1, new[] { 20, 13, 9, 8, 7, 6 })]
    [InlineData(Textbook.B, 1, new[] { 12, 9, 7, 6, 5 })]
    [InlineData(Textbook.C, 2, new[] { 7, 6, 5 })]
    public void TheStringsOfTheTextbooksHaveFixedFigures(string text, int firstFrameCount, int[] misses) =>
        Assert.Equal(misses,
            misses.Select((_, index) => (int)SimulatedRuns.Misses("OPT", firstFrameCount + index, Textbook.Accesses(text))));

    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void OnePassCountsTheMissesOfBeladysRule(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 1_200, pageCount: 5 + (seed * 6));
        foreach (int frameCount in new[] { 1, 2, 3, 5, 8, 13, 40, 90 })
            Assert.Equal(NaiveOpt.Misses(frameCount, accesses), SimulatedRuns.Misses("OPT", frameCount, accesses));
    }

    /// <summary>The policy that evicts by name, in few frames and in more than its arrays had at first.</summary>
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void EvictingByNameIsBeladysRule(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 1_200, pageCount: 5 + (seed * 6));
        TraceBlock block = SimulatedRuns.BlockOf(accesses);
        foreach (int frameCount in new[] { 1, 2, 3, 5, 8, 13, 40, 90 })
        {
            PolicySimulator<OptPolicy> named = new(frameCount, new OptPolicy(new FutureUses(block.PageIds.Span), reservedFrameCount: 2));
            named.Run(block);
            Assert.Equal(NaiveOpt.Misses(frameCount, accesses), named.MissCount);
        }
    }

    /// <summary>Pages also leave without being chosen, as by munmap. The next victim is the farthest of the rest.</summary>
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void TheFarthestLeavesAfterPagesWereUnmapped(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 2_000, pageCount: 60);
        FutureUses future = new(SimulatedRuns.BlockOf(accesses).PageIds.Span);
        OptPolicy policy = new(future, reservedFrameCount: 1);
        Random random = new(seed);
        Stack<int> free = new(Enumerable.Range(0, 24));
        Dictionary<int, (ulong Page, int NextUse)> residents = [];    // by slot
        NoBits bits = default;
        for (int now = 0; now < accesses.Length; now++)
        {
            ulong page = accesses[now].Page;
            int slot = residents.FirstOrDefault(one => one.Value.Page == page, new(-1, default)).Key;
            if (slot >= 0)
            {
                policy.Hit(slot);
            }
            else
            {
                if (free.Count == 0)
                {
                    int victim = policy.FindVictim(ref bits);
                    Assert.Equal(residents.Values.Max(static one => one.NextUse), residents[victim].NextUse);
                    policy.Evicted(victim, residents[victim].Page);
                    Leave(victim);
                }

                slot = free.Pop();
                policy.Loaded(slot, page);
            }

            residents[slot] = (page, future.NextUse(now));
            if (free.Count != 0 || random.Next(4) != 0) continue;
            for (int count = random.Next(1, 4); count > 0; count--)
            {
                int unmapped = residents.Keys.ElementAt(random.Next(residents.Count));
                policy.Removed(unmapped);
                Leave(unmapped);
            }
        }

        void Leave(int slot)
        {
            residents.Remove(slot);
            free.Push(slot);
        }
    }

    /// <summary>The first access, the last one, and those beyond the end.</summary>
    [Fact]
    public void EachAccessKnowsTheNextOneToItsPage()
    {
        int[] pages = [0, 1, 0, 2, 1, 0, 3];
        FutureUses future = new(pages);
        Assert.Equal([2, 4, 5, FutureUses.Never, FutureUses.Never, FutureUses.Never, FutureUses.Never, FutureUses.Never],
            Enumerable.Range(0, 8).Select(future.NextUse));
        Assert.Equal(FutureUses.Never, future.NextUse(-1));
    }

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void NoPolicyMissesLess(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 20_000, pageCount: 400);
        foreach (int frameCount in new[] { 1, 2, 10, 57, 200, 399, 400, 1_000 })
        {
            long least = SimulatedRuns.Misses("OPT", frameCount, accesses);
            foreach (ReplayPolicy policy in ReplayCatalog.All)
                Assert.True(SimulatedRuns.Misses(policy.Name, frameCount, accesses) >= least,
                    $"{policy.Name}, {frameCount} frames: below the optimum of {least}");
        }
    }

    /// <summary>Long enough that times are renumbered many times, in blocks, beside the policy that reads the future.</summary>
    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void EvictingByNameMissesAsOften(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 60_000, pageCount: 20 + (seed * 100));
        TraceBlock block = SimulatedRuns.BlockOf(accesses);
        foreach (int frameCount in new[] { 1, 2, 17, 120, 700, 5_000 })
        {
            PolicySimulator<OptPolicy> named = new(frameCount, new OptPolicy(new FutureUses(block.PageIds.Span), reservedFrameCount: 0));
            TraceSimulator counted = SimulatedRuns.Create("OPT", frameCount);
            named.Run(block);
            for (int start = 0; start < accesses.Length; start += 7_000)
            {
                int length = Math.Min(7_000, accesses.Length - start);
                counted.Run(new(block.Accesses.Slice(start, length), block.PageIds.Slice(start, length)));
            }
            Assert.Equal((named.AccessCount, named.MissCount), (counted.AccessCount, counted.MissCount));
        }
    }

    [Theory, MemberData(nameof(RandomTraces.Seeds), MemberType = typeof(RandomTraces))]
    public void MoreFramesNeverMeanMoreMisses(int seed)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed, length: 5_000, pageCount: 100);
        long before = long.MaxValue;
        for (int frameCount = 1; frameCount <= 101; frameCount++)
        {
            long misses = SimulatedRuns.Misses("OPT", frameCount, accesses);
            Assert.True(misses <= before);
            before = misses;
        }
    }

    [Fact]
    public void WhereEverythingFitsOnlyFirstTouchesMiss()
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 3, length: 30_000, pageCount: 300);
        int distinct = accesses.Select(static access => access.Page).Distinct().Count();
        foreach (ReplayPolicy policy in ReplayCatalog.All)
            foreach (int frameCount in new[] { distinct, 1_000_000, 1 << 30 })
                Assert.Equal(distinct, SimulatedRuns.Misses(policy.Name, frameCount, accesses));
    }

    private readonly struct NoBits : IPageBits
    {
        public bool TakeAccessed(int slot) => false;

        public bool IsDirty(int slot) => false;
    }
}
