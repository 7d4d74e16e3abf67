using System.Text.RegularExpressions;
using Paging.Native;
using Paging.Native.Collections;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>An audit that cannot fail is worth nothing: every rule is broken by hand, and the audit names it.</summary>
public sealed partial class CanaryTests
{
    private static readonly Canary[] Canaries =
    [
        .. AreaCanaries.All, .. FrameCanaries.All, .. CacheCanaries.All, .. SwapCanaries.All, .. SnapshotCanaries.All,
        .. MachineCanaries.All, .. DirtyLogCanaries.All, .. HugeCanaries.All, .. ShadowCanaries.All,
    ];

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
            // a heap has an audit of its own
            .Where(static path =>
                !path.Contains($"{Path.DirectorySeparatorChar}Heap{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(static path => Finding().Matches(File.ReadAllText(path)).Select(static match => match.Groups["rule"].Value))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Assert.True(rules.Length > 30, "The rules are not found where they were.");
        string ofWindows = Path.Combine(Repository.Root, "tests", "windows", "Paging.Windows.Tests");
        // rules of parts that only that side has are broken there
        string windows = string.Concat(Directory.EnumerateFiles(ofWindows, "*.cs").Select(File.ReadAllText));
        // and those of a window of the host, where the host can have one
        string ofTheHost = File.ReadAllText(Path.Combine(Repository.Root, "tests", "Paging.Core.Tests", "Access", "MemoryWindowTests.cs"));
        string[] unbroken = [.. rules.Except(Canaries.Select(static canary => canary.Rule), StringComparer.Ordinal)
            .Where(rule => !(windows + ofTheHost).Contains($"\"{rule}\"", StringComparison.Ordinal))];
        Assert.Empty(unbroken);
    }

    [Fact]
    public void APageThatItsOwnerDoesNotLeadToIsNotGivenAway()    // Y2 is no finding of an audit: reclaim itself stops there
    {
        using World world = Damage.Prepare();
        Damage.DescriptorAt(world, Damage.Own).Owner = Damage.AreaAt(world, Damage.SharedWithChild).Root.Value;
        InvariantException broken =
            Assert.Throws<InvariantException>(() => world.Memory.Advise(World.At(Damage.Own), World.Bytes(1), MemoryAdvice.PageOut));
        Assert.StartsWith("Y2:", broken.Message, StringComparison.Ordinal);
    }

    /// <summary>A rule that no test expects by name is only an intention.</summary>
    [Fact]
    public void EveryRuleOfTheDocumentIsExpectedBySomeTest()
    {
        string[] documented = [.. File.ReadLines(Path.Combine(Repository.Root, "docs", "INVARIANTS.md")).SelectMany(RulesOf)];
        Assert.True(documented.Length > 60, "The table is not where it was.");
        string tests = string.Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories)
            .Select(File.ReadAllText));
        string[] intentions =
            [.. documented.Where(rule => !Regex.IsMatch(tests, $"\"{rule}[\": ]", RegexOptions.None, TimeSpan.FromSeconds(10)))];
        Assert.True(intentions.Length == 0, $"No test expects {string.Join(", ", intentions)}.");
    }

    /// <summary>"B1–B8" and "L1, L2" stand for several.</summary>
    private static IEnumerable<string> RulesOf(string row)
    {
        if (!row.StartsWith("| **", StringComparison.Ordinal)) yield break;
        foreach (Match match in DocumentedRule().Matches(row[..row.IndexOf("** |", StringComparison.Ordinal)]))
        {
            int first = int.Parse(match.Groups["first"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            int last = match.Groups["last"].Success
                ? int.Parse(match.Groups["last"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : first;
            for (int number = first; number <= last; number++) yield return $"{match.Groups["letter"].Value}{number}";
        }
    }

    [GeneratedRegex("(?<letter>[A-Z])(?<first>[0-9]+)(?:–[A-Z](?<last>[0-9]+))?", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex DocumentedRule();

    [GeneratedRegex("""\b(?:Add|AddIfDifferent)\(\s*"(?<rule>[A-Z][0-9]+)"\s*,""", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Finding();
}
