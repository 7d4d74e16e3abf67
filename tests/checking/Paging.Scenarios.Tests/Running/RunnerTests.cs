using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Scripting.Tests;

public sealed class RunnerTests
{
    private static readonly ScenarioDocument Three =
        Scenario.Parse("# one", "load(0x1) = 0x00", "", "load(0x2) = 0x07", "[1] store(0x3, 0) = 0");

    [Fact]
    public void AMachineWithTheRecordedResultsAgrees()
    {
        foreach (string file in Recordings.Files)
        {
            ScenarioDocument document = ScenarioParser.ParseFile(file);
            using ScriptedMachine machine = ScriptedMachine.Replaying(document);
            ScenarioOutcome outcome = ScenarioRunner.Run(document, machine);
            Assert.True(outcome.IsAgreement);
            Assert.Equal(document.CallCount, outcome.CallCount);
            Assert.Equal(document.Header, machine.Header);
        }
    }

    [Fact]
    public void TheFirstDifferenceEndsTheScenario()
    {
        using ScriptedMachine machine = ScriptedMachine.Quiet();
        ScenarioOutcome outcome = ScenarioRunner.Run(Three, machine);
        Assert.Equal(new ScenarioDifference(5, "load(0x2)", "0x07", "0x00"), Assert.Single(outcome.Differences));
        Assert.Equal((2, 2), (outcome.CallCount, machine.Calls.Count));
        Assert.False(outcome.IsAgreement);
    }

