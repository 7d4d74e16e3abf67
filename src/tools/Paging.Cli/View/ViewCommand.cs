using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Paging.Cli.Replay;
using Paging.Cli.Run;
using Paging.Core;
using Paging.Guest;
using Paging.Pictures.Pages;
using Paging.Processors;
using Paging.Processors.Emulation;
using Paging.Scripting.Calls;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Traces.Reading;
using Paging.View;

namespace Paging.Cli.View;

/// <summary><c>paging view</c>: a local page that shows the engine during a script, a program or a trace, in steps both ways.</summary>
internal static class ViewCommand
{
    private const ulong ProgramRamBytes = 64 << 20, TraceRamBytes = 1 << 20;

    // Two emulated machines and their threads, beside the half of the limit that .NET reserves. With less, Unicorn ends the process, or
    // .NET cannot start a thread; with 4.3 GiB neither happens.
    private const ulong ProgramAddressSpaceMin = 5ul << 30;    // the error message below names it

    /// <summary>The command for the parser.</summary>
    public static Command Build(TextWriter output, TextWriter errors)
    {
        ViewerOptions options = new();
        Command command = new("view", "Show a running engine on a local page: steps both ways, breakpoints, search.");
        options.AddTo(command);
        command.SetAction((result, _) => RunAsync(options.Read(result), output, errors));
        return command;
    }

    private static async Task<int> RunAsync(ViewerOptions request, TextWriter output, TextWriter errors)
    {
        using SafeFileHandle nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (Open(request, nothing, out string? refusal) is not { } run) return Refusal.Report(errors, refusal!);
        WriteGaps(run, request, errors);
        if (request.Out is { } file)
        {
            return ViewerOptions.IsPicture(file) ? Record(run, request, file, output, errors)
                : Write(run, request.Title, file, output, errors);
        }

        try
        {
            ViewServer server = await ViewServer.StartAsync(run, request.Port, request.Title, request.IsLive).ConfigureAwait(false);
            await using (server.ConfigureAwait(false))
            {
                string banner = $"open {server.Address}\nThe page is for this host only. It ends with this command: Ctrl+C.\n";
                await output.WriteAsync(banner).ConfigureAwait(false);
                await output.FlushAsync().ConfigureAwait(false);
                await server.WaitAsync().ConfigureAwait(false);
            }

            return ExitCode.Agreement;
        }
        catch (Exception exception) when (exception is IOException or SocketException)    // in use; or not permitted, as ports below 1024
        {
            return Refusal.Report(errors, $"paging view: port {request.Port} cannot be used: {exception.Message}");
        }
    }

    // Not awaited: what follows would be on another thread, and the engine belongs to this one.
    private static void WriteGaps(IViewedRun run, ViewerOptions request, TextWriter errors)
    {
        if (run is not ViewedCore core) return;
        foreach (string line in core.Gaps) errors.Write($"paging view: {request.Script}: {line}\n");
    }

    private static int Write(IViewedRun run, string title, string file, TextWriter output, TextWriter errors)
    {
        using IViewedRun owned = run;
        IReadOnlyList<StoryStep> steps = RunStory.Tell(run, ViewerOptions.StepCountMax);
        if (steps.Count == 0) return Refusal.Report(errors, $"paging view: {title}: there is no step to show");
        bool isWhole = run.IsComplete && run.Position == run.Steps.Count;
        Story story = new("run", title, "A run of paging view", isWhole ? "The whole run, call by call."
            : $"The first {Counted.Of(steps.Count, "step")} of the run.", steps);
        if (!UserFiles.TryWrite(file, StoryPage.Write([story]), out string? refusal)) return Refusal.Report(errors, refusal!);
        output.Write($"{Counted.Of(steps.Count, "step")}: open {file}\n");
        return ExitCode.Agreement;
    }

    private static int Record(IViewedRun run, ViewerOptions request, string file, TextWriter output, TextWriter errors)
    {
        using IViewedRun owned = run;
        int[] visits = request.Visits.Length != 0 ? request.Visits
            : [.. Enumerable.Range(0, Math.Min(run.Steps.Count + 1, ViewerOptions.VisitCountMax))];
        if (ViewRecording.Write(run, $"paging view: {request.Title}", visits) is not { } picture)
        {
            return Refusal.Report(errors,
                $"paging view: {request.Title} has {run.Steps.Count} calls: --visit {visits.Max()} is none of them");
        }

        if (!UserFiles.TryWrite(file, picture, out string? refusal)) return Refusal.Report(errors, refusal!);
        output.Write($"{visits.Length} scenes: open {file}\n");
        return ExitCode.Agreement;
    }

    private static IViewedRun? Open(ViewerOptions request, SafeFileHandle nothing, out string? refusal) =>
        request.Trace is { } trace ? OpenTrace(request, trace, out refusal)
        : request.Script is { } core && request.Words.Length == 1 && ViewedCore.IsCore(core) ? OpenCore(core, request, out refusal)
        : request.Script is { } script ? OpenScript(script, request, out refusal)
        : request.Words.Length == 0 ? OpenEmpty(request, out refusal)
        : OpenProgram(request, nothing, out refusal);

