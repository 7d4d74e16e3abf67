using System.Text.RegularExpressions;
using Paging.Native;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An audit that cannot fail is worth nothing: every rule is broken by hand, and the audit names it.</summary>
public sealed partial class CanaryTests
{
    private static readonly Canary[] Canaries = [.. AreaCanaries.All, .. FrameCanaries.All, .. CacheCanaries.All, .. SwapCanaries.All, .. MachineCanaries.All];

    public static TheoryData<string> Names => [.. Canaries.Select(static canary => canary.ToString())];

    [Fact]
    public void TheWorldThatIsBrokenIsCleanBefore()
    {
        using World world = Damage.Prepare();
        world.Verify();
        Assert.Equal("clean", world.Engine.Audit().ToString());
    }

    [Theory, MemberData(nameof(Names))]
    public void TheAuditNamesTheRuleThatWasBroken(string name)
    {
        Canary canary = Canaries.Single(canary => string.Equals(canary.ToString(), name, StringComparison.Ordinal));
        using World world = Damage.Prepare();
        canary.Break(world);
        AuditReport report = world.Engine.Audit();
        Assert.True(report.Names(canary.Rule), $"broken: {name}; found: {report}");
        Assert.Throws<InvariantException>(report.ThrowIfBroken);
    }

    [Fact]
    public void EveryRuleThatAnAuditCanNameIsBrokenHere()
    {
        string[] rules = [.. Repository.SourcesOf("Paging.Native").Concat(Repository.SourcesOf("Paging.Core"))
            .Where(static path => !path.Contains($"{Path.DirectorySeparatorChar}Heap{Path.DirectorySeparatorChar}", StringComparison.Ordinal))    // a heap has an audit of its own
            .SelectMany(static path => Finding().Matches(File.ReadAllText(path)).Select(static match => match.Groups["rule"].Value))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Assert.True(rules.Length > 30, "The rules are not found where they were.");
        Assert.Empty(rules.Except(Canaries.Select(static canary => canary.Rule), StringComparer.Ordinal));
    }

    [GeneratedRegex("""\b(?:Add|AddIfDifferent)\(\s*"(?<rule>[A-Z][0-9]+)"\s*,""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Finding();
}
