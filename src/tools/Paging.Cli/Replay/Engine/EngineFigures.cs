using System.Collections.Immutable;
using System.Globalization;

namespace Paging.Cli.Replay.Engine;

/// <summary>The full engine's counts on a trace, compared with the simulator's.</summary>
/// <param name="RunCount">Runs, one for each policy and number of frames.</param>
/// <param name="Traffic">The swap traffic of all runs.</param>
/// <param name="Differences">A line for each run whose counts differ from the simulator's.</param>
internal sealed record EngineFigures(int RunCount, EngineTraffic Traffic, ImmutableArray<string> Differences)
{
    /// <summary>No run yet.</summary>
    public static EngineFigures None { get; } = new(0, default, []);

    /// <summary>Adds a run.</summary>
    public EngineFigures With(string trace, PolicyFigures simulated, EngineSimulator engine)
    {
        bool isSame = engine.MissCount == simulated.MissCount
            && (simulated.DirtyEvictionCount ?? engine.DirtyEvictionCount) == engine.DirtyEvictionCount;
        EngineFigures sum = this with { RunCount = RunCount + 1, Traffic = Traffic + engine.Traffic };
        return isSame ? sum : sum with { Differences = Differences.Add(Explain(trace, simulated, engine)) };
    }

    private static string Explain(string trace, PolicyFigures simulated, EngineSimulator engine) =>
        string.Create(CultureInfo.InvariantCulture,
        $"{trace}: {simulated.Policy} in {simulated.FrameCount} frames: " +
            $"the engine faulted {engine.MissCount} times and evicted {engine.DirtyEvictionCount} dirty pages, " +
            $"the simulator says {simulated.MissCount} and {simulated.DirtyEvictionCount}");
}
