using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Host;
using Paging.Guest.Machine;
using Paging.Guest.Processes;
using Paging.Guest.Processor;
using Paging.Guest.Syscalls;

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
    private readonly uint _hostMask;
    private bool _isDisposed;

    /// <summary>Makes a machine without a program.</summary>
    /// <exception cref="PlatformNotSupportedException">The processor's library is not there, or the host is no Linux.</exception>
    public GuestKernel(GuestKernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("Programs run only where the host's files are a Linux's.");
        _hostMask = HostCalls.SetMask(0);
        _parts = new(options);
        CallTrace? trace = options.Trace is { } output ? new CallTrace(output) : null;
        _scheduler = new Scheduler(
            _parts.Processor, options, _parts.Clock, _parts.Happenings, _parts.HostWaits, _parts.Current, _parts.Tasks, _parts.Signals,
                _parts.Timers, _parts.Processes, _parts.Calls, trace, _parts.Debugger);
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

    /// <summary>What the processor has done.</summary>
    public ProcessorCounters ProcessorCounters => _parts.Processor.Counters;

    /// <summary>/proc/PID/maps of the first program when it ended, if <see cref="GuestKernelOptions.KeepMaps"/> asked for it.</summary>
    public string? FinalMaps => _parts.Processes.FinalMaps;

    /// <summary>Processes that had to go because memory had run out, a line each.</summary>
    public IReadOnlyList<string> MemoryKillReports => _parts.Processes.MemoryKills;

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
        return _parts.Programs.StartFirst(ByteText.FromHost(path), [.. arguments.Select(ByteText.FromHost)],
            [.. environment.Select(ByteText.FromHost)]);
    }

    /// <summary>The same with bytes, which need not be UTF-8; a zero ends a string.</summary>
    public Errno Start(ReadOnlyMemory<byte> path, IReadOnlyList<ReadOnlyMemory<byte>> arguments,
        IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        return _parts.Programs.StartFirst(ByteText.Of(path.Span), [.. arguments.Select(static text => ByteText.Of(text.Span))],
            [.. environment.Select(static text => ByteText.Of(text.Span))]);
    }

    /// <summary>Runs until the first process has ended, or something asked to stop.</summary>
    public GuestOutcome Run() => _scheduler.Run();

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
        HostCalls.SetMask(_hostMask);
    }
}

/// <summary>How often a system call was made.</summary>
/// <param name="Name">As Linux calls it.</param>
/// <param name="Count">Calls.</param>
/// <param name="Errors">Of these, the ones that failed.</param>
public readonly record struct CallCount(string Name, long Count, long Errors);
