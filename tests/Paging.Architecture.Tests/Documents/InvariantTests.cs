using System.Globalization;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>docs/INVARIANTS.md names every rule that an audit can name.</summary>
public sealed partial class InvariantTests
{
    [Fact]
    public void EveryRuleOfTheAuditsIsInTheList()
    {
        string list = Path.Combine(Repository.Root, "docs", "INVARIANTS.md");
        Assert.SkipUnless(File.Exists(list), "There is no docs/INVARIANTS.md yet.");
        HashSet<string> listed = [.. Listed().Matches(File.ReadAllText(list)).SelectMany(Expand)];
        string[] found = [.. Repository.SourcesUnder("src", "Paging.Native").Concat(Repository.SourcesUnder("src", "Paging.Core"))
            .SelectMany(static path => Finding().Matches(Repository.Read(path)).Select(static match => match.Groups["rule"].Value)).Distinct(StringComparer.Ordinal)];
        Assert.True(found.Length > 30, "The rules are not found where they were.");
        Assert.Empty(found.Except(listed, StringComparer.Ordinal).Order(StringComparer.Ordinal));
    }

    /// <summary>A cell like <c>**B1–B8**</c> or <c>**L1, L2**</c> names several.</summary>
    private static IEnumerable<string> Expand(Match cell)
    {
        foreach (string part in cell.Groups["rules"].Value.Split(','))
        {
            string[] ends = part.Trim().Split('–', '-');
            string letter = ends[0][..1];
            int first = int.Parse(ends[0][1..], CultureInfo.InvariantCulture), last = int.Parse(ends[^1][1..], CultureInfo.InvariantCulture);
            for (int number = first; number <= last; number++) yield return letter + number.ToString(CultureInfo.InvariantCulture);
        }
    }

    [GeneratedRegex(@"\*\*(?<rules>[A-Z]\d+(\s*[–,-]\s*[A-Z]\d+)*)\*\*", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Listed();

    [GeneratedRegex("""\b(Add|AddIfDifferent)\(\s*"(?<rule>[A-Z][0-9]+)"\s*,""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Finding();
}
