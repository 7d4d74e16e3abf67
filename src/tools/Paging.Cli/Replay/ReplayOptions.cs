using System.Collections.Immutable;
using Paging.Costs.Prices;
using Paging.Remote;
using Paging.Traces;
using Paging.Traces.Reading;

namespace Paging.Cli.Replay;

/// <summary>The options of <c>paging replay</c>.</summary>
internal sealed record ReplayOptions
{
    /// <summary>The most frames a simulated memory has: 4 TiB.</summary>
    public const int FrameCountMax = 1 << 30;

    /// <summary>The traces, in the order they were named.</summary>
    public required ImmutableArray<TraceSource> Sources { get; init; }

    /// <summary>The format of all of them.</summary>
    public TraceFormat Format { get; init; }

    /// <summary>The numbers of frames, one run each; if empty, shares of the pages of each trace.</summary>
    public ImmutableArray<int> FrameCounts { get; init; } = [];

    /// <summary>The policies to compare.</summary>
    public ImmutableArray<ReplayPolicy> Policies { get; init; } = ReplayCatalog.All;

    /// <summary>Run every row on the full engine, too, and compare.</summary>
    public bool Engine { get; init; }

    /// <summary>The machine whose time the engine's runs take; null: none is counted.</summary>
    public PriceList? Prices { get; init; }

    /// <summary>The engine's swap device; null for one in memory.</summary>
    public SwapChoice? Swap { get; init; }

    /// <summary>The queue of this replay's jobs, for many workers; null if this process does all.</summary>
    public RemoteAddress? Store { get; init; }

    /// <summary>Rows for programs instead of tables for people.</summary>
    public bool Csv { get; init; }

    /// <summary>The file for the miss-ratio curves, or null.</summary>
    public string? PlotFile { get; init; }

    /// <summary>The file for a page with the curves, their knees and their numbers, or null.</summary>
    public string? ReportFile { get; init; }

    /// <summary>True if curves are needed.</summary>
    private bool HasCurve => PlotFile is not null || ReportFile is not null;

    /// <summary>True if the curves need more numbers of frames than were given.</summary>
    private bool WantsSweep => HasCurve && FrameCounts.Length < 2;

    /// <summary>True if <see cref="FramesFor"/> depends on the number of pages.</summary>
    public bool NeedsPageCount => WantsSweep || FrameCounts.IsEmpty;

    /// <summary>The numbers of frames of the rows and of the curves, for a trace of that many pages.</summary>
    public (ImmutableArray<int> Rows, ImmutableArray<int> Curve) FramesFor(int pageCount) =>
        (FrameCounts.IsEmpty ? FrameSweep.Shares(pageCount) : FrameCounts,
            WantsSweep ? FrameSweep.Curve(pageCount) : HasCurve ? FrameCounts : []);
}
