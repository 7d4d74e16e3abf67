using Paging.Core;
using Paging.Processors;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;
using Paging.Programs;

namespace Paging.Guest;

/// <summary>What a guest machine is built with.</summary>
public sealed record GuestKernelOptions
{
    /// <summary>What <see cref="DiskBytes"/> is unless something else is asked for: 4 GiB.</summary>
    public const long DefaultDiskBytes = 4L << 30;

    /// <summary>RAM, seed and the like.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>The host's directory that is the guest's root.</summary>
    public required string Root { get; init; }

    /// <summary>
    /// The guest's directory in which the first program starts; null: that of the host's process where it lies below the root, else the
    /// root.
    /// </summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// The first program may lie outside the root: then it is shown at its own path of the host, alone and read-only. False: only what is
    /// below the root can run.
    /// </summary>
    public bool MayUseHostProgram { get; init; }

    /// <summary>How address spaces are laid out.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>Addresses are moved by chance.</summary>
    public bool IsRandomized { get; init; } = true;

    /// <summary>The guest's time at the start, in nanoseconds since 1970; null: the host's.</summary>
    public long? StartTime { get; init; }

    /// <summary>
    /// What makes time pass and ends a turn. A program that is traced or debugged always goes by its code.
    /// </summary>
    public GuestPace Pace { get; init; }

    /// <summary>What executes programs. The host's processor supports only the host's pace, and neither tracing nor debugging.</summary>
    public GuestExecution Execution { get; init; }

    /// <summary>
    /// After so many steps the run ends; null: never. A step ends at a system call or a signal, at the latest with the task's turn.
    /// </summary>
    public long? StepLimit { get; init; }

    /// <summary>Receives a line for each system call as it happens; null: none.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>
    /// Receives a line for each internal error that has ended a guest's process, as it happens; null: only
    /// <see cref="GuestKernel.FailureReports"/> has them.
    /// </summary>
    public Action<string>? OnInternalError { get; init; }

    /// <summary>Receives every access of the programs to their memory, in order, without the kernel's own; null: none.</summary>
    public IGuestAccessSink? Accesses { get; init; }

    /// <summary>
    /// Receives a report for each error that programs make with their memory: uses of freed or uninitialized bytes and the like, as
    /// valgrind finds them. Needs the emulated processor; programs are some hundred times slower. Null: memory is not checked.
    /// </summary>
    public TextWriter? MemoryErrors { get; init; }

    /// <summary>Counts the edges of the code that programs execute; the caller disposes it. Null: none.</summary>
    public EdgeCoverage? Coverage { get; init; }

    /// <summary>Is called after each stretch of a program and after each system call; null: none.</summary>
    public IGuestObserver? Observer { get; init; }

    /// <summary>
    /// A connection on which a gdb debugs the first process, with its remote protocol; closed with the machine. The program waits for it
    /// before its first instruction. Null: no debugger.
    /// </summary>
    public Stream? DebugConnection { get; init; }

    /// <summary>The gdb of <see cref="DebugConnection"/> can go back: the history of the program is recorded.</summary>
    public bool IsRecording { get; init; }

    /// <summary>
    /// Which descriptors of the host the program has as its standard input, output and errors; −1: closed. So is one of the first three
    /// with which the host's process was not started.
    /// </summary>
    public IReadOnlyList<int> StandardStreams { get; init; } = [0, 1, 2];

    /// <summary>
    /// What programs write stays in the engine's page cache until they ask for it to be durable, or the engine writes it back: it is lost
    /// if the host's process is killed. For experiments with write-back. False: it reaches the host before the call returns.
    /// </summary>
    public bool WritesLater { get; init; }

    /// <summary>
    /// How many bytes more the guest's files may occupy on the host's disk than before: what would take more is ENOSPC. Standard output
    /// counts, if it is a regular file.
    /// </summary>
    public long DiskBytes { get; init; } = DefaultDiskBytes;

    /// <summary>Keep what maps says of the first program at its end.</summary>
    public bool KeepMaps { get; init; }

    internal GuestPace EffectivePace => Accesses is null && MemoryErrors is null && DebugConnection is null ? Pace : GuestPace.Code;
}

/// <summary>What makes a guest's time pass while its programs run.</summary>
public enum GuestPace
{
    /// <summary>The code that is executed, about an instruction a nanosecond: every run is the same, on any host.</summary>
    Code,

    /// <summary>The host's clock: code is not counted, and takes two thirds of the time. Where a turn ends is chance.</summary>
    Host,
}

/// <summary>What executes a guest's programs.</summary>
public enum GuestExecution
{
    /// <summary>
    /// An emulated one (<see cref="GuestProcessor"/>): the same on every host, and system calls cost little.
    /// </summary>
    Emulated,

    /// <summary>The host's processor (<see cref="DirectProcessor"/>): programs are as fast as natively.</summary>
    Direct,
}

/// <summary>Why a run came back.</summary>
public enum GuestEnd
{
    /// <summary>The first process has ended by itself.</summary>
    Exited,

    /// <summary>A signal ended it.</summary>
    Killed,

    /// <summary><see cref="GuestKernel.RequestStop"/>.</summary>
    Stopped,

    /// <summary>The limit of calls.</summary>
    LimitReached,

    /// <summary>Every task waits for something that no task is left to do.</summary>
    AllWait,

    /// <summary>
    /// As <see cref="AllWait"/>, and some wait for pages that the host supplies (<see cref="Pager"/>). Once it has, the run goes on.
    /// </summary>
    PagesPending,
}

/// <summary>How a run ended.</summary>
/// <param name="End">Why.</param>
/// <param name="Code">The exit code, or the number of the signal.</param>
public readonly record struct GuestOutcome(GuestEnd End, int Code)
{
    /// <summary>
    /// What a shell would show as <c>$?</c>: the code, 128 and the signal, 124 for a limit and for a deadlock, 130 when stopped.
    /// </summary>
    public int ShellStatus => End switch
    {
        GuestEnd.Exited => Code & 0xFF,
        GuestEnd.Killed => 128 + Code,
        GuestEnd.Stopped => 130,
        _ => 124,
    };
}
