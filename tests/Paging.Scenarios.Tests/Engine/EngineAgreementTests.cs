namespace Paging.Scripting.Tests;

/// <summary>The engine against the kernel: every recording, with an audit at its end or after every call.</summary>
/// <remarks>
/// A call that the engine does not support is a failure, never a skip: each recording uses only calls that the engine has.
/// </remarks>
public sealed class EngineAgreementTests
{
    public static TheoryData<string> Names => Recordings.Names;

    public static TheoryData<string> ExactNames => Recordings.ExactNames;

    [Theory, MemberData(nameof(Names))]
    public void EveryRecordedScenarioAgreesWithTheEngine(string name) => Agrees(Recordings.Parse(name), auditsEachCall: false);

    [Theory, MemberData(nameof(ExactNames))]
    public void EveryRecordingOfSectionNineAgreesWithTheEngine(string name) => Agrees(Recordings.ParseExact(name), auditsEachCall: false);

    [Theory, MemberData(nameof(Names)), Trait("Category", "Slow")]
    public void AfterEachCallOfAScenarioTheEngineIsSound(string name) => Agrees(Recordings.Parse(name), auditsEachCall: true);

    [Theory, MemberData(nameof(ExactNames)), Trait("Category", "Slow")]
    public void AfterEachCallOfSectionNineTheEngineIsSound(string name) => Agrees(Recordings.ParseExact(name), auditsEachCall: true);

    private static void Agrees(ScenarioDocument document, bool auditsEachCall)
    {
        using EngineMachine machine = new(new EngineMachineOptions { Audit = AuditLevel.Thorough });
        ScenarioRunOptions options = new() { KeepGoing = true, AfterEach = auditsEachCall ? machine.AuditNow : null };
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, options);
        Assert.Null(machine.AuditNow());
        Assert.Empty(outcome.Differences);
        Assert.True(outcome.Unsupported is null, $"the engine lacks {outcome.Unsupported?.Call}: {outcome.Unsupported?.Reason}");
        Assert.Equal(document.CallCount, outcome.CallCount);
    }

    /// <summary>
    /// The script command asks for these interfaces; without them <c>--audit</c> and <c>--report</c> would do nothing, without a message.
    /// </summary>
    [Fact]
    public void TheEngineCanBeAuditedAndReportsOnItself()
    {
        using EngineMachine machine = new(new EngineMachineOptions());
        Assert.IsType<IAuditedMachine>(machine, exactMatch: false);
        Assert.IsType<IMachineReport>(machine, exactMatch: false);
    }
}
