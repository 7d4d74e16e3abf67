using Paging.Core;
using Paging.Core.Swap;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Syscalls;
using Paging.Processors;
using Paging.Processors.DirectExecution;
using Paging.Programs.Cores;

namespace Paging.Guest;

/// <summary>
/// A Linux of one processor for i386 programs: tasks, system calls, signals, files under one directory; memory is the engine's.
/// </summary>
/// <remarks>
/// Tasks take turns on one thread of the host, in a fixed order, so that a run with the same seed and input is repeatable. Not thread-safe,
/// except for <see cref="RequestStop"/>.
/// </remarks>
public sealed class GuestKernel : IDisposable
{
    private readonly GuestParts _parts;
    private readonly Scheduler _scheduler;
    private bool _isStarted, _isDisposed, _isClear;    // clear: no obstacle to saving since the last run

    /// <summary>Makes a machine without a program.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor's library is missing, or the host is not Linux.</exception>
    public GuestKernel(GuestKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options is { Execution: GuestExecution.Direct, EffectivePace: GuestPace.Code })
            throw new ArgumentException("The host's processor counts no code: it has the host's pace, and is not traced or debugged.",
                nameof(options));
        if (options is { Execution: GuestExecution.Direct, Coverage: not null })
            throw new ArgumentException("The host's processor reports no blocks: coverage needs the emulated one.", nameof(options));
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException(
            "Programs run only where the host's files are those of Linux.");
        _parts = new(options);
        CallTrace? trace = options.Trace is null ? null : new CallTrace(_parts.Embedder.Trace);
        _scheduler = new Scheduler(
            _parts.Processor, options, _parts.Embedder, _parts.Failures, _parts.Clock, _parts.WakeUps, _parts.HostWaits, _parts.Current,
            _parts.Tasks, _parts.Signals, _parts.Timers, _parts.PendingSignals, _parts.Processes, _parts.Copies,
            _parts.Calls, new CoreDumps(_parts.Tree, options, _parts.Embedder), trace,
            _parts.Debugger, _parts.Checker, new WritebackTimer(_parts.Engine, _parts.Clock, options.EffectivePace));
    }

    /// <summary>The options of the machine.</summary>
    public GuestKernelOptions Options => _parts.Options;

    /// <summary>The engine: memory, its reports and counters.</summary>
    public PagingEngine Engine => _parts.Engine;

    /// <summary>The counts of each system call and of its errors, in the order of their numbers.</summary>
    public IReadOnlyList<CallCount> CallCounts =>
        [.. _parts.Calls.Counts().Select(static call => new CallCount(call.Name, call.Count, call.Errors))];

    /// <summary>The numbers of unknown system calls, and the count of calls of each.</summary>
    public IReadOnlyDictionary<uint, long> UnknownCalls => _parts.Calls.Unknown;

    /// <summary>The threads of all programs, in the order in which they were made; between two runs, or two steps of one.</summary>
    public IReadOnlyList<ThreadSnapshot> Threads => [.. _parts.Tasks.Tasks.Select(static task =>
        new ThreadSnapshot(task.Process.Memory.Core, task.Id, ByteText.ToHost(task.Name), task.Registers))];

    /// <summary>For tests: the handlers of system calls.</summary>
    internal CallTable Calls => _parts.Calls;

    /// <summary>For tests: the processor.</summary>
    internal IGuestProcessor Processor => _parts.Processor;

    /// <summary>The processor's counters.</summary>
    public ProcessorCounters ProcessorCounters => _parts.Processor.Counters;

    /// <summary>/proc/PID/maps of the first program when it ended, if <see cref="GuestKernelOptions.KeepMaps"/> is set.</summary>
    public string? FinalMaps => _parts.Processes.FinalMaps;

    /// <summary>
    /// Processes killed because memory had run out, or because the host has killed their stub, a line each.
    /// </summary>
    public IReadOnlyList<string> MemoryKillReports => _parts.Processes.MemoryKills;

    /// <summary>
    /// Internal errors, a line each: exceptions in the service of a system call or page fault. The process is ended as by SIGSYS, and the
    /// others continue.
    /// </summary>
    public IReadOnlyList<string> FailureReports => _parts.Failures.Reports;

    /// <summary>
    /// Errors of programs with their memory, repeated ones included; 0 without <see cref="GuestKernelOptions.MemoryErrors"/>.
    /// </summary>
    public long MemoryErrorCount => _parts.Checker?.ErrorCount ?? 0;

    /// <summary>Starts a program as the first process. Strings become UTF-8.</summary>
    /// <param name="path">Its path in the guest's tree; or on the host, if <see cref="GuestKernelOptions.MayUseHostProgram"/>.</param>
    /// <param name="arguments">argv without argv[0].</param>
    /// <param name="environment">NAME=VALUE.</param>
    /// <returns>An error if nothing was started.</returns>
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

    /// <summary>Makes the process of a core file the first process, which goes on where it was.</summary>
    /// <returns>ENOENT and the like: its working directory cannot be entered; nothing was started.</returns>
    /// <remarks>
    /// A core file has no descriptors: standard streams are this machine's, and other descriptors are closed (EBADF). It has no signal
    /// handlers and timers either. A thread that was in a system call makes it again.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The machine has programs already, or too little memory.</exception>
    /// <exception cref="ArgumentException">The core file has no thread.</exception>
    public Errno Start(CoreImage core)
    {
        ArgumentNullException.ThrowIfNull(core);
        if (_isStarted) throw new InvalidOperationException("The machine has programs already.");
        if (core.Process.Threads.Count == 0) throw new ArgumentException("The core file has no thread.", nameof(core));
        _isStarted = true;
        return _parts.Programs.StartCore(core, out _);
    }

    /// <summary>Starts the process of a core file as <see cref="Start(CoreImage)"/>, and holds it for <see cref="RunCopy"/>.</summary>
    /// <returns>As <see cref="Start(CoreImage)"/>.</returns>
    /// <remarks>Copies have the first thread only.</remarks>
    /// <exception cref="InvalidOperationException">As <see cref="Start(CoreImage)"/>.</exception>
    /// <exception cref="ArgumentException">As <see cref="Start(CoreImage)"/>.</exception>
    public Errno Hold(CoreImage core)
    {
        Errno error = Start(core);
        if (error == Errno.None) _parts.Copies.Hold(_parts.Tasks.Tasks[0]);
        return error;
    }

    /// <summary>Names the obstacles to saving, a line each; empty if <see cref="Save"/> can save the programs.</summary>
    /// <remarks>
    /// For example streams of the host other than standard ones, and terminals that a program waits for; see docs/REMOTE.md.
    /// </remarks>
    public IReadOnlyList<string> FindObstacles()
    {
        IReadOnlyList<string> found = _parts.Obstacles.Find();
        _isClear = found.Count == 0;
        return found;
    }

    /// <summary>
    /// Saves all programs between two runs: their memory, registers, open files, pipes, signals, timers and clocks.
    /// </summary>
    /// <param name="stream">Receives everything; with a sink, everything but the bytes of pages.</param>
    /// <param name="pages">Receives the bytes of private pages, which become slots 0, 1, 2 … of the store to resume from.</param>
    /// <remarks>
    /// The machine can continue afterwards. The bytes of files are not saved, but written to the host; the resuming machine needs the same
    /// files at the same paths below its root. Cost: O(private pages and open files).
    /// </remarks>
    /// <exception cref="NotSupportedException">There are obstacles. All are named, and nothing was written.</exception>
    /// <exception cref="IOException">The stream, or a swap device, has failed.</exception>
    public void Save(Stream stream, Action<ReadOnlySpan<byte>>? pages = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!_isStarted) throw new InvalidOperationException("There is no program to save.");
        if (!_isClear && FindObstacles() is { Count: > 0 } obstacles) throw new NotSupportedException(string.Join("; ", obstacles));
        _parts.NewCheckpoint().Save(GuestCheckpoint.Begin(_parts.Engine.Options, Options), stream, pages);
    }

    /// <summary>Resumes the programs of a checkpoint, instead of <see cref="Start(string, IReadOnlyList{string},
    /// IReadOnlyList{string})"/>.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="pages">The pages, if they were saved apart; the engine disposes it. Otherwise null.</param>
    /// <returns>The store as a swap device, which <see cref="EngineSwap.SwitchOff"/> empties; null if there is none.</returns>
    /// <remarks>Standard streams are those of this machine. After an exception the machine can only be disposed.</remarks>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or a file or stream differs from the saved one.</exception>
    /// <exception cref="FileNotFoundException">A file that it needs does not exist.</exception>
    /// <exception cref="IOException">A file without a name cannot be made again, or pages cannot be read.</exception>
    /// <exception cref="InvalidOperationException">
    /// The machine has programs already, or too little memory; or the programs need other features of the processor.
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

    /// <summary>Refuses a processor that lacks a saved feature, since programs may use it.</summary>
    private void CheckProcessor(GuestCheckpoint checkpoint)
    {
        if (checkpoint.Execution != GuestExecution.Direct) return;
        if (Options.Execution != GuestExecution.Direct)
            throw new InvalidOperationException("its programs have run on a host's processor, and go on on one only");
        if (!ProcessorFeatures.OfHost.Include(checkpoint.Features))
            throw new InvalidOperationException("the processor that its programs have run on can do what this host's cannot");
    }

    /// <summary>Writes the core file of a process, which lives on, between two runs; as gdb's gcore does.</summary>
    /// <param name="thread">One of the process's <see cref="Threads"/>, which debuggers show first.</param>
    /// <param name="stream">Receives the file, as <see cref="CoreWriter.Write"/> describes.</param>
    /// <exception cref="ArgumentException">There is no such thread any more.</exception>
    /// <exception cref="IOException">The stream has failed.</exception>
    public void WriteCore(ThreadSnapshot thread, Stream stream)
    {
        if (_parts.Tasks.FindTask(thread.Id) is not { IsDead: false } task)
            throw new ArgumentException($"There is no thread {thread.Id}.", nameof(thread));
        CoreWriter.Write(task.Process.Memory.Core, stream, CoreDumps.Describe(task, default));
    }

    /// <summary>Runs until the first process has ended, or a stop is requested.</summary>
    /// <exception cref="InvalidOperationException">The calling thread is not the machine's.</exception>
    public GuestOutcome Run()
    {
        _parts.Engine.CheckCaller();
        DirectProcessor? direct = _parts.Processor as DirectProcessor;
        direct?.BeginRuns();
        _isClear = false;
        using HostCalls.MaskLifted lifted = new();
        try
        {
            return _scheduler.Run();
        }
        finally
        {
            direct?.EndRuns();
        }
    }

    /// <summary>Runs until a process is about to use the input, and holds it there for <see cref="RunCopy"/>.</summary>
    /// <param name="path">The file, as the program's argument names it; null for standard input.</param>
    /// <returns>Null if a process is held; otherwise the outcome of the run.</returns>
    /// <remarks>
    /// The file is used by any call with a path that leads to it; standard input also by calls that read or measure its descriptor.
    /// </remarks>
    /// <exception cref="ArgumentException">The path is too long for Linux.</exception>
    public GuestOutcome? RunToInput(string? path)
    {
        string? bytes = path is null ? null : ByteText.FromHost(path);
        if (bytes is { Length: >= UserMemory.PathByteLengthMax })
            throw new ArgumentException($"A path has less than {UserMemory.PathByteLengthMax} bytes.", nameof(path));
        bool isRelative = bytes is not null and not ['/', ..];    // to the first working directory, wherever the program goes
        _parts.Copies.Arm(isRelative ? $"{_parts.Layout.WorkingDirectory}/{bytes}" : bytes);
        GuestOutcome outcome = Run();
        return _parts.Copies.Held is null ? outcome : null;
    }

    /// <summary>Forks the held process, and runs until the copy has ended; the processes that the copy has started end then, too.</summary>
    /// <param name="prepare">Called with the copy before it runs, to put an input into its memory; or null.</param>
    /// <returns>The outcome of the copy; <see cref="GuestEnd.Stopped"/> after <see cref="RequestStop"/>.</returns>
    /// <remarks>Files written by copies stay written, as after fork(2). Each copy gets the same process number.</remarks>
    /// <exception cref="InvalidOperationException">No process is held, or there is no memory for another.</exception>
    public GuestOutcome RunCopy(Action<UserProcess>? prepare = null)
    {
        _parts.Engine.CheckCaller();
        _parts.Inodes.ForgetClosed();    // the host may have changed the input
        Errno error = _parts.Copies.Begin();
        if (error == Errno.ESRCH) throw new InvalidOperationException("No process is held: call RunToInput first.");
        if (error != Errno.None) throw new InvalidOperationException($"The process cannot be copied: {error}.");
        prepare?.Invoke(_parts.Copies.Copy!.Memory.Core);
        Options.Coverage?.Begin();
        GuestOutcome outcome = Run();
        _parts.Copies.End();
        return outcome;
    }

    /// <summary>Converts a path of the host below the root to the guest's path; others are unchanged.</summary>
    public string ToGuestPath(string hostPath) => _parts.Layout.ToGuest(hostPath);

    /// <summary>Ends the run soon. May be called from any thread.</summary>
    public void RequestStop() => _scheduler.RequestStop();

    /// <summary>Writes dirty pages to the host's files, and frees everything.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        _parts.Dispose();
    }
}

/// <summary>The number of calls of one system call.</summary>
/// <param name="Name">The system call's name in Linux.</param>
/// <param name="Count">Calls.</param>
/// <param name="Errors">Failed calls among them.</param>
public readonly record struct CallCount(string Name, long Count, long Errors);

/// <summary>A copy of what a thread is and where it stands, taken while the kernel is at rest.</summary>
/// <param name="Process">The engine's process with its memory.</param>
/// <param name="Id">Its number.</param>
/// <param name="Name">As in /proc/PID/comm.</param>
/// <param name="Registers">Its general registers.</param>
public readonly record struct ThreadSnapshot(UserProcess Process, int Id, string Name, GuestRegisters Registers);
