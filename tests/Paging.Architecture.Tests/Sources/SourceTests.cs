using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>What the style guide asks of files.</summary>
public sealed partial class SourceTests
{
    private const int LineCountMax = 400;

    public static TheoryData<string, string> Forbidden { get; } = new()
    {
        { "work left behind", @"\b(TODO|FIXME|HACK|XXX)\b" },
        { "what is not there yet", @"\bNotImplementedException\b" },
        { "regions", @"^\s*#region\b" },
        { "warnings switched off without a reason", @"^\s*#pragma\s+warning\s+disable[^/\n]*$" },
        { "exceptions swallowed", @"catch\s*(\(\s*Exception\s*\))?\s*\{\s*\}" },
        { "clocks and chance in the engine",
        @"\b(DateTime|DateTimeOffset)\.(Utc)?Now\b|\bnew Random\(\)|\bRandom\.Shared\b|\bGuid\.NewGuid\b" },
    };

    [Theory, MemberData(nameof(Forbidden))]
    public void SourcesContainNone(string what, string pattern)
    {
        Regex regex = new(pattern, RegexOptions.ExplicitCapture | RegexOptions.Multiline, TimeSpan.FromSeconds(10));
        IEnumerable<string> found = Repository.SourcesUnder("src").Where(path => regex.IsMatch(Repository.Read(path)));
        Assert.True(!found.Any(), $"{what}: {string.Join(", ", found)}");
    }

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    public void AFileIsReadInOneSitting(string folder)
    {
        IEnumerable<string> tooLong = Repository.SourcesUnder(folder)
            .Select(static path => (Path: path, Lines: Repository.Read(path).AsSpan().Count('\n')))
            .Where(static file => file.Lines > LineCountMax).Select(static file => $"{file.Path}: {file.Lines} lines");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void PartialIsForGeneratedCode()
    {
        IEnumerable<string> partial = Repository.SourcesUnder("src").Where(static path =>
            Partial().IsMatch(Repository.Read(path)) && !Repository.Read(path).Contains("[LibraryImport", StringComparison.Ordinal)
                && !Repository.Read(path).Contains("[GeneratedRegex", StringComparison.Ordinal));
        Assert.Empty(partial);
    }

    [Fact]
    public void CoreHasNoUnsafeCode()
    {
        IEnumerable<string> found = Repository.SourcesUnder("src", "Paging.Core")
            .Where(static path => Unsafe().IsMatch(Repository.Read(path)));
        Assert.Empty(found);
    }

    [Fact]
    public void EveryFileIsInTheNamespaceOfItsProjectOrOfItsRoom()
    {
        IEnumerable<string> strangers = Repository.SourcesUnder("src").Where(static path =>
            FileNamespace().Match(Repository.Read(path)) is { Success: true } match && !IsAtHome(path, match.Groups["name"].Value));
        Assert.Empty(strangers);
    }

    /// <summary>A room is a namespace with a folder of its name; the contracts are in the namespace of those who need them.</summary>
    private static bool IsAtHome(string path, string space)
    {
        string project = path.Split('/').First(static part => part.StartsWith("Paging.", StringComparison.Ordinal));
        string home = string.Equals(project, "Paging.Contracts", StringComparison.Ordinal) ? "Paging.Core" : project;
        if (string.Equals(space, home, StringComparison.Ordinal)) return true;
        return space.StartsWith(project + ".", StringComparison.Ordinal)
            && path.StartsWith($"{Repository.FolderOf(project)}/{space[(project.Length + 1)..].Replace('.', '/')}/",
                StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\bpartial\s+(class|struct|record|interface)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Partial();

    [GeneratedRegex(@"^[^/\n]*\b(unsafe|stackalloc\s+\w+\s*\*|fixed\s*\()", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex FileNamespace();
}
