using System.Collections.Immutable;
using Paging.Cli.Replay;
using Paging.Costs.Hardware;
using Paging.Costs.Prices;
using Paging.Pictures.Writing;
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

    /// <summary>The file with the ranges of large pages, or null.</summary>
    public string? LargeMapFile { get; init; }

    /// <summary>The ranges of that file.</summary>
    public LargeRanges? LargeRanges { get; init; }

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

    /// <summary>The bytes of a page outside of the ranges.</summary>
    public long PageBytes => IsLarge ? LargePageBytes : 4 << 10;

    /// <summary>The bytes of a large page.</summary>
    public long LargePageBytes => 1L << MixedTables.ShiftOf(Depth);

    /// <summary>The pages in words.</summary>
    public string PagesText => this switch
    {
        { IsLarge: true } => $"large pages ({SvgText.Bytes((ulong)PageBytes)})",
        { LargeRanges: { } ranges } =>
            $"pages of 4 KB, and {Counted.Of((long)ranges.PageCount, "large page")} ({SvgText.Bytes((ulong)LargePageBytes)})",
        _ => "pages of 4 KB",
    };
}
