using Paging.Core;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Randomness;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class DeterminismTests
{
    /// <summary>Slow: each seed's scenario is generated twice, and generating needs an engine that executes it.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void TheSameSeedGivesTheSameScriptToTheByte()
    {
        for (ulong seed = 1; seed <= (ulong)Soak.Of(20, 4); seed++) Assert.Equal(Scenarios.CallsOf(seed), Scenarios.CallsOf(seed));
        Assert.Equal(Scenarios.TextOf(21), Scenarios.TextOf(21));    // its results, too
    }

    [Fact]
    public void AnotherSeedGivesAnotherScript() =>
        Assert.Equal(20, Enumerable.Range(1, 20).Select(static seed => string.Join('\n', Scenarios.CallsOf((ulong)seed)))
            .Distinct(StringComparer.Ordinal).Count());

    [Fact]
    public void TheRandomNumbersAreThoseOfTheAlgorithm()
    {
        FuzzRandom random = new(1);    // xoshiro256** from SplitMix64(1), as the authors' C code gives them
        Assert.Equal([0xB3F2AF6D0FC710C5ul, 0x853B559647364CEAul, 0x92F89756082A4514ul], [random.Next(), random.Next(), random.Next()]);
    }

    [Fact]
    public void ARunOfAPartIsTheBeginningOfTheWhole()
    {
        ScenarioRun whole = new(SwarmTheme.Everything, Scenarios.Alone, auditInterval: 0),
            part = new(SwarmTheme.Everything, Scenarios.Alone, auditInterval: 0);
        whole.Run(3, long.MaxValue, new(CallOutcomes.NewCoverage()));
        part.Run(3, 30, new(CallOutcomes.NewCoverage()));
        Assert.Equal(whole.Calls.Take(30), part.Calls);
    }

    /// <summary>A length of -2047 went unnoticed until target parser printed one and could not read it again.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryCallIsOneThatTheDialectCanWrite()
    {
        ScenarioRun run = new(SwarmTheme.Everything, Scenarios.Alone, auditInterval: 0);
        using EngineShelf engines = new();
        for (ulong seed = 64; seed < 128; seed++)
        {
            Assert.Null(run.Run(seed, long.MaxValue, new(CallOutcomes.NewCoverage()), engines));
            Assert.All(run.Calls, static call => Assert.Equal(call, ScenarioParser.ParseCall(call.ToString())));
        }
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void OverSomeSeedsEveryCallIsMadeAndMostSucceedAndFailInSeveralWays()
    {
        RunCounters counters = new(CallOutcomes.NewCoverage());
        ScenarioRun run = new(SwarmTheme.Everything, Scenarios.Alone, auditInterval: 0);
        for (ulong seed = 1; seed <= 150; seed++) Assert.Null(run.Run(seed, long.MaxValue, counters));
        foreach (CallSignature signature in ScriptCalls.All.Where(static signature => Swarm.Draws(signature.Name)))
            Assert.True(counters.Coverage.Count((int)signature.Name, 0) > 0, $"{signature.Spelling} never succeeded");
    }

    [Fact]
    public void TheCallsOfTheHugeDialectAreMadeWhereThereAreHugePages()
    {
        CallName[] huge =
        [
            CallName.MemFd, CallName.Fsize, CallName.Prctl, CallName.SetPool,
            CallName.Pool, CallName.Usage, CallName.Tables, CallName.HugeMap, CallName.Smaps,
        ];
        Assert.Equal(huge, Enum.GetValues<CallName>().Where(static name => !Swarm.Draws(name)));
        Assert.DoesNotContain(huge, static name => !Swarm.Draws(name, withHugePages: true));
    }

    /// <summary>Machines that are no PC with Linux: engine and model agree in spaces with page 0, and that end elsewhere.</summary>
    [Fact]
    public void SomeBlocksHaveBounds()
    {
        HashSet<uint> ends = [], lowest = [];
        ScenarioRun run = new(SwarmTheme.Everything, new(MachineSet.Model) { MayHaveHugePages = true }, auditInterval: 0);
        using EngineShelf engines = new();
        for (ulong seed = 3 * 64; seed < (3 * 64) + 40; seed++)
        {
            Assert.Null(run.Run(seed, 100, new(CallOutcomes.NewCoverage()), engines));
            if (run.Header.Lowest is not { } address) continue;    // a mutant of a recording
            ends.Add(run.Header.TaskSize.Value);
            lowest.Add(address.Value);
        }

        Assert.Contains(0xFFFF_F000, ends);
        Assert.Contains(0x8000_0000, ends);
        Assert.Contains(0u, lowest);
        Assert.True(lowest.Count > 2);
        Assert.Null(run.Run(1, 20, new(CallOutcomes.NewCoverage())));
        Assert.Null(run.Header.Lowest);
    }

    /// <summary>Slow: a block of scenarios with memory of both kinds.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void ABlockWithHugePagesMakesEveryCallOfTheirDialect()
    {
        RunCounters counters = new(CallOutcomes.NewCoverage());
        ScenarioRun run = new(SwarmTheme.Everything, new(MachineSet.Model) { MayHaveHugePages = true }, auditInterval: 0);
        using EngineShelf engines = new();
        for (ulong seed = 64; seed < 128; seed++) Assert.Null(run.Run(seed, long.MaxValue, counters, engines));
        foreach (CallName name in Enum.GetValues<CallName>().Where(static name => Swarm.Draws(name, withHugePages: true)))
            Assert.True(counters.Coverage.Count((int)name, 0) > 0, $"{name} never succeeded");
        int collapse = ScriptCalls.All.Length + Array.IndexOf(CallPairs.Advice, MemoryAdvice.Collapse);
        Assert.True(counters.Coverage.Count(collapse, 0) > 0, "MADV_COLLAPSE never succeeded");
    }
}
