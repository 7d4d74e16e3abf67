using System.Globalization;
using Paging.Cli;
using Paging.Cli.Replay;
using Paging.Cli.Replay.Engine;
using Paging.Core.Reclaim;
using Paging.Policies;
using Paging.Traces.Reading;
using Paging.Traces.Simulation;

namespace Paging.Traces.Tests;

/// <summary><c>paging replay --engine</c>: page tables, faults and swap count what the simulator counts.</summary>
public sealed class ReplayEngineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>Every policy, down to one frame: faults and dirty evictions, and every page keeps what was stored to it.</summary>
    /// <remarks>Slow: each of twelve policies runs at each size of memory, on an engine of its own.</remarks>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1, 600, 12)]
    [InlineData(2, 2_000, 40)]
    [InlineData(3, 4_000, 150)]
    public void TheEngineCountsAsTheSimulatorDoes(int seed, int length, int pageCount)
    {
        string file = _directory.Write("t.csv",
            Texts.Bytes([.. RandomTraces.Create(seed, length, pageCount).Select(static access =>
                $"{access.Page},{(access.IsStore ? 1 : 0)}")]));
        string[] arguments = [file, "--frames", "1,2,3,7,30,200", "--csv"];
        string simulated = ReplayRunResult.Of(arguments).Result();
        Assert.Equal(simulated, ReplayRunResult.Of([.. arguments, "--engine"]).Result());
        Assert.Equal(1 + (6 * ReplayCatalog.All.Length), simulated.Split('\n').Length - 1);
    }

    [Fact]
    public void TheTableCountsPagesToSwapAndBack()
    {
        string file = _directory.Write("t",
            Texts.Bytes("s 0x1000 1", "s 0x2000 1", "l 0x1000 1", "s 0x3000 1", "l 0x1000 1", "l 0x2000 1"));
        string output = ReplayRunResult.Of(file, "--frames", "1", "--policy", "LRU,OPT", "--engine").Result();
        Assert.EndsWith("on the engine: faults and dirty evictions as simulated in all 2 runs; 6 pages went to swap, 6 came back\n\n",
            output, StringComparison.Ordinal);
    }

    /// <summary>On an SSD, the run that reads pages back from swap waits for them, and the same run takes the same time again.</summary>
    [Fact]
    public void TimeFollowsFromThePagesThatComeBack()
    {
        string file = _directory.Write("t",
            Texts.Bytes("s 0x1000 1", "s 0x2000 1", "l 0x1000 1", "s 0x3000 1", "l 0x1000 1", "l 0x2000 1"));
        string[] arguments = [file, "--frames", "1,3", "--policy", "LRU", "--engine", "--costs", "server-2025"];
        string table = ReplayRunResult.Of(arguments).Result();
        Assert.Contains("time of an access on server-2025, on average", table, StringComparison.Ordinal);
        string[] rows = ReplayRunResult.Of([.. arguments, "--csv"]).Result().TrimEnd('\n').Split('\n');
        Assert.Equal("trace,policy,frames,accesses,misses,dirty_evictions,ns,ns_waiting_for_swap", rows[0]);
        long[][] times = [.. rows[1..].Select(static row => row.Split(',')[^2..].Select(long.Parse).ToArray())];
        Assert.True(times[0][0] > times[1][0] && times[0][1] > 0);
        Assert.Equal(0, times[1][1]);    // nothing was evicted
        Assert.Equal(rows, ReplayRunResult.Of([.. arguments, "--csv"]).Result().TrimEnd('\n').Split('\n'));
        ReplayRunResult refused = ReplayRunResult.Of(file, "--costs", "server-2025");
        Assert.Equal(2, refused.Code);
        Assert.Contains("--costs is the engine's: add --engine", refused.Errors, StringComparison.Ordinal);
    }

    /// <summary>The comparison can fail: it reports an engine under another policy than the simulator's.</summary>
    [Fact]
    public void AnotherPolicyIsADifference()
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 4, length: 2_000, pageCount: 60);
        TraceBlock block = SimulatedRuns.BlockOf(accesses);
        ReclaimPolicy fifo = new EnginePolicyMaker(frameCount: 10, future: null).Make(ReplayCatalog.Find("FIFO")!);
        using EngineSimulator engine = new(pageCount: 60, frameCount: 10, fifo);
        engine.Run(block);
        engine.Audit();
        long misses = SimulatedRuns.Misses("FIFO", 10, accesses);
        Assert.Equal(misses, engine.MissCount);
        Assert.Empty(EngineFigures.None.With("t", new("FIFO", 10, misses, engine.DirtyEvictionCount), engine).Differences);
        Assert.Empty(EngineFigures.None.With("t", new("FIFO", 10, misses, null), engine).Differences);

        long others = SimulatedRuns.Misses("LRU", 10, accesses);
        string difference = Assert.Single(EngineFigures.None.With("t", new("LRU", 10, others, 0), engine).Differences);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"t: LRU in 10 frames: the engine faulted {misses} times"),
            difference, StringComparison.Ordinal);
    }

    /// <summary>The command ends with 1 and a line for each run that differs; with the same policy on both sides it ends with 0.</summary>
    [Fact]
    public void ADifferenceIsExitCodeOne()
    {
        TraceAccess[] accesses = RandomTraces.Create(seed: 4, length: 2_000, pageCount: 60);
        ReplayOptions options = new()
        {
            Sources = [new(_directory.Write("string", Texts.Bytes([.. accesses.Select(static access => $"{access.Page}")])))],
            FrameCounts = [10],
            Policies = [ReplayCatalog.Find("FIFO")!],
            Engine = true,
        };
        using StringWriter output = new(), errors = new();
        Assert.Equal(ExitCode.Agreement, ReplayRun.Execute(options, output, errors, Terminals.None, input: null));
        Assert.Equal("", errors.ToString());
        ReplayPolicy misnamed = new("FIFO", "simulated as LRU; the engine looks FIFO up", PolicyEntry.Find("LRU"));
        int code = ReplayRun.Execute(options with { Policies = [misnamed] }, output, errors, Terminals.None, input: null);
        Assert.Equal(ExitCode.Difference, code);
        Assert.StartsWith("string: FIFO in 10 frames: the engine faulted ", Assert.Single(errors.ToString().TrimEnd('\n').Split('\n')),
            StringComparison.Ordinal);
    }

    [Fact]
    public void AStreamThatCanBeReadOnlyOnceIsRefused() => Assert.Equal(
        "-: cannot be read: it can be read only once: say --frames (two or more with --plot), and not --engine",
        ReplayRunResult.With(new OnceOnly(Texts.Bytes("7", "8")), "-", "--frames", "1", "--engine").Refusal());

    private sealed class OnceOnly(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
