using Paging.HostKernel.Puppets;

namespace Paging.HostKernel.Tests;

/// <summary>Spinning is given up when it fails again and again, and tried again after a while.</summary>
public sealed class SpinBudgetTests
{
    [Fact]
    public void FailuresInARowSwitchSpinningOffForAWhile()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "one processor: never spins");
        SpinBudget budget = new();
        for (int call = 0; call < 3; call++)
        {
            Assert.True(budget.HostSpins > 0);
            budget.Learn(wasInTime: false);
        }
        Assert.Equal((0, 1u), (budget.HostSpins, budget.PuppetSpins));
        for (int call = 0; call < 64; call++) budget.Learn(wasInTime: false);
        Assert.True(budget.HostSpins > 0);
        budget.Learn(wasInTime: false);    // the one attempt failed
        Assert.Equal(0, budget.HostSpins);
    }

    [Fact]
    public void ASuccessClearsEarlierFailures()
    {
        Assert.SkipWhen(Environment.ProcessorCount == 1, "one processor: never spins");
        SpinBudget budget = new();
        for (int round = 0; round < 10; round++)
        {
            budget.Learn(wasInTime: false);
            budget.Learn(wasInTime: false);
            budget.Learn(wasInTime: true);
        }
        Assert.True(budget.HostSpins > 0);
    }
}
