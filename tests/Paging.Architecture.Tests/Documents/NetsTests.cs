using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>
/// A new assembly is inside every net on the day it appears, or a test fails: its layer (<see cref="LayerTests"/>), its rooms
/// (<see cref="RoomsOfEveryAssemblyTests"/>), wild arguments (WildArgumentsTests), mutants and documents (here).
/// </summary>
public sealed partial class NetsTests
{
    private static string[] Projects { get; } =
        [.. Repository.Projects.Where(static project => project is not "Paging").Order(StringComparer.Ordinal)];    // a package of others

    /// <summary>docs/TESTING.md has each assembly once: the share of mutants that tests notice, or that no sample was taken.</summary>
    [Fact]
    public void TheDocumentSaysOfEachAssemblyWhatMutantsShow()
    {
        string text = Repository.Read("docs/TESTING.md").Split("\n## Mutants\n")[1].Split("\n## ")[0];
        string[] rows = [.. Row().Matches(text).Select(static match => match.Groups["name"].Value)];
        string[] without = [.. Name().Matches(text.Split("No sample was taken of")[1].Split("\n\n")[0])    // to the paragraph's end
            .Select(static match => match.Groups["name"].Value)];
        Assert.Equal(Projects, rows.Concat(without).Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void EachPackedAssemblyIsNamedByADocument()
    {
        IEnumerable<string> packed = Projects.Where(static project => !Repository.Read($"{Repository.FolderOf(project)}/{project}.csproj")
            .Contains("<IsPackable>false", StringComparison.Ordinal));
        string all = string.Join('\n', Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md")
            .Append(Path.Combine(Repository.Root, "CONTRIBUTING.md")).Select(File.ReadAllText));
        Assert.DoesNotContain(packed, project => !Regex.IsMatch(all, $@"\b{Regex.Escape(project)}\b(?!\.\w)", RegexOptions.None, Limit));
    }

    private static TimeSpan Limit => TimeSpan.FromSeconds(10);

    [GeneratedRegex(@"^\| `(?<name>Paging[\w.]*)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<name>Paging[\w.]*)`", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Name();
}
