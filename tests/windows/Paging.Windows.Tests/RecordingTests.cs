using Paging.Native;
using Paging.WindowsChecking.Model;
using Paging.Scripting.Engine;
using Paging.Scripting.Running;
using Paging.WindowsChecking.Dialect;
using Paging.WindowsChecking.Engine;

namespace Paging.Windows.Tests;

/// <summary>The recordings of Windows, on the engine with audits, and on the model.</summary>
public sealed class RecordingTests
{
    public static TheoryData<string> Files =>
    [
        .. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "scenarios"), "*.scn").Order(StringComparer.Ordinal)
            .Select(static path => Path.GetFileName(path)),
    ];

    [Theory, MemberData(nameof(Files))]
    public void TheEngineGivesWhatWasRecorded(string file) => Agrees(file, auditsEachCall: false);

    [Theory, MemberData(nameof(Files)), Trait("Category", "Slow")]
    public void AfterEachCallTheEngineIsSound(string file) => Agrees(file, auditsEachCall: true);

    [Theory, MemberData(nameof(Files))]
    public void WithPaeTablesItGivesTheSame(string file) => Agrees(file, auditsEachCall: false, TableFormat.Pae);

    private static void Agrees(string file, bool auditsEachCall, TableFormat tables = TableFormat.Classic)
    {
        using WindowsEngineMachine machine = new(new EngineMachineOptions { RamBytes = 8 << 20, Tables = tables });
        ScenarioRunOptions options = new() { AfterEach = auditsEachCall ? machine.AuditNow : null };
        Assert.Empty(WindowsScenarioRunner.Run(Read(file), machine, options).Differences);
        Assert.Null(machine.AuditNow());
    }

    /// <summary>What no recording has and a document says: each file names the document.</summary>
    [Theory, InlineData("placeholders-by-win32.scn"), InlineData("argument-order.scn"), InlineData("section-arguments.scn"),
        InlineData("shared-user-page.scn"), InlineData("user-range-3gb.scn"), InlineData("commit-limit.scn"),
        InlineData("rules-nothing-else-shows.scn")]
    public void TheEngineGivesWhatIsDocumented(string file) => Agrees(Path.Combine("..", "documented", file), auditsEachCall: true);

    [Theory, MemberData(nameof(Files))]
    public void TheModelGivesWhatWasRecorded(string file)
    {
        using WindowsReferenceMachine machine = new();
        Assert.Empty(WindowsScenarioRunner.Run(Read(file), machine, ScenarioRunOptions.Default).Differences);
    }

    [Fact]
    public void AllRecordingsAreHere() => Assert.Equal(61, Files.Count);

    /// <summary>A recording that is printed and read again is the same recording.</summary>
    [Theory, MemberData(nameof(Files))]
    public void PrintingAndReadingAgainChangesNothing(string file)
    {
        WindowsScenario first = Read(file);
        using WindowsReferenceMachine machine = new();
        using StringWriter text = new();
        WindowsScenarioRunner.Run(first, machine, ScenarioRunOptions.Default, text);
        WindowsScenario again = WindowsParser.ParseText(text.ToString());
        string[] calls = [.. first.Lines.Select(static line => line.Call.ToString())];
        Assert.Equal(calls, again.Lines.Select(static line => line.Call.ToString()), StringComparer.Ordinal);
        Assert.Equal(first.Arena, again.Arena);
    }

    private static WindowsScenario Read(string file) => WindowsParser.ParseFile(Path.Combine(AppContext.BaseDirectory, "scenarios", file));
}
