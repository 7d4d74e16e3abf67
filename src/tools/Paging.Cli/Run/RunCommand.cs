using System.CommandLine;
using Paging.Cli.Reports;
using Paging.Cli.Run.Checkpoints;
using Paging.Cli.Run.Report;
using Paging.Cli.Run.Trace;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Processors;
using Paging.Remote;

namespace Paging.Cli.Run;

/// <summary><c>paging run PROGRAM</c>: a real i386 program on the engine's page tables, with its own exit status.</summary>
internal static class RunCommand
{
    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        RunRequest options = new();
        Command command = new("run",
            "Run an i386 program of Linux on the engine's page tables, on the host's processor or an emulated one; "
                + "the engine handles every page fault.");
        options.AddTo(command);
        command.SetAction(result =>
        {
            output.Flush();    // the program writes to the same stream, bypassing this writer
            return Execute(options.Read(result), errors);
        });
        return command;
    }

    private static int Execute(RunRequest request, TextWriter errors)
    {
        if (!OperatingSystem.IsLinux()) return Refusal.Report(errors, "paging run: programs run on Linux hosts only");
        ProcessLimits.RefuseLongFiles();
        if (!Directory.Exists(request.Root)) return Refusal.Report(errors, $"paging run: {StartRefusal.MissingRoot(request.GivenRoot)}");
        if (request is { Source: not null, DebugPort: not null })
            return Refusal.Report(errors, "paging run: --gdb begins with a program: it does not go with --resume or --from-file");
        bool goesWithCheck = request is { Source: null, Target: null, Accesses: null, DebugPort: null };
        if (request.ChecksMemory && !goesWithCheck)
            return Refusal.Report(errors, "paging run: --check does not go with checkpoints, --trace or --gdb");
        bool goesWithCosts = request is { Accesses: null, ReportPath: null, DebugPort: null, ChecksMemory: false };
        if (request.Costs is not null && !goesWithCosts)
            return Refusal.Report(errors, "paging run: --costs does not go with --trace, --report, --check or --gdb");
        if (request is { IsRecording: true, DebugPort: null })
            return Refusal.Report(errors, "paging run: --record is for a debugger: it needs --gdb PORT");
        if (!TryOpen(request, errors, out OpenCheckpoint? opened)) return ExitCode.Unusable;
        using OpenCheckpoint? checkpoint = opened;
        request = request with
        {
            RamBytes = request.RamBytes ?? opened?.Checkpoint.RamBytes ?? 1 << 30,
            Tables = request.Tables ?? opened?.Checkpoint.Tables ?? TableFormat.Classic,
            Pace = request.Pace ?? opened?.Checkpoint.Pace ?? GuestPace.Host,
        };
        ulong ramMost = request.Tables == TableFormat.Pae ? 60UL << 30 : 3UL << 30;    // device frames lie above
        if (request.RamBytes < 1 << 20 || request.RamBytes > ramMost)
            return Refusal.Report(errors, $"paging run: --ram is 1M to {ramMost >> 30}G with these tables");
        if (!RunProcessor.TryChoose(request, opened, errors, out GuestExecution execution)) return ExitCode.Unusable;
        try
        {
            return Execute(request, execution, opened, errors);
        }
        catch (TraceFileException failure)
        {
            return Refusal.Report(errors, $"paging run: {failure.Message}");
        }
    }

    private static int Execute(RunRequest request, GuestExecution execution, OpenCheckpoint? checkpoint, TextWriter errors)
    {
        if (request.Target?.TryProbe(out string? unwritable) == false)
            return Refusal.Report(errors, $"paging run: --to-file {unwritable}");
        using AccessTraceWriter? accesses = request.Accesses is { } trace ? AccessTraceWriter.Open(trace) : null;
        if (request.ReportPath is { } path && !UserFiles.TryWrite(path, "", out string? refusal))
            return Refusal.Report(errors, $"paging run: --report {refusal}");
        DebugPort? opened = null;
        if (request.DebugPort is { } port && !DebugPort.TryOpen(port, errors, out opened)) return ExitCode.Unusable;
        using DebugPort? gdb = opened;
        RunRecorder? recorder = request.ReportPath is null ? null : new();
        RunCosts? costs = request.Costs is { } prices ? new(prices) : null;
        GuestKernelOptions options = ToOptions(request, errors) with
        {
            Accesses = costs ?? (IGuestAccessSink?)accesses,
            DebugConnection = gdb,
            IsRecording = request.IsRecording,
            EndsWithDebugger = request.EndsWithDebugger,
            OnDebuggerLost = () => Refusal.Report(errors, "paging run: the connection to gdb is lost: the program "
                + (request.EndsWithDebugger ? "ends with it" : "goes on without it")),
            Observer = costs ?? (IGuestObserver?)recorder,
            OnCore = request.CorePath is { } corePath ? new CoreTarget(corePath, errors).Write : null,
            Execution = execution,
        };
        if (!TryMake(options, request, errors, out GuestKernel? made)) return ExitCode.Unusable;
        using GuestKernel kernel = made!;
        if (!TrySwitchSwapOn(kernel, request, errors, costs)) return ExitCode.Unusable;
        if (!TryBegin(kernel, request, checkpoint, errors)) return ExitCode.Unusable;
        gdb?.Await(errors);
        using RunControl control = new(kernel, request, errors);
        if (control.Run() is not { } outcome) return ExitCode.Agreement;    // it was saved
        RunEnding.Report(kernel, request, outcome, errors);
        if (costs is not null) errors.Write(LedgerTable.Render(string.Join(' ', request.Words), costs.Ledger));
        if (recorder is not null && !UserFiles.TryWrite(request.ReportPath!, RunReport.Render(kernel, request, outcome, recorder),
            out string? unwritten)) errors.Write($"paging run: --report {unwritten}\n");
        errors.Flush();
        return kernel.FailureReports.Count > 0 ? ExitCode.InternalError : control.StatusOf(outcome);
    }

    private static bool TryOpen(RunRequest request, TextWriter errors, out OpenCheckpoint? checkpoint)
    {
        checkpoint = null;
        if (request.Source is not { } source) return true;
        try
        {
            checkpoint = source.Open(request.Patience);
            return true;
        }
        catch (RemoteException failure)
        {
            Refusal.Report(errors, $"paging run: {failure.Message}");
        }
        catch (InvalidDataException damage)
        {
            Refusal.Report(errors, $"paging run: {source}: {damage.Message}");
        }
        catch (Exception failure) when (UserFiles.IsRefusal(failure))
        {
            Refusal.Report(errors, $"paging run: {UserFiles.Explain(source.ToString(), failure)}");
        }

        return false;
    }

    /// <summary>Starts the program, or resumes the checkpoint.</summary>
    internal static bool TryBegin(GuestKernel kernel, RunRequest request, OpenCheckpoint? checkpoint, TextWriter errors)
    {
        if (checkpoint is null)
        {
            HostBytes host = HostBytes.Read();
            ReadOnlyMemory<byte>[] words = host.Last(request.Words);
            Errno error = kernel.Start(words[0], words[1..], RunEnvironment.Of(kernel, request, host));
            if (error == Errno.None) return true;
            StartRefusal refusal = new(request.Words[0], request.GivenRoot, request.Directory, request.MayUseHostProgram);
            Refusal.Report(errors, $"{request.Command}: {refusal.Describe(error, hint: "--host-program takes one from the host")}");
            return false;
        }

        try
        {
            checkpoint.Resume(kernel);
            return true;
        }
        catch (Exception failure) when (failure is InvalidDataException or FileNotFoundException or InvalidOperationException)
        {
            Refusal.Report(errors, $"paging run: {request.Source}: {failure.Message}");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)    // a file that programs have open
        {
            Refusal.Report(errors, $"paging run: {request.Source}: {UserFiles.ReasonOf(failure)}");
        }

        return false;
    }

    internal static bool TryMake(GuestKernelOptions options, RunRequest request, TextWriter errors, out GuestKernel? kernel)
    {
        kernel = null;
        try
        {
            kernel = new(options);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidOperationException
            or PlatformNotSupportedException)
        {
            Refusal.Report(errors, $"{request.Command}: {failure.Message}");
            return false;
        }
    }

    internal static GuestKernelOptions ToOptions(RunRequest request, TextWriter errors) => new()
    {
        Engine = new EngineOptions
        {
            RamBytes = request.RamBytes!.Value & ~0xFFFUL,
            Tables = request.Tables!.Value,
            Seed = request.Seed,
            FaultAroundPages = request.FaultAroundPages,
        },
        Root = request.Root,
        WorkingDirectory = request.Directory,
        MayUseHostProgram = request.MayUseHostProgram,
        Layout = request.Layout,
        IsRandomized = request.IsRandomized,
        StartTime = request.StartTime,
        StepLimit = request.StepLimit,
        Pace = request.Pace!.Value,
        Trace = request.Trace ? errors : null,
        OnInternalError = line => Refusal.Report(errors, $"{request.Command}: {line}"),
        StandardStreams = request.Accesses is { IsForPipe: true } ? [0, 2, 2] : [0, 1, 2],
        MemoryErrors = request.ChecksMemory ? errors : null,
        WritesLater = request.WritesLater,
        DiskBytes = request.DiskBytes,
        KeepMaps = request.ShowMaps,
    };

    private static bool TrySwitchSwapOn(GuestKernel kernel, RunRequest request, TextWriter errors, RunCosts? costs)
    {
        if (request.Swap is not { } swap) return true;
        try
        {
            ISwapStore store = swap.Open(line => Refusal.Report(errors, line));
            if (costs is not null) store = costs.Ledger.Time(store);
            Errno error = kernel.Engine.Swap.SwitchOn(store, priority: -2, out _);
            if (error == Errno.None) return true;
            store.Dispose();
            Refusal.Report(errors, $"paging run: --swap {swap}: {error}");
        }
        catch (Exception failure) when (failure is RemoteException or SwapFileException)
        {
            Refusal.Report(errors, $"paging run: --swap {failure.Message}");
        }

        return false;
    }
}
