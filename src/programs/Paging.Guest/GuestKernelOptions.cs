using Paging.Core;
using Paging.Processors;
using Paging.Processors.DirectExecution;
using Paging.Processors.Emulation;
using Paging.Programs;

namespace Paging.Guest;

/// <summary>The options of a guest machine.</summary>
public sealed record GuestKernelOptions
{
    /// <summary>The default of <see cref="DiskBytes"/>: 4 GiB.</summary>
    public const long DefaultDiskBytes = 4L << 30;

    /// <summary>RAM, seed and the like.</summary>
    public EngineOptions Engine { get; init; } = new();

    /// <summary>The host's directory that is the guest's root.</summary>
    public required string Root { get; init; }

    /// <summary>
    /// The guest's directory in which the first program starts; null for that of the host's process if it is below the root, else the root.
    /// </summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>
    /// The first program may lie outside the root: it then appears at its host path, alone and read-only. If false, only programs below the
    /// root can run.
    /// </summary>
    public bool MayUseHostProgram { get; init; }

    /// <summary>The layout of address spaces.</summary>
    public AddressLayout Layout { get; init; }

    /// <summary>True to randomise addresses.</summary>
    public bool IsRandomized { get; init; } = true;

    /// <summary>The guest's time at the start, in nanoseconds since 1970; null for the host's.</summary>
    public long? StartTime { get; init; }

    /// <summary>
    /// The base of the guest's time and of slices. Traced and debugged programs always use <see cref="GuestPace.Code"/>.
    /// </summary>
    public GuestPace Pace { get; init; }

    /// <summary>The processor. The host's supports only <see cref="GuestPace.Host"/>, and neither tracing nor debugging.</summary>
    public GuestExecution Execution { get; init; }

    /// <summary>
    /// The number of steps after which the run ends, or null. A step ends at a system call or a signal, at the latest with the task's
    /// slice.
    /// </summary>
    public long? StepLimit { get; init; }

    /// <summary>Receives a line for each system call, or null.</summary>
    public TextWriter? Trace { get; init; }

    /// <summary>
    /// Receives a line for each internal error that has ended a guest's process, as <see cref="GuestKernel.FailureReports"/> has it; or
    /// null.
    /// </summary>
    public Action<string>? OnInternalError { get; init; }

    /// <summary>
    /// Called before a signal whose action is a core dump ends a process, whatever its RLIMIT_CORE, to write a core file; or null.
    /// </summary>
    public Action<GuestCore>? OnCore { get; init; }

    /// <summary>Receives every access of the programs to their memory, in order, without the kernel's own; or null.</summary>
    public IGuestAccessSink? Accesses { get; init; }

    /// <summary>
    /// Receives a report for each memory error of programs: uses of freed or uninitialized bytes and the like, as valgrind finds them.
    /// Needs the emulated processor; programs are some hundred times slower. Null to check nothing.
    /// </summary>
    public TextWriter? MemoryErrors { get; init; }

    /// <summary>Counts the edges of the executed code, or null; the caller disposes it.</summary>
    public EdgeCoverage? Coverage { get; init; }

    /// <summary>Called after each stretch of a program and after each system call, or null.</summary>
    public IGuestObserver? Observer { get; init; }

    /// <summary>
    /// A connection on which a gdb debugs the first process, with its remote protocol; closed with the machine. The program waits for it
    /// before its first instruction. Null for no debugger.
    /// </summary>
    public Stream? DebugConnection { get; init; }

    /// <summary>True to end the run when the debugger's connection is lost; false: the program goes on without it.</summary>
    public bool EndsWithDebugger { get; init; }

    /// <summary>
    /// Called when the debugger's connection is lost, or null. A debugger that detaches or kills the program has not lost it.
    /// </summary>
    public Action? OnDebuggerLost { get; init; }

    /// <summary>True to record the program's history for reverse debugging by <see cref="DebugConnection"/>.</summary>
    public bool IsRecording { get; init; }

    /// <summary>
    /// The host's descriptors that become the program's standard input, output and errors; −1 for closed. Those of the first three that
    /// were closed at the start of the host's process are closed as well.
    /// </summary>
    public IReadOnlyList<int> StandardStreams { get; init; } = [0, 1, 2];

    /// <summary>
    /// Written data stays in the engine's page cache until it is synchronized or written back, and is lost if the host's process is killed.
    /// For experiments with write-back. If false, it reaches the host before the call returns.
    /// </summary>
    public bool WritesLater { get; init; }

    /// <summary>
    /// The bytes by which the guest's files may grow on the host's disk before calls fail with ENOSPC. Standard output counts, if it is a
    /// regular file.
    /// </summary>
    public long DiskBytes { get; init; } = DefaultDiskBytes;

    /// <summary>True to keep /proc/PID/maps of the first program at its end.</summary>
    public bool KeepMaps { get; init; }

    internal GuestPace EffectivePace => Accesses is null && MemoryErrors is null && DebugConnection is null ? Pace : GuestPace.Code;
}

/// <summary>The base of a guest's time while programs run.</summary>
public enum GuestPace
{
    /// <summary>The executed code, about a nanosecond per instruction: runs are the same on any host.</summary>
    Code,

    /// <summary>The host's clock: code is not counted, and takes two thirds of the time. Slices end at varying places.</summary>
    Host,
}

/// <summary>The processor of a guest's programs.</summary>
public enum GuestExecution
{
    /// <summary>
    /// An emulated one (<see cref="GuestProcessor"/>): the same on every host, with cheap system calls.
    /// </summary>
    Emulated,

    /// <summary>The host's processor (<see cref="DirectProcessor"/>): programs are as fast as natively.</summary>
    Direct,
}

/// <summary>The reasons for the end of a run.</summary>
public enum GuestEnd
{
    /// <summary>The first process has exited.</summary>
    Exited,

    /// <summary>A signal ended it.</summary>
    Killed,

    /// <summary><see cref="GuestKernel.RequestStop"/>.</summary>
    Stopped,

    /// <summary>The limit of steps was reached.</summary>
    LimitReached,

    /// <summary>Every task waits, and no event can wake one.</summary>
    AllWait,

    /// <summary>
    /// As <see cref="AllWait"/>, but some wait for pages that the host supplies (<see cref="Pager"/>), after which the run can continue.
    /// </summary>
    PagesPending,
}

/// <summary>The outcome of a run.</summary>
/// <param name="End">The reason for the end.</param>
/// <param name="Code">The exit code, or the number of the signal.</param>
public readonly record struct GuestOutcome(GuestEnd End, int Code)
{
    /// <summary>
    /// The value that a shell would show as <c>$?</c>: the code, 128 and the signal, 124 for a limit and for a deadlock, 130 when stopped.
    /// </summary>
    public int ShellStatus => End switch
    {
        GuestEnd.Exited => Code & 0xFF,
        GuestEnd.Killed => 128 + Code,    // as POSIX shells do
        GuestEnd.Stopped => 130,
        _ => 124,    // as timeout(1)
    };
}
