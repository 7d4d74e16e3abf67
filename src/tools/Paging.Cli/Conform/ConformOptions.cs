using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>The options of <c>paging conform</c>.</summary>
internal sealed record ConformOptions
{
    /// <summary>The adapter: a program and its arguments.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>Files and directories of recordings; if empty and nothing is generated, the recordings in this program.</summary>
    public required IReadOnlyList<string> Recordings { get; init; }

    /// <summary>Scenarios to generate.</summary>
    public int GenerateCount { get; init; }

    /// <summary>The seed of the first generated scenario.</summary>
    public ulong Seed { get; init; }

    /// <summary>The source of the expected results of generated and shrunk scenarios.</summary>
    public MachineSet Oracle { get; init; } = MachineSet.Model;

    /// <summary>The exactness required of the adapter.</summary>
    public ConformanceLevel Level { get; init; }

    /// <summary>The directory for the smallest scripts; null for none.</summary>
    public string? OutDirectory { get; init; }

    /// <summary>The file of the report page; null for none.</summary>
    public string? ReportFile { get; init; }

    /// <summary>The time for one answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The time for the shrinking of one break.</summary>
    public TimeSpan ShrinkBudget { get; init; } = TimeSpan.FromSeconds(10);
}
