using System.Collections.Immutable;
using Paging.Policies;
using Paging.Policies.Traces;
using Paging.Remote;

namespace Paging.Cli.Replay;

/// <summary>What <c>paging replay</c> was asked to do.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The most frames a simulated memory has: 4 TiB.</summary>
    public const int FrameCountMax = 1 << 30;

    /// <summary>The traces, in the order they were named.</summary>
    public required ImmutableArray<TraceSource> Sources { get; init; }

    /// <summary>The form of all of them.</summary>
    public TraceFormat Format { get; init; }

    /// <summary>How many frames there are, one run each; empty: shares of what each trace touches.</summary>
    public ImmutableArray<int> FrameCounts { get; init; } = [];

    /// <summary>The policies to compare.</summary>
    public ImmutableArray<PolicyEntry> Policies { get; init; } = PolicyCatalog.All;

    /// <summary>Run every row on the full engine, too, and compare.</summary>
    public bool Engine { get; init; }

    /// <summary>Where the engine's swap device is; null: in memory.</summary>
    public SwapChoice? Swap { get; init; }

    /// <summary>The queue that this replay's jobs are in, for many workers; null: this one does all of it.</summary>
    public RemoteAddress? Store { get; init; }

    /// <summary>Rows for programs instead of tables for people.</summary>
    public bool Csv { get; init; }

    /// <summary>Where the miss-ratio curves go; null: nowhere.</summary>
    public string? PlotFile { get; init; }

    /// <summary>Where a page with the curves, their knees and their numbers goes; null: nowhere.</summary>
    public string? ReportFile { get; init; }

    /// <summary>Curves are wanted.</summary>
    public bool HasCurve => PlotFile is not null || ReportFile is not null;
}
