using System.Reflection;
using System.Text.RegularExpressions;

namespace Paging.Interop.Tests;

/// <summary>
/// Every text of an exception that can reach the border, in C's words. The tables of the programs and of the bindings check those that
/// their rows reach; this test reads the sources. Broken invariants are not translated: they are for a report.
/// </summary>
public sealed partial class TextTests
{
    private static readonly string[] Projects =
    [
        "src/Paging.Native", "src/Paging.Contracts", "src/Paging.Policies", "src/Paging.Core", "src/Paging.Reports",
        "src/programs/Paging.Programs", "src/windows/Paging.Windows", "src/tools/Paging.Traces", "src/interop/Paging.Interop",
    ];

    private static MethodInfo Translate { get; } = Exports.TypeOf("CallerText").GetMethod("InC")!;

    public static TheoryData<string> Texts => [.. Projects.SelectMany(TextsOf).Distinct(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Texts))]
    public void ATextIsOfC(string text)
    {
        string translated = (string)Translate.Invoke(null, [text])!;
        string plain = Quoted().Replace(translated, "''");
        Assert.DoesNotMatch(Foreign(), plain);
        IEnumerable<string> names = Word().Matches(plain).Select(static word => word.Value);
        Assert.DoesNotContain(names.Except(NotOfC, StringComparer.Ordinal), static name =>
            !HeaderText.Text.Contains(name, StringComparison.Ordinal));
    }

    // Options and calls of C# alone: no call of C reaches their texts.
    private static readonly string[] NotOfC =
    [
        "tracks_code", "is_written", "pin_remotely", "trie_from_areas", "lend_tables_from", "collapse_scan_pages", "budget_bytes",
        "open_pages",
    ];

    [Theory]
    [InlineData("One engine serves one thread; hand it over with BindToCurrentThread.",
        "One engine serves one thread; hand it over with paging_engine_bind.")]
    [InlineData("This engine serves one thread. EngineOptions.AllowThreads makes one that serves many.",
        "This engine serves one thread. The option allow_threads makes one that serves many.")]
    [InlineData("T10: thread 1 accesses guest memory.", "thread 1 accesses guest memory.")]
    [InlineData("DirtyBackgroundRatio and DirtyRatio must be 0 to 100.", "dirty_background_ratio and dirty_ratio must be 0 to 100.")]
    [InlineData("'MyFile.BigName' has 2 GiB and byteLength 5.", "'MyFile.BigName' has 2 GiB and length 5.")]
    public void NamesAreThoseOfTheHeader(string text, string expected) => Assert.Equal(expected, Translate.Invoke(null, [text]));

    [Fact]
    public void ArgumentsAreNamedInOneLine()
    {
        MethodInfo of = Exports.TypeOf("CallerText").GetMethod("Of")!;
        string Text(Exception reason) => (string)of.Invoke(null, [reason])!;
        Assert.Equal("page_budget is -1: it must be a non-negative value.", Text(OfBudget(-1)));
        Assert.Equal("state is 9, which no call allows.", Text(OfState(9)));
        Assert.Equal("length must not be NULL.", Text(OfLength(null)));
        Assert.Equal("The store has no name.", Text(OfStore("")));
        Assert.Equal(
            "The process has exited, or was taken back by a snapshot.", Text(new ObjectDisposedException("Paging.Core.UserProcess")));
        Assert.Equal("The dirty log is gone.", Text(new ObjectDisposedException("Paging.Core.DirtyLog")));
    }

    private static ArgumentException OfBudget(int pageBudget) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ArgumentOutOfRangeException.ThrowIfNegative(pageBudget));

    private static ArgumentOutOfRangeException OfState(int state) => new(nameof(state), state, null);

    private static ArgumentException OfLength(object? byteLength) =>
        Assert.Throws<ArgumentNullException>(() => ArgumentNullException.ThrowIfNull(byteLength));

    private static ArgumentException OfStore(string store) => new($"The store has no name{store}.", nameof(store));

    private static IEnumerable<string> TextsOf(string project) =>
        Directory.EnumerateFiles(Path.Combine(HeaderText.Root, project), "*.cs", SearchOption.AllDirectories)
            .Where(static path => !path.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(static path => Refusal().Matches(File.ReadAllText(path)))
            .Select(static match => Filled().Replace(string.Concat(Literal().Matches(match.Groups["arguments"].Value)
                .Select(static literal => literal.Groups["text"].Value)), "7"))
            .Where(static text => text.Contains(' ', StringComparison.Ordinal));

    [GeneratedRegex(@"new (Argument\w*|InvalidOperation|NoMemory|NotSupported|InvalidData|FileNotFound|IO|Timeout|Refusal|\w+Format)"
        + @"Exception\((?<arguments>[^;]*?)\);|Require\((?<arguments>[^;]*?)\);", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Refusal();

    [GeneratedRegex(@"""(?<text>(\\.|[^""\\])*)""", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Literal();

    [GeneratedRegex(@"\{[^{}]*\}", RegexOptions.None, 10_000)]
    private static partial Regex Filled();

    [GeneratedRegex(@"(?<!\w)'[^']*'(?!\w)|[KMGT]iB|oracleGeneral|ChampSim", RegexOptions.None, 10_000)]
    private static partial Regex Quoted();

    // A name of C: a function, a field, a parameter.
    [GeneratedRegex(@"\b[a-z]+(_[a-z0-9]+)+\b", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Word();

    [GeneratedRegex(@"[a-z][A-Z]|\(Parameter|Paging\.", RegexOptions.None, 10_000)]
    private static partial Regex Foreign();
}
