using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Scripting.Parsing;
using Paging.Testing.Counting;
using Paging.Testing.Generating;
using Paging.Testing.Lockstep;
using Paging.Testing.Shrinking;
using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

public sealed class EngineShelfTests
{
    private static readonly EngineOptions Options = new() { RamBytes = 1 << 20, RequestHostHugePages = false };

    [Fact]
    public void AnEngineThatGaveEverythingBackIsUsedAgain()
    {
        using EngineShelf engines = new();
        PagingEngine engine = engines.Take(Options, seed: 1);
        UserProcess process = engine.CreateProcess("first");
        Assert.Equal(Errno.None, process.Memory.Map(new(0x2000_0000), 8192, MemoryProtection.ReadWrite,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out VirtualAddress at));
        process.Memory.Mmu.Write(at, 42u);
        using (GuestFile file = engine.Files.CreateMemoryFile("file", 5000))
            Assert.Equal(Errno.None, file.Open(process, FileRights.Read, out _));

        Assert.Null(engines.TakeBack(engine, callCount: 3));
        Assert.Same(engine, engines.Take(Options, seed: 2));
        Assert.Equal((1UL, 3L, 0), (engines.FirstSeed, engines.CallCountBefore, engine.ProcessCount));
    }

    [Fact]
    public void MaxMapCountIsTheScenariosAndOtherOptionsMakeAnotherEngine()
    {
        using EngineShelf engines = new();
        PagingEngine engine = engines.Take(Options, seed: 1);
        Assert.Null(engines.TakeBack(engine, 0));
        Assert.Same(engine, engines.Take(Options with { MaxMapCount = 9 }, seed: 2));
        Assert.Equal(10, AreasAllowed(engine));    // Linux lets a mapping pass while there are not more than the limit
        Assert.Null(engines.TakeBack(engine, 0));
        PagingEngine other = engines.Take(Options with { FaultAroundPages = 1 }, seed: 3);
        Assert.NotSame(engine, other);
        Assert.Equal(3UL, engines.FirstSeed);
        other.Dispose();
    }

    [Fact]
    public void AnEngineThatLacksAFrameIsAFindingAndIsNotKept()
    {
        using EngineShelf engines = new();
        PagingEngine engine = engines.Take(Options, seed: 1);
        Assert.True(engine.Frames.TryTake(order: 0, out _));    // and never returned
        AuditReport report = Assert.IsType<AuditReport>(engines.TakeBack(engine, 0));
        Assert.Equal("L6", report.Findings.Single().Rule);
        using PagingEngine next = engines.Take(Options, seed: 2);
        Assert.NotSame(engine, next);
    }

    /// <summary>Slow: each scenario runs on a new engine and on one that has served others, with the model in step.</summary>
    [Trait("Category", "Slow")]
    [Fact]
    public void OnAUsedEngineAScenarioIsTheSameToTheLastResult()
    {
        ScenarioRun run = new(SwarmTheme.Everything, Scenarios.WithModel, auditInterval: 64);
        using EngineShelf engines = new();
        for (ulong seed = 640; seed < 640 + (ulong)Soak.Of(25, 8); seed++)
        {
            RunCounters used = new(CallOutcomes.NewCoverage()), fresh = new(CallOutcomes.NewCoverage());
            Assert.Null(run.Run(seed, long.MaxValue, used, engines));
            ScenarioCall[] calls = [.. run.Calls];
            Assert.Null(run.Run(seed, long.MaxValue, fresh));
            Assert.Equal(calls, run.Calls);
            Assert.Equal(fresh.Coverage.ToString(), used.Coverage.ToString());
        }

        Assert.Equal(640UL, engines.FirstSeed);    // one engine for all of them
        Assert.True(engines.CallCountBefore > Soak.Of(1000, 300));
    }

    [Fact]
    public void AScriptSetsTheAreaLimitOfItsMachines()
    {
        LockstepOptions few = Scenarios.Alone with { Engine = Scenarios.Alone.Engine with { MaxMapCount = 12 } };
        ScenarioDocument document = ScenarioDocument.Of("few.scn", ScenarioHeader.Default, [], "found" + RegressionFile.NoteOn(few.Engine));
        Assert.Equal(12, RegressionFile.MachinesOf(document, Scenarios.Alone).Engine.MaxMapCount);
        Assert.Empty(RegressionFile.NoteOn(Scenarios.Alone.Engine));
        Assert.Equal(Scenarios.Alone, RegressionFile.MachinesOf(ScenarioDocument.Of("usual.scn", ScenarioHeader.Default, [], "found"),
            Scenarios.Alone));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void TheSmallMaxMapCountIsMetByEveryKindOfCallThatCuts()
    {
        RunCounters counters = new(CallOutcomes.NewCoverage());
        ScenarioRun run = new(SwarmTheme.Everything, Scenarios.WithModel, auditInterval: 0);
        ulong[] seeds = [.. Enumerable.Range(1, 400).Select(static seed => (ulong)seed)
            .Where(static seed => new Swarm(new(seed), SwarmTheme.Everything).AreaCountMax < 100)];
        Assert.InRange(seeds.Length, 15, 60);
        foreach (ulong seed in seeds) Assert.Null(run.Run(seed, long.MaxValue, counters));
        Assert.True(CountOf(counters, CallName.Munmap, Errno.ENOMEM) > 0);    // only the limit can cause these errors
        Assert.True(CountOf(counters, CallName.Madvise, Errno.EAGAIN) > 0);
    }

    private static int AreasAllowed(PagingEngine engine)
    {
        UserProcess process = engine.CreateProcess("areas");
        int count = 0;
        while (count < 100
            && process.Memory.Map(new(0x2000_0000 + ((uint)count << 16)), 4096, MemoryProtection.Read,
            MapFlags.Private | MapFlags.Anonymous | MapFlags.Fixed, out _) == Errno.None) count++;
        return count;
    }

    private static long CountOf(RunCounters counters, CallName name, Errno error) =>
        counters.Coverage.Count((int)name, CallOutcomes.Of(ScriptResult.Error(error)));
}
