using Paging.Tests;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Policies.Tests;

/// <summary>Each policy hits and misses as its definition requires, access by access.</summary>
public class NaiveAgreementTests
{
    public static TheoryData<string> Policies => [.. NaivePolicies.Names];

    [Trait("Category", "Slow")]
    [Theory, MemberData(nameof(Policies))]
    public void EveryAccessAgreesWithTheDefinition(string policy)
    {
        for (int seed = 1; seed <= Soak.Of(40, 10); seed++)
        {
            int pageCount = 2 + (seed * 7 % 90);
            TraceAccess[] accesses = RandomTraces.Create(seed, length: 1_500, pageCount);
            foreach (int frameCount in new[] { 1, 2, 3, 4, 5, 7, 10, 16, 31, 64, 100 }) Compare(policy, seed, frameCount, accesses);
        }
    }

    /// <summary>More than a hundred HIR pages, targets that are not all one, ghosts by the hundred.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Policies))]
    public void LargerMemoriesAgreeToo(string policy)
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 99, length: 12_000, pageCount: 1_200);
        foreach (int frameCount in new[] { 230, 512, 777 }) Compare(policy, 99, frameCount, accesses);
    }

    private static void Compare(string policy, int seed, int frameCount, TraceAccess[] accesses)
    {
        NaiveCache naive = NaivePolicies.Create(policy, frameCount);
        TraceSimulator real = SimulatedRuns.Create(policy, frameCount);
        TraceBlock block = SimulatedRuns.BlockOf(accesses);
        for (int index = 0; index < accesses.Length; index++)
        {
            naive.Access(accesses[index]);
            real.Run(new(block.Accesses.Slice(index, 1), block.PageIds.Slice(index, 1)));
            if (naive.MissCount == real.MissCount && naive.DirtyEvictionCount == real.DirtyEvictionCount) continue;
            Assert.Fail($"{policy}, seed {seed}, {frameCount} frames, access {index}: " +
                $"misses {naive.MissCount} by definition, {real.MissCount} here; " +
                $"dirty evictions {naive.DirtyEvictionCount}, {real.DirtyEvictionCount}");
        }
    }
}
