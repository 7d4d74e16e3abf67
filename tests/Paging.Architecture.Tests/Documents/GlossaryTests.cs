using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The glossary of docs/ARCHITECTURE.md: one word, one meaning. Names and texts follow it.</summary>
public sealed partial class GlossaryTests
{
    private const int WordsMax = 40;
    private const RegexOptions Prose = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    [Fact]
    public void TheGlossaryIsShort()
    {
        string[] rows = [.. Rows()];
        Assert.InRange(rows.Length, 20, WordsMax);
        Assert.All(rows, static row => Assert.Equal(5, row.Split('|').Length));
        Assert.Contains(rows, static row => row.EndsWith("| turn |", StringComparison.Ordinal));    // the word with five meanings
    }

    /// <summary>Types, members and parameters of every assembly.</summary>
    [Fact]
    public void NamesFollowTheGlossary()
    {
        List<string> found = [];
        foreach (Type type in Repository.Projects.Where(static project => project is not "Paging").SelectMany(static project =>
            Assemblies.TypesOf(Assemblies.Load(string.Equals(project, "Paging.Cli", StringComparison.Ordinal) ? "paging" : project))))
        {
            Check(type.Name, type.Name);
            foreach (MemberInfo member in type.GetMembers(Assemblies.Everything))
            {
                if (Assemblies.IsGenerated(member)) continue;
                Check(member.Name, Assemblies.NameOf(member));
                if (member is not MethodBase method) continue;
                foreach (ParameterInfo parameter in method.GetParameters())
                    Check(parameter.Name ?? "", $"{Assemblies.NameOf(member)}({parameter.Name})");
            }
        }

        Assert.True(found.Count == 0, string.Join('\n', found.Distinct(StringComparer.Ordinal)));

        void Check(string name, string place)
        {
            if (NameOfOldWord().IsMatch(name)) found.Add(place);
        }
    }

    /// <summary>"Behind" is after, beyond, of, or with; only what is left stays behind.</summary>
    [Fact]
    public void CommentsAndMessagesSayWhere()
    {
        List<string> found = [];
        foreach (string path in Repository.SourcesUnder("src"))
        {
            string[] lines = Repository.Read(path).Split('\n');
            for (int i = 0; i < lines.Length; i++)
                if (OldWord().IsMatch(Left().Replace(lines[i], ""))) found.Add($"{path}:{i + 1}: {lines[i].Trim()}");
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    private static IEnumerable<string> Rows() => Repository.Read("docs/ARCHITECTURE.md").Split('\n')
        .SkipWhile(static line => line is not "## Words").Skip(1).TakeWhile(static line =>
            !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(static line => line.StartsWith('|')).Skip(2);

    [GeneratedRegex("^(turns?|behind)$|(^|_|(?<=[a-z0-9]))(Turns?|Behind|Guarded)(?![a-z])|^_(turns?|behind)|GoBackTo|PutBack",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NameOfOldWord();

    [GeneratedRegex(@"\bbehind\b|\bexactly if\b", Prose, 1000)]
    private static partial Regex OldWord();

    [GeneratedRegex(@"\b(leaves?|left|stays?|leaving) (\w+ )?behind\b", Prose, 1000)]
    private static partial Regex Left();
}
