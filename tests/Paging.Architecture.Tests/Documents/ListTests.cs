using System.Text.RegularExpressions;
using Paging.Costs;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Lists that cannot be generated from one another are compared: causes and C's fields, options and documents.</summary>
public sealed partial class ListTests
{
    /// <summary>Options of other programs: redis, dotnet, valgrind, pkg-config, mypy, the test runner and tar.</summary>
    private static readonly string[] OfOthers =
    [
        "--daemonize", "--folder", "--global", "--leak-check", "--libs", "--no-incremental", "--show-slowest-tests", "--strict",
        "--variable", "--verify-no-changes", "--xattrs",
    ];

    /// <summary>The times of C's struct are the causes, in their order.</summary>
    [Fact]
    public void TheTimesOfTheHeaderAreTheCauses()
    {
        string header = Repository.Read("bindings/c/paging.h");
        string body = header[..header.IndexOf("} paging_ledger_times;", StringComparison.Ordinal)].Split("{").Last();
        string[] fields = [.. Field().Matches(body).Select(static match => match.Groups["name"].Value)];
        IEnumerable<string> causes = Enum.GetNames<CostCause>()
            .Select(static name => Capital().Replace(name, "_").TrimStart('_').ToLowerInvariant());
        Assert.Equal(causes, fields.Where(static name => !name.EndsWith("_count", StringComparison.Ordinal)), StringComparer.Ordinal);
    }

    /// <summary>An option that a document names is one of the command, of a tool or of a program of the repository.</summary>
    [Theory, MemberData(nameof(ReferenceTests.Documents), MemberType = typeof(ReferenceTests))]
    public void EveryOptionThatADocumentNamesIsThere(string document)
    {
        if (document.StartsWith("docs/decisions/", StringComparison.Ordinal)) return;    // they may tell what was rejected
        IEnumerable<string> named = Option().Matches(Repository.Read(document)).Select(static match => match.Value);
        Assert.Empty(named.Except(OfOthers, StringComparer.Ordinal).Except(Known.Value, StringComparer.Ordinal));
    }

    private static Lazy<HashSet<string>> Known { get; } = new(static () =>
    {
        IEnumerable<string> scripts = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tools"))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "bench"), "*.py"))
            .Where(static path => new FileInfo(path).Length < 1 << 20);
        IEnumerable<string> sources = ((string[])["src", "fuzz", "bench", "samples"])
            .SelectMany(static folder => Repository.SourcesUnder(folder)).Select(static path => Path.Combine(Repository.Root, path));
        return
        [
            .. sources.Concat(scripts).SelectMany(static path => Option().Matches(File.ReadAllText(path)).Select(static one => one.Value)),
        ];
    });

    [GeneratedRegex(@"^\s*uint64_t (?<name>\w+);", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 10_000)]
    private static partial Regex Field();

    [GeneratedRegex("(?=[A-Z])", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Capital();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z0-9-]+", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Option();
}
