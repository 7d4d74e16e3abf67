using System.Text.RegularExpressions;
using Xunit;

namespace Paging.Architecture.Tests;

/// <summary>Everything that documents name exists: files, types with their members, and tests.</summary>
public sealed partial class ReferenceTests
{
    /// <summary>Words in code spans that look like types of ours and are not.</summary>
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "Errno", "PAGING_SEED", "Dictionary", "Span", "CsCheck", "BenchmarkDotNet", "SafeHandle", "DllImport", "Stopwatch",
        "AppContext",
        "DisableParallelization", "Unicorn", "LibObjectFile", "ELFSharp", "Debug", "Release", "Metrics", "TimeoutException",
        "OverflowError", "RangeError", "ValueError", "TypeError", "ResourceWarning", "ImportError", "PagingFeed",
    };

    private static readonly HashSet<string> TypeKeywords = new(StringComparer.Ordinal) { "class", "struct", "interface", "enum", "record" };

    /// <summary>Words before a name that is used, not declared.</summary>
    private static readonly HashSet<string> UseKeywords = new(StringComparer.Ordinal)
    {
        "return", "new", "throw", "is", "as", "await", "case", "not", "and", "or", "in", "typeof", "using", "goto", "else", "when", "yield",
        "nameof", "sizeof", "default", "ref", "out", "where", "base", "this", "stackalloc", "switch",
    };

    public static TheoryData<string> Documents =>
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "bench"), "README.md"))
            .Select(static path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal),
    ];

    private static readonly string[] Folders = ["src", "tests", "fuzz", "bench"];

    private static readonly Lazy<HashSet<string>> Names = new(DeclaredNames);

    [Theory, MemberData(nameof(Documents))]
    public void EveryFileThatADocumentNamesIsThere(string document)
    {
        IEnumerable<string> missing = CodeSpansOf(document).SelectMany(static span => PathInside().Matches(span))
            .Select(static match => match.Groups["path"].Value.TrimEnd('/', '.'))
            .Where(static path => !path.Contains('*', StringComparison.Ordinal) && !path.Contains('…', StringComparison.Ordinal))
            .Where(path => !Path.Exists(Path.Combine(Repository.Root, path)));
        Assert.Empty(missing.Distinct(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Documents))]
    public void EveryLinkOfADocumentLeadsToAFile(string document)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Repository.Root, document))!;
        IEnumerable<string> broken = Link().Matches(Repository.Read(document))
            .Select(static match => match.Groups["target"].Value.Split('#')[0])
            .Where(static target => target.Length != 0 && !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(broken);
    }

    /// <summary>A word like <c>AreaTree</c> or <c>AreaSet.TrySplit</c> in a code span is a type, with a member, of some project.</summary>
    [Theory, MemberData(nameof(Documents))]
    public void EveryTypeThatADocumentNamesIsThere(string document)
    {
        if (document.EndsWith("DIALECT.md", StringComparison.Ordinal)) return;    // its code spans are the dialect's words
        IEnumerable<string> missing = CodeSpansOf(document).Where(static span => TypeName().IsMatch(span))
            .SelectMany(static span => span.Split('.', '/')).Where(static name => !Foreign.Contains(name) && !Names.Value.Contains(name));
        Assert.Empty(missing.Distinct(StringComparer.Ordinal));
    }

    /// <summary>The guards of a decision, and a document's tests: <c>FooTests</c>, <c>FooTests.Method</c>.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Documents))]
    public void EveryTestThatADocumentNamesIsThere(string document)
    {
        IEnumerable<string> missing = TestName().Matches(Repository.Read(document)).SelectMany(static match => match.Value.Split('.'))
            .Where(static name => !Names.Value.Contains(name));
        Assert.Empty(missing.Distinct(StringComparer.Ordinal));
    }

    /// <summary>The names are those of declarations: words that sources only use, or mention in comments, do not count.</summary>
    [Fact]
    public void OnlyDeclarationsAreNames()
    {
        Assert.Contains("PagingEngine", Names.Value);
        Assert.DoesNotContain("StringComparison", Names.Value);    // used everywhere, declared nowhere
        Assert.False(IsDeclared("return", "Math", "."));
        Assert.False(IsDeclared(".", "Equal", "("));
        Assert.False(IsDeclared("new", "Missing", "("));
        Assert.True(IsDeclared("void", "Missing", "("));
    }

    /// <summary>No document refers to files that a clone does not have.</summary>
    [Theory, MemberData(nameof(Documents))]
    public void NoDocumentRefersToFilesThatACloneLacks(string document) =>
        Assert.Empty(Absent().Matches(Repository.Read(document)).Select(static match => match.Value));

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("fuzz")]
    [InlineData("bench")]
    public void NoSourceRefersToFilesThatACloneLacks(string folder)
    {
        IEnumerable<string> found = Repository.SourcesUnder(folder)
            .Where(static path => !path.EndsWith("/ReferenceTests.cs", StringComparison.Ordinal))
            .SelectMany(static path => Absent().Matches(Repository.Read(path)).Select(match => $"{path}: {match.Value}"))
            // traces that a host may have, and a test skips without
            .Where(static place => !place.EndsWith("../shared", StringComparison.Ordinal));
        Assert.Empty(found);
    }

    private static IEnumerable<string> CodeSpansOf(string document) =>
        CodeSpan().Matches(Fenced().Replace(Repository.Read(document), "")).Select(static match => match.Groups["code"].Value);

    /// <summary>Every name that is declared anywhere in the sources: types, members, fields of enums. Comments do not declare.</summary>
    private static HashSet<string> DeclaredNames()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (string path in Folders.SelectMany(static folder => Repository.SourcesUnder(folder)))
        {
            if (path.EndsWith("/ReferenceTests.cs", StringComparison.Ordinal)) continue;
            foreach (string line in Repository.Read(path).Split('\n'))
            {
                string code = line.Split("//")[0];
                string[] tokens = [.. Token().Matches(code).Select(static match => match.Value)];
                for (int i = 0; i < tokens.Length; i++)
                {
                    string before = i == 0 ? "" : tokens[i - 1], after = i + 1 < tokens.Length ? tokens[i + 1] : "";
                    if (IsDeclared(before, tokens[i], after)) names.Add(tokens[i]);
                }
            }

            foreach (string folder in path.Split('/')[..^1]) names.Add(folder);
        }

        foreach (string project in Repository.Projects) names.UnionWith([project, .. project.Split('.')]);
        return names;
    }

    /// <summary>
    /// A capitalised word between a type and what may follow a member's name; after a word like <c>class</c>; or alone on its line, as the
    /// fields of enums are. Uses of a name mostly follow a point, a bracket or a keyword, and do not count.
    /// </summary>
    private static bool IsDeclared(string before, string name, string after)
    {
        if (!char.IsAsciiLetterUpper(name[0])) return false;
        if (TypeKeywords.Contains(before) || (before is "," && after is "=")) return true;
        if (before.Length == 0) return after is "" or "," or "=";
        bool isAfterType = before is ">" or "]" or "?" or "*" || ((char.IsAsciiLetter(before[0]) || before[0] == '_')
            && !UseKeywords.Contains(before));
        return isAfterType && after is ("" or "(" or "{" or "=" or ";" or "," or ")" or "<" or "[");
    }

    [GeneratedRegex(@"`(?<code>[^`\n]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"(?<![\w/.-])(?<path>(src|tests|fuzz|bench|docs|tools|\.ci)/[\w./*-]+)", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex PathInside();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^[A-Z][a-z]+[A-Za-z0-9]*([./][A-Z][A-Za-z0-9]*)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TypeName();

    [GeneratedRegex(@"\b[A-Z][A-Za-z0-9]+Tests\b(\.[A-Z][A-Za-z0-9]+)?(?![/.\w])", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TestName();

    [GeneratedRegex(@"\b(DESIGN|STYLE)(\.md|\b\s*§?\d)|research/\w+|\b[Ii]ssues? #?\d+|\.\./shared", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Absent();

    [GeneratedRegex(@"[A-Za-z_]\w*|\S", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Token();
}
