using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>The style guide's rules for files.</summary>
public sealed partial class SourceTests
{
    // One type that is one thing may have 600 lines: a second file would be a satellite that reaches into the first.
    private const int LineCountMax = 600;

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

    private static readonly Dictionary<string, string> PartsOfRooms = new(StringComparer.Ordinal)
    {
        ["src/Paging.Core/Files/Backings"] = "Paging.Core.Files",
        ["src/Paging.Core/Reclaim/Policies"] = "Paging.Core.Reclaim",
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
            .Where(static file => file.Lines > LineCountMax)
            .Select(static file => $"{file.Path}: {file.Lines} lines");
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

    /// <summary>
    /// A test waits for the condition itself: an event, a counter, a thread that is blocked. A time that is right for one host is too
    /// short for another. Excepted are a pause between two questions to a server, and a moment that is to be a random one.
    /// </summary>
    [Fact]
    public void NoTestSleeps()
    {
        IEnumerable<string> found = Repository.SourcesUnder("tests").Where(static path => Sleep().IsMatch(Repository.Read(path)));
        Assert.Equal(
            ["tests/checking/Paging.Scenarios.Tests/Cli/DurabilityTests.cs", "tests/tools/Paging.Remote.Tests/Servers/RedisCluster.cs"],
            found.Order(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    [Fact]
    public void CoreHasNoUnsafeCode()
    {
        IEnumerable<string> found = Repository.SourcesUnder("src", "Paging.Core")
            .Where(static path => Unsafe().IsMatch(Repository.Read(path)));
        Assert.Empty(found);
    }

    [Fact]
    public void EveryFileIsInTheNamespaceOfItsFolder()
    {
        IEnumerable<string> strangers = Repository.SourcesUnder("src").Where(static path =>
            FileNamespace().Match(Repository.Read(path)) is { Success: true } match
            && !string.Equals(match.Groups["name"].Value, HomeOf(path), StringComparison.Ordinal));
        Assert.Empty(strangers);
    }

    /// <summary>
    /// Imports are in the order of <c>dotnet format style</c>: System first, then by the alphabet, static ones and aliases last. It is the
    /// only one of its rules that no build checks.
    /// </summary>
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("fuzz")]
    [InlineData("bench")]
    [InlineData("samples")]
    public void ImportsAreSorted(string folder)
    {
        IEnumerable<string> unsorted = Repository.SourcesUnder(folder).Where(static path =>
        {
            string[] imports = [.. Import().Matches(Repository.Read(path)).Select(static match => match.Groups["name"].Value)];
            return !imports.SequenceEqual(imports.OrderBy(SortKey, StringComparer.OrdinalIgnoreCase), StringComparer.Ordinal);
        });
        Assert.Empty(unsorted);
    }

    /// <summary>An exception that no file needs is one that hides the next mistake.</summary>
    [Fact]
    public void EveryExceptionOfFoldersIsNeeded() => Assert.All(PartsOfRooms.Keys, static folder =>
        Assert.Contains(Repository.SourcesUnder("src"), path => path.StartsWith(folder + "/", StringComparison.Ordinal)));

    /// <summary>
    /// The namespace that a file's folder asks for. The contracts are in the namespace of those who need them; what is public in Native is
    /// in its root, because an embedder writes one <c>using</c>; two folders of Core are parts of the room above them.
    /// </summary>
    private static string HomeOf(string path)
    {
        string folder = path[..path.LastIndexOf('/')];
        if (PartsOfRooms.TryGetValue(folder, out string? room)) return room;
        string home = folder[folder.LastIndexOf("/Paging", StringComparison.Ordinal)..][1..].Replace('/', '.');
        if (home.StartsWith("Paging.Contracts", StringComparison.Ordinal)) return "Paging.Core" + home["Paging.Contracts".Length..];
        bool isOfNative = home.StartsWith("Paging.Native.", StringComparison.Ordinal);
        return isOfNative && PublicType().IsMatch(Repository.Read(path)) ? "Paging.Native" : home;
    }

    /// <summary>Namespaces are compared part by part: a separator comes before every letter.</summary>
    private static string SortKey(string import)
    {
        int kind = import.StartsWith("static ", StringComparison.Ordinal) ? 2 : import.Contains('=', StringComparison.Ordinal) ? 3
            : import.Split('.')[0] is "System" ? 0 : 1;
        return $"{kind}{import.Replace('.', ' ')}";
    }

    [GeneratedRegex(@"^(global )?using (?<name>[^(\n]+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Import();

    [GeneratedRegex(@"\bpartial\s+(class|struct|record|interface)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Partial();

    [GeneratedRegex(@"^[^/\n]*\b(unsafe|stackalloc\s+\w+\s*\*|fixed\s*\()", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Unsafe();

    [GeneratedRegex(@"\b(Thread\.Sleep|Task\.Delay)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Sleep();

    [GeneratedRegex(@"^public\s", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"^namespace\s+(?<name>[\w.]+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex FileNamespace();
}
