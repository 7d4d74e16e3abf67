using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class TargetSmokeTests
{
    /// <summary>
    /// Slow: the targets host and traces make thousands of system calls of this host; every target checks thoroughly here.
    /// </summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("everything", 1500)]
    [InlineData("processes", 1000)]
    [InlineData("host", 1000)]
    [InlineData("areas", 30000)]
    [InlineData("pagetables", 9000)]
    [InlineData("regions", 9000)]
    [InlineData("buddy", 9000)]
    [InlineData("radix", 9000)]
    [InlineData("pagecache", 2000)]
    [InlineData("iofaults", 30)]
    [InlineData("parser", 600)]
    [InlineData("elf", 600)]
    [InlineData("traces", 600)]
    [InlineData("shortage", 1500)]
    [InlineData("pressure", 1000)]
    [InlineData("reclaim", 1000)]
    [InlineData("faults", 30)]
    [InlineData("huge", 900)]
    [InlineData("hugepressure", 600)]
    public void ASmallRunFindsNothing(string target, long operationCount)
    {
        using StringWriter output = new();
        long most = Soak.IsWhole ? operationCount : operationCount / 5;
        int exitCode = TargetTable.Find(target)
            .Run(new FuzzOptions { Target = target, Seed = 77, OperationCountMax = most, OutDirectory = OutDirectory }, output);
        Assert.True(exitCode == ExitCode.Clean, output.ToString());
    }

    [Fact]
    public void NoTwoTargetsHaveOneName() =>
        Assert.Equal(TargetTable.All.Count, TargetTable.All.Select(static target => target.Name).Distinct(StringComparer.Ordinal).Count());

    [Trait("Category", "Medium")]
    [Fact]
    public void SeveralJobsDoTheSameScenarios()
    {
        using StringWriter output = new();
        FuzzOptions options = new()
        {
            Target = "everything",
            Seed = 1000,
            OperationCountMax = 1200,
            JobCount = 3,
            OutDirectory = OutDirectory
        };
        Assert.Equal(ExitCode.Clean, TargetTable.Find("everything").Run(options, output));
        Assert.Contains("3 jobs", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheTestsCheckThoroughly() => Assert.Equal(VerificationLevel.Thorough, Check.Level);

    private static string OutDirectory => Path.Combine(Path.GetTempPath(), "paging-fuzz-tests");
}
