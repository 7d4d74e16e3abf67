using System.Collections.Immutable;
using Paging.Cli.Replay;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Traces.Reading;

namespace Paging.Cli.Tlb;

/// <summary>The options of <c>paging tlb</c>.</summary>
internal sealed record TlbOptions
{
    /// <summary>The traces, in the order they were named.</summary>
    public required ImmutableArray<TraceSource> Sources { get; init; }

    /// <summary>The format of all of them.</summary>
    public TraceFormat Format { get; init; }

    /// <summary>The machine.</summary>
    public required PriceList Prices { get; init; }

    /// <summary>The levels of the page tables.</summary>
    public TableDepth Depth { get; init; }

    /// <summary>All pages are large ones.</summary>
    public bool IsLarge { get; init; }

    /// <summary>The single TLBs of a sweep; null for the machine's own hardware.</summary>
    public ImmutableArray<ArrayShape>? Sweep { get; init; }

    /// <summary>The accesses between two loads of CR3; 0 for none.</summary>
    public long SwitchEvery { get; init; }

    /// <summary>Rows for programs instead of tables for people.</summary>
    public bool Csv { get; init; }

    /// <summary>The file for the curves, or null.</summary>
    public string? PlotFile { get; init; }

    /// <summary>The file for a page with the curves and their numbers, or null.</summary>
    public string? ReportFile { get; init; }

    /// <summary>The bytes of a page.</summary>
    public long PageBytes => !IsLarge ? 4 << 10 : Depth == TableDepth.Classic ? 4 << 20 : 2 << 20;
}
