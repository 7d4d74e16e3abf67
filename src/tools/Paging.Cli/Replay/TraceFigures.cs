using System.Collections.Immutable;
using Paging.Cli.Replay.Engine;

namespace Paging.Cli.Replay;

/// <summary>What one policy did with a trace in so many frames.</summary>
/// <param name="Policy">The policy's name.</param>
/// <param name="FrameCount">Pages that fitted.</param>
/// <param name="MissCount">Accesses that missed, first touches among them.</param>
/// <param name="DirtyEvictionCount">Pages evicted that had been stored to; null where it cannot be known.</param>
internal sealed record PolicyFigures(string Policy, int FrameCount, long MissCount, long? DirtyEvictionCount);

/// <summary>A trace, and what all policies did with it.</summary>
/// <param name="Name">The trace's name.</param>
/// <param name="AccessCount">Its accesses, at least 1.</param>
/// <param name="PageCount">Its distinct pages.</param>
/// <param name="StoreCount">Accesses that store; null when the trace does not tell.</param>
/// <param name="Rows">What was asked for, by policy and then by frames.</param>
/// <param name="Curve">What the plot shows, in the same order.</param>
internal sealed record TraceFigures(
    string Name, long AccessCount, int PageCount, long? StoreCount, ImmutableArray<PolicyFigures> Rows, ImmutableArray<PolicyFigures> Curve)
{
    /// <summary>What the full engine did with the rows; null when it was not asked.</summary>
    public EngineFigures? Engine { get; init; }

    /// <summary>Misses by accesses, 0 to 1.</summary>
    public double MissRatioOf(PolicyFigures figures) => (double)figures.MissCount / AccessCount;
}
