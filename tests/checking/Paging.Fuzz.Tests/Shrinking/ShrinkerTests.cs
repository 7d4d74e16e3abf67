using Paging.Scripting.Calls;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class ShrinkerTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromMinutes(20);

    [Fact]
    public void ALongScriptShrinksToTheTwoCallsThatMatter()
    {
        ScenarioRun run = new(SwarmTheme.Everything, Scenarios.Alone, auditInterval: 0);
        run.Run(5, long.MaxValue, new(CallOutcomes.NewCoverage()));
        List<ScenarioCall> script = [.. run.Calls, .. Scenarios.Calls("brk(0x0804c123)", "msync(0x20000000, 0x5000, MS_SYNC)"),
            .. run.Calls];
        List<ScenarioCall> small = new Shrinker(Fails, Budget).Shrink(script);
        Assert.Equal(2, small.Count);
        Assert.Equal(CallName.Brk, small[0].Name);
        Assert.Equal(CallName.Msync, small[1].Name);

        static List<ScenarioCall>? Fails(List<ScenarioCall> candidate)
        {
            int first = candidate.FindIndex(static call => call.Name == CallName.Brk);
            int second = candidate.FindLastIndex(static call => call.Name == CallName.Msync);
            return first >= 0 && second > first ? [.. candidate.Take(second + 1)] : null;
        }
    }

    [Fact]
    public void ArgumentsBecomeWholePagesFewFlagsAndTheUsualPlace()
    {
        List<ScenarioCall> script = Scenarios.Calls("mmap(0x35551000, 0x7123, PROT_READ|PROT_WRITE|PROT_EXEC, MAP_PRIVATE|MAP_ANONYMOUS|" +
            "MAP_FIXED|MAP_NORESERVE|MAP_STACK, -1, 0)");
        List<ScenarioCall> small = new Shrinker(static candidate =>
            candidate.Exists(static call => call.Name == CallName.Mmap && (call.A3 & 0x30) == 0x30) ? candidate : null, Budget)
            .Shrink(script);
        Assert.Equal("mmap(0x20000000, 0x1000, PROT_READ|PROT_WRITE, MAP_ANONYMOUS|MAP_FIXED, -1, 0)", small.Single().ToString());
    }

    [Fact]
    public void AProcessThatDoesNotMatterIsNeverMade()
    {
        List<ScenarioCall> script =
            Scenarios.Calls("fork()", "fork()", "[1] fork()", "[1] brk(0)", "[3] fork()", "[4] munmap(0x20000000, 0x1000)");
        List<ScenarioCall> small = new Shrinker(static candidate =>
            candidate.Exists(static call => call.Name == CallName.Munmap && call.Process > 0) ? candidate : null, Budget).Shrink(script);
        Assert.Equal("fork() [1] munmap(0x20000000, 0x1000)", Text(small));
    }

    /// <summary>
    /// Dropping the calls of a process that only forks gave the same script, which passed for progress until the budget was used up.
    /// </summary>
    [Fact]
    public void AScriptThatCannotShrinkIsTriedAFewTimes()
    {
        List<ScenarioCall> script = Scenarios.Calls("fork()", "[1] munmap(0x20000000, 0x1000)");
        Shrinker shrinker = new(static candidate =>
            candidate is [{ Name: CallName.Fork }, { Name: CallName.Munmap }] ? candidate : null, Budget);
        Assert.Equal(script, shrinker.Shrink(script));
        Assert.InRange(shrinker.TrialCount, 1, 20);
    }

    [Fact]
    public void ADropKeepsTheNumbersOfProcessesRight()
    {
        List<ScenarioCall> script = Scenarios.Calls("fork()", "fork()", "[1] vm()", "[2] fork()", "[3] vm()");
        Assert.Equal("fork() [1] fork() [2] vm()", Text(ScriptEdit.WithoutChunk(script, 0, 1)));
        Assert.Equal("fork() [1] fork() [1] vm() [2] vm()",
            Text(ScriptEdit.Adopted(Scenarios.Calls("fork()", "[1] fork()", "[2] fork()", "[2] vm()", "[3] vm()"), 1)));
    }

    [Fact]
    public void AFailureThatDoesNotComeAgainIsLeftAlone()
    {
        List<ScenarioCall> script = Scenarios.Calls("vm()", "brk(0)");
        Assert.Equal(script, new Shrinker(static _ => null, Budget).Shrink(script));
    }

    private static string Text(IEnumerable<ScenarioCall> calls) => string.Join(' ', calls);
}
