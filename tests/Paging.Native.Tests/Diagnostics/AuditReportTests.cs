using Xunit;

namespace Paging.Native.Tests;

public sealed class AuditReportTests
{
    [Fact]
    public void AReportWithoutFindingsIsCleanAndThrowsNothing()
    {
        AuditReport report = new();
        report.AddIfDifferent("X1", "apples", 3, 3);
        report.ThrowIfBroken();
        Assert.True(report.IsClean);
        Assert.Equal("clean", report.ToString());
    }

    [Fact]
    public void AFindingNamesItsRuleAndBothCounts()
    {
        AuditReport report = new();
        report.AddIfDifferent("X1", "apples", 3, 4);
        Assert.True(report.Names("X1"));
        Assert.False(report.Names("X2"));
        Assert.Equal("X1: apples: recounted 3, remembered 4\n", report.ToString());
        Assert.Equal(report.ToString(), Assert.Throws<InvariantException>(report.ThrowIfBroken).Message);
    }

    [Fact]
    public void AMillionFindingsAreCountedButNotKept()
    {
        AuditReport report = new();
        for (int finding = 0; finding < 1_000_000; finding++) report.Add("X1", "again");
        Assert.Equal(1_000_000, report.FindingCount);
        Assert.Equal(AuditReport.FindingCountMax, report.Findings.Count);
        Assert.EndsWith("and 999800 more\n", report.ToString(), StringComparison.Ordinal);
    }
}
