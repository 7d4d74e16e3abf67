using Paging.Fuzz;
using Paging.Testing.Randomness;
using Paging.Tests;

namespace Paging.Costs.Tests;

/// <summary>The ledger and the reference model's slow one, report by report, on generated processes.</summary>
public sealed class LedgerLockstepTests
{
    [Fact]
    public void BothCountTheSame() =>
        Assert.InRange(Run(seeds: Soak.Of(20, 8), operations: 1_500), Soak.Of(250_000, 100_000), long.MaxValue);

    /// <summary>The sample is the one above.</summary>
    [Fact, Trait("Category", "Slow")]
    public void BothCountTheSameForTenMillionAccesses()
    {
        if (Soak.IsWhole) Assert.InRange(Run(seeds: 360, operations: 3_000), 10_000_000, long.MaxValue);
    }

    private static long Run(int seeds, int operations)
    {
        long accesses = 0;
        Property.ForSeeds(seeds, seed =>
        {
            FuzzRandom random = new(seed);
            using LedgerRun run = new(new(seed));
            for (int i = 0; i < operations; i++)
            {
                RawOperation operation = RawOperation.Draw(random, LedgerRun.Operations.Length);
                run.Execute(operation, out string? failure);
                Assert.True(failure is null, $"operation {i}, {LedgerRun.Operations[operation.Kind]}: {failure}");
            }

            Assert.Null(run.Finish());
            accesses += run.AccessCount;
        });
        return accesses;
    }
}
