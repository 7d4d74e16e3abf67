using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>What <c>paging conform</c> was asked to do.</summary>
internal sealed record ConformOptions
{
    /// <summary>The adapter: a program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Files and directories of recordings; those of this program when there are none and nothing is generated.</summary>
    public required IReadOnlyList<string> Recordings { get; init; }

    /// <summary>Scenarios to generate.</summary>
    public int GenerateCount { get; init; }

    /// <summary>The first one's seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Who is right about generated and shrunk scenarios.</summary>
    public MachineSet Oracle { get; init; } = MachineSet.Model;

    /// <summary>How exact the adapter has to be.</summary>
    public ConformanceLevel Level { get; init; }

    /// <summary>Where the smallest scripts go; none are written without it.</summary>
    public string? OutDirectory { get; init; }

    /// <summary>Where the report goes as a page; none is written without it.</summary>
    public string? ReportFile { get; init; }

    /// <summary>How long one answer may take.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the shrinking of one break may take.</summary>
    public TimeSpan ShrinkBudget { get; init; } = TimeSpan.FromSeconds(10);
}