    [Fact]
    public void WithKeepGoingEveryDifferenceIsFound()
    {
        ScenarioDocument document =
            Scenario.Parse("load(1) = 0x07", "maps(0, 0) = {", "20000000-20001000 r--p 00000000", "}", "load(2)", "brk(0) = 0x00001000");
        using ScriptedMachine machine = ScriptedMachine.Quiet();
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, new() { KeepGoing = true });
        Assert.Equal(
            [
                new(2, "load(1)", "0x07", "0x00"),
                new(3, "maps(0, 0)", "{\n20000000-20001000 r--p 00000000\n}", "{\n20000000-20001000 rw-p 00000000\n}"),
                new(7, "brk(0)", "0x00001000", "0"),
            ],
            outcome.Differences);
        Assert.Equal(4, outcome.CallCount);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnUnsupportedCallEndsTheScenario(bool keepGoing)
    {
        ScenarioDocument document = Scenario.Parse("load(1) = 0x00", "fork()", "load(2) = 0x00");
        using ScriptedMachine machine = ScriptedMachine.Quiet();
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, new() { KeepGoing = keepGoing });
        Assert.Equal(new ScenarioUnsupported(3, "fork()", "no fork here"), outcome.Unsupported);
        Assert.Equal((1, 0), (outcome.CallCount, outcome.Differences.Length));
        Assert.False(outcome.IsAgreement);
    }

    [Fact]
    public void AFindingOfTheAuditIsADifferenceAndTheEnd()
    {
        using ScriptedMachine machine = ScriptedMachine.Quiet();
        machine.Finding = () => machine.Calls.Count == 2 ? "F4: frame 7\nis lost" : null;
        ScenarioDocument document = Scenario.Parse("load(1) = 0x00", "load(2) = 0x00", "load(3) = 0x00");
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, new() { KeepGoing = true, AfterEach = machine.AuditNow });
        Assert.Equal(new ScenarioDifference(3, "load(2)", "audit: clean", "audit: F4: frame 7; is lost"),
            Assert.Single(outcome.Differences));
        Assert.Equal(2, outcome.CallCount);
    }

    [Fact]
    public void ADifferenceAndAFindingAtOneCallAreOneDifference()
    {
        using ScriptedMachine machine = ScriptedMachine.Quiet();
        ScenarioRunOptions options = new() { KeepGoing = true, AfterEach = static () => throw new InvariantException("A1") };
        ScenarioOutcome outcome = ScenarioRunner.Run(Scenario.Parse("load(1) = 0x07", "load(2) = 0x00"), machine, options);
        Assert.Equal(new ScenarioDifference(2, "load(1)", "0x07", "0x00 (audit: A1)"), Assert.Single(outcome.Differences));
    }

    [Fact]
    public void AnInvariantBrokenWithinACallIsADifferenceThere()
    {
        using ScriptedMachine machine = new(static call =>
            call.A0 == 2 ? throw new InvariantException("F2: frame 00001") : ScriptResult.Byte(0));
        ScenarioOutcome outcome =
            ScenarioRunner.Run(Scenario.Parse("load(1) = 0x00", "load(2) = 0x00", "load(3) = 0x00"), machine, new() { KeepGoing = true });
        Assert.Equal(new ScenarioDifference(3, "load(2)", "0x00", "audit: F2: frame 00001"), Assert.Single(outcome.Differences));
        Assert.Equal(2, machine.Calls.Count);
    }

    [Fact]
    public void AnyOtherExceptionOfAMachineIsReportedWithCallAndOrigin()
    {
        using ScriptedMachine machine = new(static call =>
            call.A0 == 2 ? throw new InvalidOperationException("lost\nagain") : ScriptResult.Byte(0));
        ScenarioDifference difference =
            Assert.Single(ScenarioRunner.Run(Scenario.Parse("load(1) = 0x00", "load(2) = 0x00"), machine).Differences);
        Assert.Equal((3, "load(2)", "0x00"), (difference.Line, difference.Call, difference.Expected));
        Assert.StartsWith($"audit: InvalidOperationException: lost; again (at {typeof(RunnerTests).FullName}", difference.Actual,
            StringComparison.Ordinal);
    }

    [Fact]
    public void AHostOutOfMemoryIsNoDefectOfTheMachine()
    {
        using ScriptedMachine machine = new(static _ => ScriptResult.Block(new string('x', int.MaxValue)));
        Assert.Throws<OutOfMemoryException>(() => ScenarioRunner.Run(Scenario.Parse("maps(0, 0)"), machine));
    }

    [Fact]
    public void TheAuditAfterTheLastCallHappensOnceAndOnlyAtTheEnd()
    {
        using ScriptedMachine whole = ScriptedMachine.Quiet();
        whole.Finding = static () => "P1";
        ScenarioOutcome outcome =
            ScenarioRunner.Run(Scenario.Parse("load(1) = 0x00", "load(2) = 0x00"), whole, new() { AfterLast = whole.AuditNow });
        Assert.Equal(new ScenarioDifference(3, "load(2)", "audit: clean", "audit: P1"), Assert.Single(outcome.Differences));
        Assert.Equal(1, whole.AuditCount);

        using ScriptedMachine cutShort = ScriptedMachine.Quiet();
        Assert.Single(ScenarioRunner.Run(Three, cutShort, new() { AfterLast = cutShort.AuditNow }).Differences);
        Assert.Equal(0, cutShort.AuditCount);
    }

    [Fact]
    public void ATallyCountsCallsErrorsAndSignals()
    {
        using ScriptedMachine machine = new(static call => call.Name == CallName.Munmap
            ? ScriptResult.Error(Errno.EINVAL)
            : ScriptResult.Signal(new(MemoryFaultKind.NotAllowed, default)));
        ScenarioTally tally = new();
        ScenarioRunner.Run(Scenario.Parse("load(1)", "load(2)", "munmap(0, 0)"), machine, new() { Tally = tally });
        Assert.Equal((2, 1, 1), (tally.CountOf(CallName.Load), tally.CountOf(CallName.Munmap), tally.ErrorCount));
        Assert.Equal((0, 2, 0), (tally.CountOf(MemoryFaultKind.NotMapped), tally.CountOf(MemoryFaultKind.NotAllowed),
            tally.CountOf(MemoryFaultKind.BusError)));
    }

    [Fact]
    public void AnAgreeingCallCostsTheRunnerNoMemory()
    {
        ScenarioDocument few =
            ScenarioDocument.Of("few", ScenarioHeader.Default, Enumerable.Repeat(new ScenarioCall(CallName.Load, 0, 1), 10));
        ScenarioDocument many =
            ScenarioDocument.Of("many", ScenarioHeader.Default, Enumerable.Repeat(new ScenarioCall(CallName.Load, 0, 1), 100_000));
        ScenarioRunOptions options = new() { AfterEach = static () => null, Tally = new(), Progress = static _ => { } };
        using ZeroMachine machine = new();
        long fewBytes = long.MaxValue;
        long manyBytes = long.MaxValue;
        // the least: the runtime takes some of its own, now and then
        for (int run = 0; run < 5 || (run < 40 && fewBytes != manyBytes); run++)
        {
            fewBytes = Math.Min(fewBytes, Allocated(() => ScenarioRunner.Run(few, machine, options)));
            manyBytes = Math.Min(manyBytes, Allocated(() => ScenarioRunner.Run(many, machine, options)));
        }
        Assert.Equal(fewBytes, manyBytes);
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private sealed class ZeroMachine : IScenarioMachine
    {
        public void Start(ScenarioHeader header)
        {
        }

        public ScriptResult Execute(in ScenarioCall call) => ScriptResult.Byte(0);

        public void Dispose()
        {
        }
    }
}
