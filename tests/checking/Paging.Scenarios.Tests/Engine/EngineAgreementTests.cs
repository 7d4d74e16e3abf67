using Paging.Native;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;
using Paging.Tests;

namespace Paging.Scripting.Tests;

/// <summary>The engine against the kernel: every recording, with an audit at its end or after every call.</summary>
/// <remarks>
/// A call that the engine does not support is a failure, never a skip: each recording uses only calls that the engine has.
/// </remarks>
public sealed class EngineAgreementTests
{
    public static TheoryData<string> Names => Recordings.Names;

    public static TheoryData<string> ExactNames => Recordings.ExactNames;

    public static TheoryData<string> HugeNames => Recordings.HugeNames;

    public static TheoryData<string> AuditedNames => Some(Names);

    public static TheoryData<string> AuditedExactNames => Some(ExactNames);

    public static TheoryData<string> AuditedHugeNames => Some(HugeNames);

    [Theory, MemberData(nameof(Names))]
    public void EveryRecordedScenarioAgreesWithTheEngine(string name) => Agrees(Recordings.Parse(name), auditsEachCall: false);

    [Theory, MemberData(nameof(ExactNames))]
    public void EveryRecordingOfSectionNineAgreesWithTheEngine(string name) => Agrees(Recordings.ParseExact(name), auditsEachCall: false);

    [Theory, MemberData(nameof(HugeNames))]
    public void EveryRecordingOfHugePagesAgreesWithTheEngine(string name) => Agrees(Recordings.ParseHuge(name), auditsEachCall: false);

    [Theory, MemberData(nameof(AuditedHugeNames)), Trait("Category", "Slow")]
    public void AfterEachCallOnHugePagesTheEngineIsSound(string name) => Agrees(Recordings.ParseHuge(name), auditsEachCall: true);

    [Theory, MemberData(nameof(AuditedNames)), Trait("Category", "Slow")]
    public void AfterEachCallOfAScenarioTheEngineIsSound(string name) => Agrees(Recordings.Parse(name), auditsEachCall: true);

    [Theory, MemberData(nameof(AuditedExactNames)), Trait("Category", "Slow")]
    public void AfterEachCallOfSectionNineTheEngineIsSound(string name) => Agrees(Recordings.ParseExact(name), auditsEachCall: true);

    public static TheoryData<string> SomeNames => [.. Recordings.Names.Select(static row => row.Data).Where(static (_, i) => i % 6 == 0)];

    [Theory, MemberData(nameof(SomeNames))]
    public void SomeRecordedScenariosAgreeWithPaeTables(string name) =>
        Agrees(Recordings.Parse(name), auditsEachCall: false, TableFormat.Pae);

    [Theory, MemberData(nameof(ExactNames))]
    public void EveryRecordingOfSectionNineAgreesWithPaeTables(string name) =>
        Agrees(Recordings.ParseExact(name), auditsEachCall: false, TableFormat.Pae);

    [Theory, MemberData(nameof(AuditedNames)), Trait("Category", "Slow")]
    public void AfterEachCallOfAScenarioPaeTablesAreSound(string name) =>
        Agrees(Recordings.Parse(name), auditsEachCall: true, TableFormat.Pae);

    private static TheoryData<string> Some(TheoryData<string> names) => [.. Soak.Rows(names.Select(static row => row.Data), 8)];

    private static void Agrees(ScenarioDocument document, bool auditsEachCall, TableFormat tables = TableFormat.Classic)
    {
        EngineMachineOptions machineOptions = new() { Audit = AuditLevel.Thorough, Tables = tables };
        // An audit recounts every frame, so after each call there are as few as the recordings can do with.
        if (auditsEachCall) machineOptions = machineOptions with { RamBytes = 8 << 20, HugeRamBytesMin = 64 << 20 };
        using EngineMachine machine = new(machineOptions);
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
