using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>The options of a run.</summary>
internal sealed record FuzzOptions
{
    /// <summary>Which target.</summary>
    public required string Target { get; init; }

    /// <summary>The seed of the first scenario; the next ones take the numbers that follow.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Operations, over all jobs; no limit when 0.</summary>
    public long OperationCountMax { get; init; }

    /// <summary>How long to go on; no limit when zero.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Processor time of all threads, for the same work on a busy host as on an idle one; no limit when zero.</summary>
    public TimeSpan ProcessorTime { get; init; }

    /// <summary>Threads, each with its own seeds.</summary>
    public int JobCount { get; init; } = 1;

    /// <summary>Where scripts of failures go.</summary>
    public string OutDirectory { get; init; } = Path.Combine(Path.GetTempPath(), "paging-fuzz");

    /// <summary>Failures after which to stop.</summary>
    public int FailureCountMax { get; init; } = 1;

    /// <summary>Operations between two audits; 0 for none, negative for the target's own choice.</summary>
    public int AuditInterval { get; init; } = -1;

    /// <summary>The machines that the engine is compared with; null for the target's own choice.</summary>
    public MachineSet? Oracles { get; init; }

    /// <summary>A window of the host is open for each process of a scenario (<see cref="LockstepOptions.HasWindows"/>).</summary>
    public bool HasWindows { get; init; }

    /// <summary>
    /// A script to run: of a structure its operations, of crossings a scenario beside the features that its comment names; empty: seeds.
    /// </summary>
    public string Script { get; init; } = "";

    /// <summary>How much the engine checks itself on the way.</summary>
    public VerificationLevel Verification { get; init; } = VerificationLevel.Cheap;

    /// <summary>How long to go on making one failure smaller; zero leaves it as it is.</summary>
    public TimeSpan ShrinkBudget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Canaries to try; all when 0.</summary>
    public int CanaryCountMax { get; init; }

    /// <summary>Only canaries with this in their name; all when empty.</summary>
    public string CanaryName { get; init; } = "";

    /// <summary>Print the table of executed operations.</summary>
    public bool PrintsCoverage { get; init; } = true;

    /// <summary>The command that runs one seed again.</summary>
    public string CommandFor(ulong seed, long operationCount)
    {
        string oracles = Oracles is { } set ? $" --oracle {OracleNames.Of(set)}" : "";
        return $"dotnet run -c Release --project fuzz/Paging.Fuzz -- --target {Target} --seed {seed} --ops {operationCount}{oracles}"
            + (HasWindows ? " --windows" : "");
    }
}
