namespace Paging.Scripting.Tests;

/// <summary>The engine against the kernel: every recording, with the audit behind every call.</summary>
public sealed class EngineAgreementTests
{
    public static TheoryData<string> Names => Recordings.Names;

    [Theory, MemberData(nameof(Names))]
    public void EveryRecordedScenarioAgreesWithTheEngine(string name)
    {
        ScenarioDocument document = Recordings.Parse(name);
        using EngineMachine machine = new(new EngineMachineOptions { Audit = AuditLevel.Thorough });
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, new() { KeepGoing = true, AfterEach = machine.AuditNow });
        Assert.Empty(outcome.Differences);
        Assert.SkipWhen(outcome.Unsupported is not null && UsesFiles(document), $"{outcome.Unsupported?.Call}: {outcome.Unsupported?.Reason}");
        Assert.Null(outcome.Unsupported);
        Assert.Equal(document.CallCount, outcome.CallCount);
    }

    /// <summary>The command asks for these by interface; without them <c>--audit</c> and <c>--report</c> would quietly do nothing.</summary>
    [Fact]
    public void TheEngineCanBeAuditedAndReportsOnItself()
    {
        using EngineMachine machine = new(new EngineMachineOptions());
        Assert.IsType<IAuditedMachine>(machine, exactMatch: false);
        Assert.IsType<IMachineReport>(machine, exactMatch: false);
    }

    private static bool UsesFiles(ScenarioDocument document) =>
        document.Lines.Any(static line => line.Kind == ScenarioLineKind.Call && line.Call.Name is >= CallName.Open and <= CallName.Punch);
}
