using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Trace;
using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run;

/// <summary>The options of <c>paging run</c>.</summary>
internal sealed record RunRequest
{
    /// <summary>The program and its arguments; empty when a checkpoint is resumed.</summary>
    public required string[] Words { get; init; }

    /// <summary>The command's name in messages.</summary>
    public string Command { get; init; } = "paging run";

    /// <summary>Physical memory; null for 1 GiB, or that of the checkpoint.</summary>
    public required ulong? RamBytes { get; init; }

    /// <summary>The swap device; null: none.</summary>
    public SwapChoice? Swap { get; init; }

    /// <summary>The format of the page tables; null for classic, or that of the checkpoint.</summary>
    public TableFormat? Tables { get; init; }

    /// <summary>The placement of mappings.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>The seed of all random numbers.</summary>
    public ulong Seed { get; init; }

    /// <summary>The base of the guest's time; null for the host's clock, or as in the checkpoint.</summary>
    public GuestPace? Pace { get; init; }

    /// <summary>One of <see cref="RunProcessor"/>'s words.</summary>
    public string Processor { get; init; } = RunProcessor.Auto;

    /// <summary>True if addresses are randomised.</summary>
    public bool IsRandomized { get; init; }

    /// <summary>A program of Windows may have 3 GB; those of Linux always have.</summary>
    public bool HasLargeUserRange { get; init; }

    /// <summary>The value of --root; null without it.</summary>
    public required string? GivenRoot { get; init; }

    /// <summary>True if --root was given: the program gets only those parts of the host that were requested.</summary>
    public bool HasRoot => GivenRoot is not null;

    /// <summary>The host's directory that is the program's root: the current one without --root.</summary>
    public string Root => GivenRoot ?? ".";

    /// <summary>The program may lie outside the root.</summary>
    public bool MayUseHostProgram { get; init; }

    /// <summary>The program's working directory; null for the default of <see cref="Guest.GuestKernelOptions.WorkingDirectory"/>.</summary>
    public string? Directory { get; init; }

    /// <summary>NAME=VALUE, or NAME for this command's own value.</summary>
    public string[] Environment { get; init; } = [];

    /// <summary>The guest's time at its start, in nanoseconds since 1970; null: the host's.</summary>
    public long? StartTime { get; init; }

    /// <summary>Seconds of the host; null: no limit.</summary>
    public long? TimeLimitSeconds { get; init; }

    /// <summary>Steps of the scheduler; null: no limit.</summary>
    public long? StepLimit { get; init; }

    /// <summary>The number of further bytes that the program's files may occupy on the host's disk.</summary>
    public long DiskBytes { get; init; } = GuestKernelOptions.DefaultDiskBytes;

    /// <summary>Written data stays in the page cache until it is synchronized.</summary>
    public bool WritesLater { get; init; }

    /// <summary>Print /proc/PID/maps at the end.</summary>
    public bool ShowMaps { get; init; }

    /// <summary>Print counters and calls at the end.</summary>
    public bool ShowStatistics { get; init; }

    /// <summary>Print each system call.</summary>
    public bool Trace { get; init; }

    /// <summary>Report the program's memory errors.</summary>
    public bool ChecksMemory { get; init; }

    /// <summary>The memory accesses to record, or null.</summary>
    public TraceRequest? Accesses { get; init; }

    /// <summary>The port on which to wait for gdb, or null.</summary>
    public int? DebugPort { get; init; }

    /// <summary>True if the run is recorded for reverse debugging.</summary>
    public bool IsRecording { get; init; }

    /// <summary>The file for the report page, or null.</summary>
    public string? ReportPath { get; init; }

    /// <summary>The place to save the program, or null.</summary>
    public CheckpointPlace? Target { get; init; }

    /// <summary>The time to save at; null to save on the signal only.</summary>
    public TimeSpan? SaveAfter { get; init; }

    /// <summary>True if most pages are sent while the program still runs.</summary>
    public bool IsLive { get; init; }

    /// <summary>The time to wait for the checkpoint to resume.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>The checkpoint to resume; null to start a program.</summary>
    public CheckpointPlace? Source { get; init; }
}
