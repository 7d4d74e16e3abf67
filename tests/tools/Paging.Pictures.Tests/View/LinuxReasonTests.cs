using System.Text.RegularExpressions;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.View;

namespace Paging.Pictures.Tests;

/// <summary>The rules of the page's "Why": complete for the dialect, and with functions that the documents name.</summary>
public sealed partial class LinuxReasonTests
{
    private static readonly string[] Documents = ["LINUX-MAP.md", "DIALECT.md", "DIALECT-HUGE.md"];

    private static readonly string[] Recordings =
    [
        .. new[] { "tests/checking/Paging.Scenarios.Tests", "fuzz/regressions" }.SelectMany(static folder => Directory.EnumerateFiles(
            Path.Combine(ExerciseTests.Root, folder), "*.scn", SearchOption.AllDirectories))
            .Where(static path => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    [Fact]
    public void EveryCallOfTheDialectHasARule()
    {
        foreach (CallSignature call in ScriptCalls.All) Assert.NotNull(LinuxReasons.Find(call.Spelling, "", call: null));
        IEnumerable<string> unknown = LinuxReasons.Calls.SelectMany(static reason => reason.Calls.Split(' '))
            .Except(ScriptCalls.All.Select(static call => call.Spelling), StringComparer.Ordinal);
        Assert.Empty(unknown);
    }

    /// <summary>With its arguments and without them: a program's calls come without.</summary>
    [Fact]
    public void EveryOutcomeOfARecordingHasARule()
    {
        HashSet<string> lacking = [], seen = [];
        foreach (ScenarioLine line in Recordings.Select(static path => TryParse(path)).OfType<ScenarioDocument>()
            .SelectMany(static document => document.Lines).Where(static line => line.Kind == ScenarioLineKind.Call))
        {
            string spelling = ScriptCalls.Of(line.Call.Name).Spelling;
            string outcome = ViewReasons.OutcomeOf(line.Recorded.ToString());
            seen.Add($"{spelling} {outcome}");
            if (LinuxReasons.Find(spelling, outcome, line.Call) is null || LinuxReasons.Find(spelling, outcome, call: null) is null)
                lacking.Add($"{spelling} {outcome}");
        }

        Assert.Empty(lacking);
        Assert.Superset(new HashSet<string>(StringComparer.Ordinal) { "mmap ENOMEM", "store SEGV_ACCERR", "fork " }, seen);
    }

    /// <summary>A reader finds each of the kernel's functions beside ours, or in the dialect.</summary>
    [Fact]
    public void EveryFunctionIsInADocument()
    {
        string documents = string.Concat(Documents.Select(static name => File.ReadAllText(Path.Combine(ExerciseTests.Root, "docs", name))));
        string[] words = [.. Word().Matches(documents).Select(static match => match.Value).Distinct(StringComparer.Ordinal)];
        IEnumerable<string> functions = LinuxReasons.Calls.Concat(LinuxReasons.Faults.Select(static fault => fault.Reason))
            .SelectMany(static reason => reason.Functions.Split(", "));
        Assert.Empty(functions.Except(words, StringComparer.Ordinal));
    }

    /// <summary>The rule that decides is the first of the kernel's checks that fails, not a list of what it may have been.</summary>
    [Theory]
    [InlineData("mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x800)", "EINVAL", "OFFSET is not a multiple of 4096.")]
    [InlineData("mmap(0, 0, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)", "EINVAL", "LEN is 0.")]
    [InlineData("mmap(0x800, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "EINVAL",
        "A fixed address must be a multiple of 4096.")]
    [InlineData("mmap(0, 0x1000, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)", "EPERM",
        "A process without privileges maps nothing below 0x1000.")]
    [InlineData("mremap(0x20000000, 0x1000, 0, MREMAP_MAYMOVE)", "EINVAL", "NEWLEN is 0.")]
    [InlineData("madvise(0x20000000, 0x1000, 999)", "EINVAL", "The advice is unknown.")]
    [InlineData("madvise(0x20000000, 0x1000, MADV_DONTNEED)", "",
        "The pages are given back: private memory reads as zeros, a file's page as the file.")]
    [InlineData("load(0x20000000)", "SEGV_MAPERR", "No area covers the address, and none above it may grow down to it.")]
    public void TheRuleIsTheOneThatDecides(string call, string outcome, string rule)
    {
        string name = call[..call.IndexOf('(', StringComparison.Ordinal)];
        Assert.Equal(rule, LinuxReasons.Find(name, outcome, ScenarioParser.ParseCall(call))!.Rule);
    }

    /// <summary>The counters are those of the machine: a name that changed there would never be found.</summary>
    [Fact]
    public void EveryFaultIsACounterOfTheMachine()
    {
        using ViewSession session = new(new ViewedScript(
            ScenarioDocument.Of("empty", ScenarioHeader.Default, []), new() { RamBytes = 1 << 20 }));
        string[] counters = [.. session.Now.Counters.Select(static counter => counter.Name)];
        Assert.All(LinuxReasons.Faults, fault => Assert.Contains(fault.Counter, counters, StringComparer.Ordinal));
    }

    private static ScenarioDocument? TryParse(string path)
    {
        try
        {
            return ScenarioParser.ParseFile(path);
        }
        catch (ScenarioFormatException)
        {
            return null;    // a regression of another dialect
        }
    }

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Word();
}
