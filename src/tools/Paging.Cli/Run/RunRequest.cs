using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Trace;
using Paging.Guest;
using Paging.Native;
using Paging.Programs;

namespace Paging.Cli.Run;

/// <summary>What <c>paging run</c> was asked for.</summary>
internal sealed record RunRequest
{
    /// <summary>The program and its arguments; none where a checkpoint goes on.</summary>
    public required string[] Words { get; init; }

    /// <summary>Who says what is wrong.</summary>
    public string Command { get; init; } = "paging run";

    /// <summary>Physical memory; null: 1 GiB, or what the checkpoint had.</summary>
    public required ulong? RamBytes { get; init; }

    /// <summary>The swap device; null: none.</summary>
    public SwapChoice? Swap { get; init; }

    /// <summary>The format of the page tables; null: classic, or what the checkpoint had.</summary>
    public TableFormat? Tables { get; init; }

    /// <summary>Where mappings go.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>Where all chance comes from.</summary>
    public ulong Seed { get; init; }

    /// <summary>What makes its time pass; null: the host's clock, or what it was for the checkpoint.</summary>
    public GuestPace? Pace { get; init; }

    /// <summary>One of <see cref="RunProcessor"/>'s words.</summary>
    public string Processor { get; init; } = RunProcessor.Auto;

    /// <summary>Addresses are moved by chance.</summary>
    public bool IsRandomized { get; init; }

    /// <summary>A program of Windows may have 3 GB; those of Linux always have.</summary>
    public bool HasLargeUserRange { get; init; }

    /// <summary>The host's directory that is the program's root.</summary>
    public required string Root { get; init; }

    /// <summary>The root was given: the program gets nothing of the host that was not asked for.</summary>
    public bool HasRoot { get; init; }

    /// <summary>The program may lie outside the root.</summary>
    public bool MayUseHostProgram { get; init; }

    /// <summary>Where in its tree the program starts; null: as <see cref="Guest.GuestKernelOptions.WorkingDirectory"/> says.</summary>
    public string? Directory { get; init; }

    /// <summary>NAME=VALUE, or NAME for this command's own value.</summary>
    public string[] Environment { get; init; } = [];

    /// <summary>The guest's time at its start, in nanoseconds since 1970; null: the host's.</summary>
    public long? StartTime { get; init; }

    /// <summary>Seconds of the host; null: no limit.</summary>
    public long? TimeLimitSeconds { get; init; }

    /// <summary>Steps of the scheduler; null: no limit.</summary>
    public long? StepLimit { get; init; }

    /// <summary>How many bytes more the program's files may occupy on the host's disk.</summary>
    public long DiskBytes { get; init; } = GuestKernelOptions.DefaultDiskBytes;

    /// <summary>What programs write stays in the page cache until it is asked for.</summary>
    public bool WritesLater { get; init; }

    /// <summary>Print /proc/PID/maps at the end.</summary>
    public bool ShowMaps { get; init; }

    /// <summary>Print counters and calls at the end.</summary>
    public bool ShowStatistics { get; init; }

    /// <summary>Tell each system call.</summary>
    public bool Trace { get; init; }

    /// <summary>Report errors that the program makes with its memory.</summary>
    public bool ChecksMemory { get; init; }

    /// <summary>Which memory accesses are written; null: none.</summary>
    public TraceRequest? Accesses { get; init; }

    /// <summary>The port on which a gdb is waited for; null: none.</summary>
    public int? DebugPort { get; init; }

    /// <summary>That gdb can go back.</summary>
    public bool IsRecording { get; init; }

    /// <summary>Where a page about the run goes; null: nowhere.</summary>
    public string? ReportPath { get; init; }

    /// <summary>Where the program is saved; null: nowhere.</summary>
    public CheckpointPlace? Target { get; init; }

    /// <summary>When it is saved; null: on the signal only.</summary>
    public TimeSpan? SaveAfter { get; init; }

    /// <summary>Most pages are sent while the program still runs.</summary>
    public bool IsLive { get; init; }

    /// <summary>How long to wait for the checkpoint that is to go on.</summary>
    public TimeSpan Patience { get; init; }

    /// <summary>The checkpoint that goes on; null: a program is started.</summary>
    public CheckpointPlace? Source { get; init; }
}
