using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Scripting.Tests;

public sealed class RecordTests
{
    [Theory]
    [InlineData("fork-s1.scn")]
    [InlineData("hand-mremap-args.scn")]
    public void ARecordingOfAPerfectMachineIsTheRecordingItself(string name)
    {
        ScenarioDocument document = Recordings.Parse(name);
        using ScriptedMachine machine = ScriptedMachine.Replaying(document);
        using StringWriter text = new();
        ScenarioOutcome outcome = ScenarioRunner.Record(document, machine, text);
        Assert.True(outcome.IsAgreement);
        Assert.Equal(File.ReadAllText(Path.Combine(Recordings.Directory, name)), text.ToString());
    }

    [Fact]
    public void EveryLineComesAgainWithTheMachinesOwnResults() => Assert.Equal(
        Scenario.Text("  # a comment", "", "[3] load( 1 ) = 0x00", "load(2) = 0x00", "maps(0, 0) = {", "20000000-20001000 rw-p 00000000",
            "}"),
        Recorded(ScriptedMachine.Quiet(), out ScenarioOutcome outcome, "  # a comment", "", "[3] load( 1 )", "load(2) = 0x07", "maps(0, 0)")
            + (outcome.IsAgreement ? "" : "?"));

    [Fact]
    public void CallsThatWereNotExecutedHaveNoResult()
    {
        string text = Recorded(ScriptedMachine.Quiet(), out ScenarioOutcome outcome, "load(1) = 0x00", "fork() = 1", "# then",
            "[1] load(1) = 0x07");
        Assert.Equal(Scenario.Text("load(1) = 0x00", "# not executed from here on: no fork here", "fork()", "# then", "[1] load(1)"), text);
        Assert.Equal("no fork here", outcome.Unsupported?.Reason);
        Assert.NotNull(ScenarioParser.ParseText(text));    // still a scenario
    }

    [Fact]
    public void ABrokenMachineEndsTheRecording()
    {
        ScriptedMachine machine = new(static call => call.A0 == 2 ? throw new InvariantException("F2") : ScriptResult.Byte(0));
        string text = Recorded(machine, out ScenarioOutcome outcome, "load(1)", "load(2) = 0x00", "load(3)");
        Assert.Equal(Scenario.Text("load(1) = 0x00", "load(2)", "# not executed from here on: audit: F2", "load(3)"), text);
        Assert.Equal("audit: F2", Assert.Single(outcome.Differences).Actual);
    }

    private static string Recorded(ScriptedMachine machine, out ScenarioOutcome outcome, params string[] lines)
    {
        using StringWriter text = new();
        using (machine) outcome = ScenarioRunner.Record(Scenario.Parse(lines), machine, text);
        return text.ToString();
    }
}
