using Xunit;

namespace Paging.Native.Tests;

/// <summary>Helpers of tests for audits.</summary>
internal static class Audits
{
    /// <summary>Every audit finds nothing.</summary>
    public static void AssertClean(params Action<AuditReport>[] audits)
    {
        AuditReport report = new();
        foreach (Action<AuditReport> audit in audits) audit(report);
        if (!report.IsClean) Assert.Fail(report.ToString());
    }

    /// <summary>The audit names the rule, and no rule beside it.</summary>
    public static void AssertFinds(string rule, Action<AuditReport> audit)
    {
        AuditReport report = new();
        audit(report);
        Assert.Equal([rule], report.Findings.Select(finding => finding.Rule).Distinct(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    /// <summary>The audit names at least this rule: some damage breaks several.</summary>
    public static void AssertNames(string rule, Action<AuditReport> audit)
    {
        AuditReport report = new();
        audit(report);
        Assert.True(report.Names(rule), report.ToString());
    }
}