    private static ViewedCore? OpenCore(string path, ViewerOptions request, out string? refusal)
    {
        refusal = request.Costs is null ? null : $"paging view: {path}: nothing happens in a core file, so --costs has nothing to count";
        return refusal is null ? ViewedCore.Open(path, request, out refusal) : null;
    }

    private static ViewedScript? OpenScript(string path, ViewerOptions request, out string? refusal)
    {
        refusal = "paging view: one SCRIPT at a time; the arguments of a program stand after --, with the program";
        if (request.Words.Length > 1) return null;
        if (ScenarioArguments.ReadAny(path, out refusal) is not { } document) return null;
        if (document.Dialect == ScenarioDialect.Linux) return View(document, request);
        refusal = $"{path}: a script of Windows cannot be viewed yet";
        return null;
    }

    private static ViewedScript OpenEmpty(ViewerOptions request, out string? refusal)
    {
        refusal = null;
        return View(ScenarioDocument.Of("live", ScenarioHeader.Default, []), request);
    }

    private static ViewedScript View(ScenarioDocument document, ViewerOptions request)
    {
        EngineMachineOptions options = new() { Tables = request.Tables };
        if (request.RamBytes is { } ram) options = options with { RamBytes = ram };
        return new(document, options, request.Costs is { } prices ? new ViewedCosts(prices) : null);
    }

    private static ViewedTrace? OpenTrace(ViewerOptions request, string path, out string? refusal)
    {
        refusal = null;
        TraceSource source = new(path);
        try
        {
            using TraceReader reader = source.Open(TraceFormat.Auto, StandardStreams.OpenInput, mustBeRereadable: false);
            return ViewedTrace.Read(reader, request.AccessCountMax, request.RamBytes ?? TraceRamBytes, request.Tables, request.Costs);
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception) || exception is TraceFormatException)
        {
            refusal = source.Explain(exception);
            return null;
        }
    }

    private static ViewedProgram? OpenProgram(ViewerOptions request, SafeFileHandle nothing, out string? refusal)
    {
        refusal = null;
        if (!OperatingSystem.IsLinux()) refusal = "paging view: programs run on Linux hosts only";
        else if (ProcessLimits.AddressSpaceByteLength < ProgramAddressSpaceMin)
            refusal = "paging view: too little memory may be mapped (ulimit -v): at least 5 GiB are needed for a program";
        else if (!GuestProcessor.IsAvailable(out string reason)) refusal = $"paging view: {reason}";
        else if (!Directory.Exists(request.Root ?? ".")) refusal = $"paging view: {StartRefusal.MissingRoot(request.Root)}";
        if (refusal is not null) return null;
        SteppedGuest guest;
        try
        {
            guest = Begin(request, nothing, accesses: null);
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            refusal = $"paging view: {exception.Message}";
            return null;
        }

        if (guest.Error == Errno.None) return new(accesses => Begin(request, nothing, accesses), guest);
        StartRefusal start = new(request.Words[0], request.Root, Directory: null, MayUseHostProgram: request.Root is null);
        refusal = $"paging view: {start.Describe(guest.Error)}";
        guest.Dispose();
        return null;
    }

    /// <summary>
    /// Starts the program without input, with PATH as its environment and its output for the page only, since it is run repeatedly.
    /// </summary>
    private static SteppedGuest Begin(ViewerOptions request, SafeFileHandle nothing, IGuestAccessSink? accesses)
    {
        int input = (int)nothing.DangerousGetHandle();    // open as long as the command runs
        SafeFileHandle file = OpenTemporaryFile();
        int output = (int)file.DangerousGetHandle();    // open as long as the machine
        RunCosts? costs = accesses is null && request.Costs is { } prices ? new(prices) : null;
        return new(
            (observer, calls) => new(new GuestKernelOptions
            {
                Engine = new EngineOptions
                {
                    RamBytes = request.RamBytes ?? ProgramRamBytes,
                    Tables = request.Tables,
                    Seed = request.Seed,
                },
                Root = request.Root ?? ".",
                MayUseHostProgram = request.Root is null,
                StartTime = RunRequest.SeededStartTime,
                Pace = GuestPace.Code,    // as with a sink, so that both take the same steps
                Accesses = accesses ?? costs,
                Observer = observer,
                Trace = calls,
                StandardStreams = [input, output, output],
            }),
            kernel => kernel.Start(request.Words[0], request.Words[1..], ["PATH=/usr/bin:/bin"]),
            file, costs);
    }

    /// <summary>Opens a file without a name, which exists as long as it is open.</summary>
    /// <exception cref="IOException">There can be none; the message names the directory.</exception>
    private static SafeFileHandle OpenTemporaryFile()
    {
        try
        {
            string name = Path.GetTempFileName();
            SafeFileHandle file = File.OpenHandle(name, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            File.Delete(name);
            return file;
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            throw new IOException($"no temporary file in {Path.GetTempPath()}: {UserFiles.ReasonOf(exception)}", exception);
        }
    }
}
