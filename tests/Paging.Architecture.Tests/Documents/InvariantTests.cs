using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>docs/INVARIANTS.md names every rule that an audit or an exception can name.</summary>
public sealed partial class InvariantTests
{
    private const int RuleCountMin = 40;

    private static readonly string[] Projects =
        ["Paging.Native", "Paging.Core", "Paging.Policies", "Paging.Programs", "Paging.Processors", "Paging.Guest", "Paging.Windows"];

    [Fact]
    public void EveryRuleOfTheAuditsIsInTheList() => AssertListed(Finding(), RuleCountMin);

    /// <summary>An exception begins with the rule that does not hold: <c>"F2: frame …"</c>.</summary>
    [Fact]
    public void EveryRuleThatAnExceptionNamesIsInTheList() => AssertListed(Thrown(), countMin: 15);

    [Fact]
    public void NoRuleIsInTheListTwice()
    {
        IEnumerable<string> twice = Rules().GroupBy(static rule => rule, StringComparer.Ordinal).Where(static rules => rules.Count() > 1)
            .Select(static rules => rules.Key);
        Assert.Empty(twice);
    }

    /// <summary>A rule that no source names has no check.</summary>
    [Fact]
    public void EveryRuleInTheListIsNamedInTheSources()
    {
        HashSet<string> named = [.. Sources().SelectMany(static text => Named().Matches(text).SelectMany(Expand))];
        Assert.Empty(Rules().Except(named, StringComparer.Ordinal));
    }

    private static void AssertListed(Regex pattern, int countMin)
    {
        string[] found = [.. Sources().SelectMany(text => pattern.Matches(text).Select(static match => match.Groups["rules"].Value))
            .Distinct(StringComparer.Ordinal)];
        Assert.True(found.Length >= countMin, $"Only {found.Length} rules are found in the sources: the pattern has become wrong.");
        Assert.Empty(found.Except(Rules(), StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Sources() =>
        Projects.SelectMany(static project => Repository.SourcesUnder(Repository.FolderOf(project))).Select(Repository.Read);

    private static IEnumerable<string> Rules() => Listed().Matches(Repository.Read("docs/INVARIANTS.md")).SelectMany(Expand);

    /// <summary>A cell like <c>**B1–B8**</c> or <c>**L1, L2**</c> names several rules.</summary>
    private static IEnumerable<string> Expand(Match cell)
    {
        foreach (string part in cell.Groups["rules"].Value.Split(','))
        {
            string[] ends = part.Trim().Split('–', '-');
            string letter = ends[0][..1];
            int first = int.Parse(ends[0][1..], CultureInfo.InvariantCulture),
                last = int.Parse(ends[^1][1..], CultureInfo.InvariantCulture);
            for (int number = first; number <= last; number++) yield return letter + number.ToString(CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex(@"\*\*(?<rules>[A-Z]\d+(\s*[–,-]\s*[A-Z]\d+)*)\*\*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Listed();

    [GeneratedRegex("""\b(Add|AddIfDifferent)\(\s*"(?<rules>[A-Z][0-9]+)"\s*,""", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Finding();

    [GeneratedRegex("""Exception\(\s*\$?"(?<rules>[A-Z][0-9]+): """, RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Thrown();

    [GeneratedRegex(@"\b(?<rules>[A-Z]\d{1,2}([–-][A-Z]\d{1,2})?)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Named();
}
