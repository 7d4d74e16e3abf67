using System.Collections.Immutable;
using Paging.Cli.Replay.Engine;

namespace Paging.Cli.Replay;

/// <summary>The figures of one policy and one number of frames on a trace.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="FrameCount">The frames.</param>
/// <param name="MissCount">Accesses that missed, first touches among them.</param>
/// <param name="DirtyEvictionCount">Evicted pages that had been stored to; null if unknown.</param>
internal sealed record PolicyFigures(string Policy, int FrameCount, long MissCount, long? DirtyEvictionCount);

/// <summary>A trace, with the figures of all policies.</summary>
/// <param name="Name">The trace's name.</param>
/// <param name="AccessCount">Its accesses, at least 1.</param>
/// <param name="PageCount">Its distinct pages.</param>
/// <param name="StoreCount">Stores; null if the trace does not record them.</param>
/// <param name="Rows">The rows, by policy and then by frames.</param>
/// <param name="Curve">The points of the plot, in the same order.</param>
internal sealed record TraceFigures(
    string Name, long AccessCount, int PageCount, long? StoreCount, ImmutableArray<PolicyFigures> Rows, ImmutableArray<PolicyFigures> Curve)
{
    /// <summary>The full engine's figures; null without --engine.</summary>
    public EngineFigures? Engine { get; init; }

    /// <summary>The price list of the engine's times; empty without one.</summary>
    public string MachineName { get; init; } = "";

    /// <summary>Misses by accesses, 0 to 1.</summary>
    public double MissRatioOf(PolicyFigures figures) => (double)figures.MissCount / AccessCount;
}
