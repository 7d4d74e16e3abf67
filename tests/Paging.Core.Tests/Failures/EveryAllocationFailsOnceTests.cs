using Xunit;

namespace Paging.Core.Tests;

/// <summary>For n = 1, 2, 3 … the n-th allocation of an operation is refused, until it needs fewer.</summary>
/// <remarks>
/// Each time: the right error, a clean audit, no change where a refusal must change nothing, a successful retry, and no leak at the end.
/// </remarks>
public sealed class EveryAllocationFailsOnceTests
{
    private static readonly FailureCase[] AllCases = [.. FailureCases.All, .. FailureCasesOfPages.All];

    public static TheoryData<string> Names => [.. AllCases.Select(static failure => failure.Name)];

    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Names))]
    public void ARefusedAllocationIsReportedAndLosesNothing(string name)
    {
        FailureCase failure = AllCases.Single(failure => string.Equals(failure.Name, name, StringComparison.Ordinal));
        int refused = 0;
        while (Try(failure, refused + 1)) refused++;
        Assert.True(refused > 0, "The operation allocates nothing: it does not belong into this list.");
    }

    [Fact]
    public void TheListNamesEachOperationOnce() =>
        Assert.Equal(AllCases.Length, AllCases.Select(static failure => failure.Name).Distinct(StringComparer.Ordinal)
            .Count());

    /// <summary>Tries the operation with its n-th allocation refused. False: it needs fewer.</summary>
    private static bool Try(FailureCase failure, int number)
    {
        using World world = new(failure.Options);
        failure.Prepare(world);
        world.Verify();
        string before = FailureCase.Describe(world);
        long peak = world.Memory.Space.Statistics.PeakTotal;

        world.Machine.Injection.FailAtAllocation = number;
        string outcome = failure.Act(world);
        bool wasRefused = world.Machine.Injection.FailAtAllocation == 0;
        world.Machine.Injection.FailAtAllocation = 0;

        world.Verify();
        if (wasRefused)
        {
            Assert.True(failure.Failures.Split(' ')
                .Contains(outcome, StringComparer.Ordinal), $"Allocation {number} was refused and the outcome is {outcome}.");
            if (!failure.ChangesAreas && !IsNone(outcome))
            {
                AssertKept(before, FailureCase.Describe(world), number);
                Assert.Equal(peak, world.Memory.Space.Statistics.PeakTotal);    // what was never there is no peak
            }

            outcome = failure.Act(world);
        }

        Assert.True(IsNone(outcome), $"With all allocations granted after refusing number {number}, the outcome is {outcome}.");
        world.AssertNothingIsLeft();
        return wasRefused;
    }

    private static bool IsNone(string outcome) => string.Equals(outcome, "None", StringComparison.Ordinal);

    /// <summary>An access may have made a page before the one that failed; all else is as it was.</summary>
    private static void AssertKept(string before, string after, int number)
    {
        string[] lost = [.. before.Split([", ", "\n"], StringSplitOptions.None)
            .Except(after.Split([", ", "\n"], StringSplitOptions.None), StringComparer.Ordinal)];
        Assert.True(lost.Length == 0, $"After refusing allocation {number} this is not so any more: {string.Join("; ", lost)}");
    }
}
