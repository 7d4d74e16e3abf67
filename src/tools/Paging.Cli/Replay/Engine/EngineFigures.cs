using System.Collections.Immutable;
using System.Globalization;

namespace Paging.Cli.Replay.Engine;

/// <summary>The full engine's counts on a trace, compared with the simulator's.</summary>
/// <param name="RunCount">Runs, one for each policy and number of frames.</param>
/// <param name="SwapWriteCount">Pages that all runs wrote to their swap devices.</param>
/// <param name="SwapReadCount">Pages that they read back.</param>
/// <param name="Differences">A line for each run whose counts differ from the simulator's.</param>
internal sealed record EngineFigures(int RunCount, long SwapWriteCount, long SwapReadCount, ImmutableArray<string> Differences)
{
    /// <summary>No run yet.</summary>
    public static EngineFigures None { get; } = new(0, 0, 0, []);

    /// <summary>The time of each run, in their order; empty without a price list.</summary>
    public ImmutableArray<RunTime> Times { get; init; } = [];

    /// <summary>Adds a run.</summary>
    public EngineFigures With(string trace, PolicyFigures simulated, EngineSimulator engine)
    {
        bool isSame = engine.MissCount == simulated.MissCount
            && (simulated.DirtyEvictionCount ?? engine.DirtyEvictionCount) == engine.DirtyEvictionCount;
        return new(RunCount + 1, SwapWriteCount + engine.SwapWriteCount, SwapReadCount + engine.SwapReadCount,
            isSame ? Differences : Differences.Add(Explain(trace, simulated, engine)))
        {
            Times = engine.Ledger is { } ledger ? Times.Add(new(simulated.Policy, simulated.FrameCount, ledger)) : Times,
        };
    }

    private static string Explain(string trace, PolicyFigures simulated, EngineSimulator engine) =>
        string.Create(CultureInfo.InvariantCulture,
        $"{trace}: {simulated.Policy} in {simulated.FrameCount} frames: " +
            $"the engine faulted {engine.MissCount} times and evicted {engine.DirtyEvictionCount} dirty pages, " +
            $"the simulator says {simulated.MissCount} and {simulated.DirtyEvictionCount}");
}
