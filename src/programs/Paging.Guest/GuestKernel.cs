using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Syscalls;
using Paging.Processors;
using Paging.Processors.DirectExecution;

namespace Paging.Guest;

/// <summary>
/// A Linux of one processor for i386 programs: tasks, system calls, signals, files under one directory; memory is the engine's.
/// </summary>
/// <remarks>
/// Tasks take turns on one thread of the host, in a fixed order, so that a run with the same seed and input is the same run. Use from one
/// thread; only <see cref="RequestStop"/> may come from others.
/// </remarks>
public sealed class GuestKernel : IDisposable
{
    private readonly GuestParts _parts;
    private readonly Scheduler _scheduler;
    private bool _isStarted, _isDisposed, _isClear;    // clear: nothing was in the way of saving since the last run

    /// <summary>Makes a machine without a program.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor's library is not there, or the host is no Linux.</exception>
    public GuestKernel(GuestKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options is { Execution: GuestExecution.Direct, EffectivePace: GuestPace.Code })
            throw new ArgumentException("The host's processor counts no code: it has the host's pace, and is not traced or debugged.",
                nameof(options));
        if (options is { Execution: GuestExecution.Direct, Coverage: not null })
            throw new ArgumentException("The host's processor reports no blocks: coverage needs the emulated one.", nameof(options));
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Programs run only where the host's files are a Linux's.");
        _parts = new(options);
        CallTrace? trace = options.Trace is null ? null : new CallTrace(_parts.Embedder.Trace);
        _scheduler = new Scheduler(
            _parts.Processor, options, _parts.Embedder, _parts.Failures, _parts.Clock, _parts.Happenings, _parts.HostWaits, _parts.Current,
            _parts.Tasks, _parts.Signals, _parts.Timers, _parts.PendingSignals, _parts.Processes, _parts.Copies,
            _parts.Calls, trace,
            _parts.Debugger, _parts.Checker, new WritebackTimer(_parts.Engine, _parts.Clock, options.EffectivePace));
    }

    /// <summary>What it was built with.</summary>
    public GuestKernelOptions Options => _parts.Options;

    /// <summary>The engine: memory, its reports and counters.</summary>
    public PagingEngine Engine => _parts.Engine;

    /// <summary>How often each system call was made, and how often it failed, in the order of their numbers.</summary>
    public IReadOnlyList<CallCount> CallCounts =>
        [.. _parts.Calls.Counts().Select(static call => new CallCount(call.Name, call.Count, call.Errors))];

    /// <summary>Numbers of unknown system calls, and how often each was made.</summary>
    public IReadOnlyDictionary<uint, long> UnknownCalls => _parts.Calls.Unknown;

    /// <summary>The threads of all programs, in the order in which they were made; between two runs, or two steps of one.</summary>
    public IReadOnlyList<ThreadSnapshot> Threads => [.. _parts.Tasks.Tasks.Select(static task =>
        new ThreadSnapshot(task.Process.Memory.Core, task.Id, ByteText.ToHost(task.Name), task.Registers))];

    /// <summary>For tests: the handlers of system calls.</summary>
    internal CallTable Calls => _parts.Calls;

    /// <summary>For tests: what executes the programs.</summary>
    internal IGuestProcessor Processor => _parts.Processor;

    /// <summary>What the processor has done.</summary>
    public ProcessorCounters ProcessorCounters => _parts.Processor.Counters;

    /// <summary>/proc/PID/maps of the first program when it ended, if <see cref="GuestKernelOptions.KeepMaps"/> asked for it.</summary>
    public string? FinalMaps => _parts.Processes.FinalMaps;

    /// <summary>
    /// Processes that were killed because memory had run out, or because the host has ended what executed them, a line each.
    /// </summary>
    public IReadOnlyList<string> MemoryKillReports => _parts.Processes.MemoryKills;

    /// <summary>
    /// Internal errors, a line each: what has thrown in the service of a system call or page fault. The process that asked was ended as by
    /// SIGSYS, and the others went on.
    /// </summary>
    public IReadOnlyList<string> FailureReports => _parts.Failures.Reports;

    /// <summary>
    /// Errors of programs with their memory, repeated ones included; 0 without <see cref="GuestKernelOptions.MemoryErrors"/>.
    /// </summary>
    public long MemoryErrorCount => _parts.Checker?.ErrorCount ?? 0;

    /// <summary>Starts a program as the first process. Strings become UTF-8.</summary>
    /// <param name="path">Where it is in the guest's tree; or on the host, if <see cref="GuestKernelOptions.MayUseHostProgram"/>.</param>
    /// <param name="arguments">argv behind argv[0].</param>
    /// <param name="environment">NAME=VALUE.</param>
    /// <returns>An error: nothing was started.</returns>
    public Errno Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        _isStarted = true;
        return _parts.Programs.StartFirst(ByteText.FromHost(path), [.. arguments.Select(ByteText.FromHost)],
            [.. environment.Select(ByteText.FromHost)]);
    }

    /// <summary>The same with bytes, which need not be UTF-8; a zero ends a string.</summary>
    public Errno Start(ReadOnlyMemory<byte> path, IReadOnlyList<ReadOnlyMemory<byte>> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        _isStarted = true;
        return _parts.Programs.StartFirst(ByteText.Of(path.Span), [.. arguments.Select(static text => ByteText.Of(text.Span))],
            [.. environment.Select(static text => ByteText.Of(text.Span))]);
    }

    /// <summary>Names what of the programs cannot be saved, a line each; empty: <see cref="Save"/> can save them.</summary>
    /// <remarks>
    /// Streams of the host other than standard ones, terminals that a program waits for, and what else docs/REMOTE.md lists.
    /// </remarks>
    public IReadOnlyList<string> FindObstacles()
    {
        IReadOnlyList<string> found = _parts.Obstacles.Find();
        _isClear = found.Count == 0;
        return found;
    }

    /// <summary>
    /// Saves all programs as they are between two runs: their memory, registers, open files, pipes, signals, timers and clocks.
    /// </summary>
    /// <param name="stream">Gets everything; or, with a sink, everything but the bytes of pages.</param>
    /// <param name="pages">Gets the bytes of private pages, to be slots 0, 1, 2 … of the store that they come back from.</param>
    /// <remarks>
    /// The machine can go on afterwards. The bytes of files are not saved, but brought to the host; the resuming machine needs the same
    /// files at the same paths below its root. Cost: O(private pages and open files).
    /// </remarks>
    /// <exception cref="NotSupportedException">Something cannot be saved. All of it is named, and nothing was written.</exception>
    /// <exception cref="IOException">The stream, or a swap device, has failed.</exception>
    public void Save(Stream stream, Action<ReadOnlySpan<byte>>? pages = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!_isStarted) throw new InvalidOperationException("There is no program to save.");
        if (!_isClear && FindObstacles() is { Count: > 0 } obstacles) throw new NotSupportedException(string.Join("; ", obstacles));
        EngineOptions engine = _parts.Engine.Options;
        GuestExecution execution = Options.Execution;
        _parts.NewCheckpoint().Save(stream, pages, new(engine.RamBytes, engine.Tables, Options.EffectivePace, execution,
            execution == GuestExecution.Direct ? ProcessorFeatures.OfHost : default));
    }

    /// <summary>Makes the programs of a checkpoint go on here, instead of <see cref="Start(string, IReadOnlyList{string},
    /// IReadOnlyList{string})"/>.</summary>
    /// <param name="checkpoint">What was saved.</param>
    /// <param name="pages">Has the pages, if they were saved apart; the engine disposes it. Otherwise null.</param>
    /// <returns>The store as a swap device, which <see cref="PagingEngine.SwapOff"/> empties; null if there is none.</returns>
    /// <remarks>Standard streams are those of this machine. After an exception it is good for nothing but to be disposed.</remarks>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or a file or stream is another one than it says.</exception>
    /// <exception cref="FileNotFoundException">A file that it needs is not there.</exception>
    /// <exception cref="InvalidOperationException">
    /// The machine has programs already, or too little memory; or the programs need a processor that it has not.
    /// </exception>
    public SwapDevice? Resume(GuestCheckpoint checkpoint, ISwapStore? pages = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        if (_isStarted) throw new InvalidOperationException("The machine has programs already.");
        CheckProcessor(checkpoint);
        _isStarted = true;
        using HostCalls.MaskLifted lifted = new();
        return _parts.NewCheckpoint().Load(checkpoint.Reader, checkpoint.Rest, pages);
    }

    /// <summary>A program that has found an instruction on one processor needs it on the next.</summary>
    private void CheckProcessor(GuestCheckpoint checkpoint)
    {
        if (checkpoint.Execution != GuestExecution.Direct) return;
        if (Options.Execution != GuestExecution.Direct)
            throw new InvalidOperationException("its programs have run on a host's processor, and go on on one only");
        if (!ProcessorFeatures.OfHost.Include(checkpoint.Features))
            throw new InvalidOperationException("the processor that its programs have run on can do what this host's cannot");
    }

    /// <summary>Runs until the first process has ended, or something asked to stop.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is not the machine's.</exception>
    public GuestOutcome Run()
    {
        _parts.Engine.Enter();
        (_parts.Processor as DirectProcessor)?.CheckThread();
        _isClear = false;
        using HostCalls.MaskLifted lifted = new();
        return _scheduler.Run();
    }

    /// <summary>Runs until a process is about to use the input, and holds it there for <see cref="RunCopy"/>.</summary>
    /// <param name="path">The file, as the program's argument names it; null: standard input.</param>
    /// <returns>Null: a process is held. Otherwise how the run ended before.</returns>
    /// <remarks>Of a file, any call with its path counts as use; of standard input, what reads or measures it.</remarks>
    /// <exception cref="ArgumentException">The path is too long for Linux.</exception>
    public GuestOutcome? RunToInput(string? path)
    {
        string? bytes = path is null ? null : ByteText.FromHost(path);
        if (bytes is { Length: >= UserMemory.PathByteLengthMax })
            throw new ArgumentException($"A path has less than {UserMemory.PathByteLengthMax} bytes.", nameof(path));
        _parts.Copies.Arm(bytes);
        GuestOutcome outcome = Run();
        return _parts.Copies.Held is null ? outcome : null;
    }

    /// <summary>Forks the process that is held, and runs until the copy has ended; then whatever it has started ends, too.</summary>
    /// <returns>How it ended; as stopped, if <see cref="RequestStop"/> has come before.</returns>
    /// <remarks>What copies write to files stays, as after a fork(2) of Linux. Each gets the same process number.</remarks>
    /// <exception cref="InvalidOperationException">No process is held, or there is no memory for another.</exception>
    public GuestOutcome RunCopy()
    {
        _parts.Engine.Enter();
        _parts.Inodes.ForgetClosed();    // the host may have changed the input
        Errno error = _parts.Copies.Begin();
        if (error == Errno.ESRCH) throw new InvalidOperationException("No process is held: call RunToInput first.");
        if (error != Errno.None) throw new InvalidOperationException($"The process cannot be copied: {error}.");
        Options.Coverage?.Begin();
        GuestOutcome outcome = Run();
        _parts.Copies.End();
        return outcome;
    }

    /// <summary>A path of the host as programs see it, where it lies below the root; otherwise unchanged.</summary>
    public string ToGuestPath(string hostPath) => _parts.Layout.ToGuest(hostPath);

    /// <summary>Ends the run soon, with what it has done so far. From any thread.</summary>
    public void RequestStop() => _scheduler.RequestStop();

    /// <summary>Everything goes: what is dirty is written to the host's files.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _parts.Dispose();
    }
}

/// <summary>How often a system call was made.</summary>
/// <param name="Name">As Linux calls it.</param>
/// <param name="Count">Calls.</param>
/// <param name="Errors">Of these, the ones that failed.</param>
public readonly record struct CallCount(string Name, long Count, long Errors);

/// <summary>A thread of a program as it stands.</summary>
/// <param name="Process">The engine's process with its memory.</param>
/// <param name="Id">Its number.</param>
/// <param name="Name">As /proc/PID/comm has it.</param>
/// <param name="Registers">The registers that a kernel looks at.</param>
public readonly record struct ThreadSnapshot(UserProcess Process, int Id, string Name, GuestRegisters Registers);
