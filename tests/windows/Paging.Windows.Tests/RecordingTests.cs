using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.Tests;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;
using Paging.WindowsChecking.Model;

namespace Paging.Windows.Tests;

/// <summary>The recordings of Windows, on the engine with audits, and on the model.</summary>
public sealed class RecordingTests
{
    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "scenarios"), "*.scn").Order(StringComparer.Ordinal)
            .Select(static path => Path.GetFileName(path)),
    ];

    public static TheoryData<string> SomeFiles => [.. Soak.Rows(Files.Select(static row => row.Data), 8)];

    [Theory, MemberData(nameof(Files))]
    public void TheEngineGivesTheRecordedResults(string file) => Agrees(file, auditsEachCall: false);

    [Theory, MemberData(nameof(SomeFiles)), Trait("Category", "Slow")]
    public void AfterEachCallTheEngineIsSound(string file) => Agrees(file, auditsEachCall: true);

    [Theory, MemberData(nameof(Files))]
    public void WithPaeTablesItGivesTheSame(string file) => Agrees(file, auditsEachCall: false, TableFormat.Pae);

    private static void Agrees(string file, bool auditsEachCall, TableFormat tables = TableFormat.Classic)
    {
        using WindowsEngineMachine machine = new(new EngineMachineOptions { RamBytes = 8 << 20, Tables = tables });
        ScenarioRunOptions options = new() { AfterEach = auditsEachCall ? machine.AuditNow : null };
        Assert.Empty(ScenarioRunner.Run(Read(file), machine, options).Differences);
        Assert.Null(machine.AuditNow());
    }

    /// <summary>Rules from documents that no recording covers: each file names its document.</summary>
    [Theory, InlineData("placeholders-by-win32.scn"), InlineData("argument-order.scn"), InlineData("section-arguments.scn"),
        InlineData("shared-user-page.scn"), InlineData("user-range-3gb.scn"), InlineData("commit-limit.scn"),
        InlineData("rules-nothing-else-shows.scn")]
    public void TheEngineGivesTheDocumentedResults(string file) => Agrees(Path.Combine("..", "documented", file), auditsEachCall: true);

    [Theory, MemberData(nameof(Files))]
    public void TheModelGivesTheRecordedResults(string file)
    {
        using WindowsReferenceMachine machine = new();
        Assert.Empty(ScenarioRunner.Run(Read(file), machine).Differences);
    }

    [Fact]
    public void AllRecordingsAreHere() => Assert.Equal(61, Files.Count);

    /// <summary>A recording that is printed and read again is the same recording.</summary>
    [Theory, MemberData(nameof(Files))]
    public void PrintingAndReadingAgainChangesNothing(string file)
    {
        ScenarioDocument first = Read(file);
        using WindowsReferenceMachine machine = new();
        using StringWriter text = new();
        ScenarioRunner.Record(first, machine, text);
        ScenarioDocument again = ScenarioParser.ParseText(text.ToString(), "again", WindowsDialect.Instance);
        Assert.Equal(CallsOf(first), CallsOf(again));
        Assert.Equal(first.Start, again.Start);
        Assert.Equal(CallsOf(first), CallsOf(ScenarioParser.ParseText(
            $"{first.Start}\n{string.Join('\n', CallsOf(first))}", "printed", WindowsDialect.Instance)));
    }

    private static IEnumerable<ScenarioCall> CallsOf(ScenarioDocument document) =>
        document.Lines.Where(static line => line.Kind == ScenarioLineKind.Call).Select(static line => line.Call);

    private static ScenarioDocument Read(string file) =>
        ScenarioParser.ParseFile(Path.Combine(AppContext.BaseDirectory, "scenarios", file), WindowsDialect.Instance);
}
