using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Programs;

namespace Paging.Guest;

/// <summary>A Linux of one processor for i386 programs: tasks, system calls, signals, files under one directory; memory is the engine's.</summary>
/// <remarks>
/// Tasks take turns on one thread of the host, in a fixed order, so that a run with the same seed and input is the same run. Use from one thread; only <see cref="RequestStop"/> may come from others.
/// </remarks>
public sealed class GuestKernel : IDisposable
{
    private readonly Scheduler _scheduler;
    private readonly uint _hostMask;
    private SeededRandom _random;
    private bool _isDisposed;

    /// <summary>Makes a machine without a program.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor's library is not there, or the host is no Linux.</exception>
    public GuestKernel(GuestKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Programs run only where the host's files are a Linux's.");
        Options = options;
        Engine = new PagingEngine(options.Engine);
        Loader = new ProgramLoader(Engine);
        Processor = new GuestProcessor(Engine);
        Clock = new GuestClock(options.StartTime ?? HostCalls.RealTime());
        Files = new FileTree(Engine);
        NamedPipes = new NamedPipes(this);
        SocketNames = new SocketNames(this);
        Sockets = new SocketTransfer(this);
        SystemV = new SystemVIpc(this);
        Locks = new FileLocks(this);
        Signals = new SignalSender(this);
        Processes = new ProcessTree(this);
        Programs = new ProgramStart(this);
        Shared = new FutexTable();
        Inheriting = new InheritingFutexes(this);
        _random = new SeededRandom(options.Engine.Seed ^ 0x9E37_79B9_7F4A_7C15);
        _hostMask = HostCalls.SetMask(0);
        RootLayout = RootLayout.Build(this, options);
        Calls = CallList.Build(this);
        if (options.Trace is { } trace) Trace = new CallTrace(trace);
        _scheduler = new Scheduler(this);
    }

    /// <summary>What it was built with.</summary>
    public GuestKernelOptions Options { get; }

    /// <summary>The engine: memory, its reports and counters.</summary>
    public PagingEngine Engine { get; }

    /// <summary>Brings programs into address spaces.</summary>
    internal ProgramLoader Loader { get; }

    /// <summary>How often each system call was made, and how often it failed, in the order of their numbers.</summary>
    public IReadOnlyList<CallCount> CallCounts => [.. Calls.Counts().Select(static call => new CallCount(call.Name, call.Count, call.Errors))];

    /// <summary>Numbers of system calls that nobody knows here, and how often each was made.</summary>
    public IReadOnlyDictionary<uint, long> UnknownCalls => Calls.Unknown;

    /// <summary>What the processor has done.</summary>
    public ProcessorCounters ProcessorCounters => Processor.Counters;

    /// <summary>/proc/PID/maps of the first program when it ended, if <see cref="GuestKernelOptions.KeepMaps"/> asked for it.</summary>
    public string? FinalMaps { get; internal set; }

    /// <summary>Processes that had to go because memory had run out, a line each.</summary>
    public IReadOnlyList<string> MemoryKillReports => MemoryKills;

    internal GuestProcessor Processor { get; }
    internal GuestClock Clock { get; }
    internal FileTree Files { get; }
    internal NamedPipes NamedPipes { get; }
    internal SocketNames SocketNames { get; }
    internal SocketTransfer Sockets { get; }
    internal SystemVIpc SystemV { get; }
    internal FileLocks Locks { get; }
    internal SignalSender Signals { get; }
    internal ProcessTree Processes { get; }
    internal ProgramStart Programs { get; }
    internal FutexTable Shared { get; }

    internal InheritingFutexes Inheriting { get; }
    internal RootLayout RootLayout { get; }
    internal CallTable Calls { get; }
    internal CallTrace? Trace { get; set; }
    internal ulong NextInode { get; private set; } = 1000;

    /// <summary>Counts what may let somebody go on who waits.</summary>
    internal long Happenings { get; private set; }

    /// <summary>What the kernel log would say of processes that had to go.</summary>
    internal List<string> MemoryKills { get; } = [];

    /// <summary>Whose call is being made, as Linux's <c>current</c>.</summary>
    internal GuestTask? Current { get; set; }

    /// <summary>Timers behind descriptors.</summary>
    internal List<TimerFile> TimerFiles { get; } = [];

    /// <summary>Descriptors of the host that tasks wait for.</summary>
    internal HashSet<int> HostWaits { get; } = [];

    /// <summary>Starts a program as the first process.</summary>
    /// <param name="path">Where it is: in the guest's tree, or else on the host.</param>
    /// <param name="arguments">argv behind argv[0].</param>
    /// <param name="environment">NAME=VALUE.</param>
    /// <returns>An error: nothing was started.</returns>
    public Errno Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment) =>
        Programs.StartFirst(path, arguments, environment);

    /// <summary>Runs until the first process has ended, or something asked to stop.</summary>
    public GuestOutcome Run() => _scheduler.Run();

    /// <summary>A path of the host as programs see it, where it lies below the root; otherwise unchanged.</summary>
    public string ToGuestPath(string hostPath) => RootLayout.ToGuest(hostPath);

    /// <summary>Ends the run soon, with what it has done so far. From any thread.</summary>
    public void RequestStop() => _scheduler.RequestStop();

    /// <summary>Everything goes: what is dirty is written to the host's files.</summary>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        Processes.Dispose();
        Files.Dispose();
        Processor.Dispose();
        Engine.Dispose();
        RootLayout.Dispose();
        HostCalls.SetMask(_hostMask);
    }

    internal void Happened() => Happenings++;

    internal ulong TakeInode() => NextInode++;

    /// <summary>Some task cannot go on before the host has something to read there.</summary>
    internal void WaitForHost(int descriptor) => HostWaits.Add(descriptor);

    /// <summary>Random bytes, which the engine's seed decides.</summary>
    internal void FillRandom(Span<byte> bytes)
    {
        Span<ulong> word = stackalloc ulong[1];
        while (!bytes.IsEmpty)
        {
            word[0] = _random.Next();
            ReadOnlySpan<byte> eight = MemoryMarshal.AsBytes(word);
            int count = Math.Min(bytes.Length, 8);
            eight[..count].CopyTo(bytes);
            bytes = bytes[count..];
        }
    }
}

/// <summary>How often a system call was made.</summary>
/// <param name="Name">As Linux calls it.</param>
/// <param name="Count">Calls.</param>
/// <param name="Errors">Of these, the ones that failed.</param>
public readonly record struct CallCount(string Name, long Count, long Errors);
