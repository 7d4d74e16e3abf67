using System.Runtime.InteropServices;
using Paging.Cli.Programs;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Windows.Reports;
using Paging.WindowsGuest;

namespace Paging.Cli.Run;

/// <summary><c>paging run</c> for programs of Windows: files that begin with <c>MZ</c>.</summary>
internal static class WindowsRunCommand
{
    private const int MagicLength = 2;

    /// <summary>Returns true if the program is a file of the host that begins with <c>MZ</c>.</summary>
    public static bool IsFor(RunRequest request)
    {
        if (request.Source is not null) return false;    // checkpoints are of Linux programs
        string path = PathOf(request);
        if (!File.Exists(path) || !HostFileKind.IsRegular(path)) return false;
        try
        {
            Span<byte> magic = stackalloc byte[MagicLength];
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return file.ReadAtLeast(magic, MagicLength, throwOnEndOfStream: false) == MagicLength && WindowsProgram.HasMagic(magic);
        }
        catch (Exception exception) when (UserFiles.IsRefusal(exception))
        {
            return false;    // the Linux side reports the error
        }
    }

    /// <summary>Runs it. Returns the low byte of its exit code, as a shell shows it.</summary>
    public static int Execute(RunRequest request, TextWriter errors)
    {
        if (request.Trace || request.ChecksMemory || request.Accesses is not null || request.DebugPort is not null
            || request.ReportPath is not null)
            return Refusal.Report(errors, "paging run: --strace, --trace, --check, --gdb and --report are for programs of Linux");
        if (request.Target is not null) return Refusal.Report(errors, "paging run: a program of Windows cannot be saved yet");
        EngineOptions engine = new() { RamBytes = request.RamBytes!.Value & ~0xFFFUL, Tables = TableFormat.Pae, Seed = request.Seed };
        using Stream input = StandardStreams.OpenInput(), output = StandardStreams.OpenOutputBytes(),
            failures = StandardStreams.OpenErrorBytes();
        WindowsProgramOptions options = new()
        {
            Engine = engine,
            HasLargeUserRange = request.HasLargeUserRange,
            CommandLine = string.Join(' ', request.Words),
            Input = input,
            Output = output,
            Errors = failures,
        };
        if (!WindowsProgram.TryLoad(File.ReadAllBytes(PathOf(request)), options, out WindowsProgram? loaded, out string refusal))
            return Refusal.Report(errors, $"paging run: {request.Words[0]}: {refusal}");
        using WindowsProgram program = loaded!;
        bool timeIsUp = false;
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using Timer limit = new(
            _ =>
            {
                timeIsUp = true;
                program.RequestStop();
            }, null, request.TimeLimitSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        WindowsOutcome outcome = program.Run();
        if (outcome.Reason is { } reason) errors.Write($"paging run: {reason}\n");
        if (request.ShowMaps) errors.Write(program.Process.TakeSnapshot().ToVadText());
        GuestEnd end = !outcome.IsStopped ? GuestEnd.Exited : timeIsUp ? GuestEnd.LimitReached : GuestEnd.Stopped;
        int status = new GuestOutcome(end, (int)outcome.ExitCode).ShellStatus;
        return status == 0 && outcome.Reason is not null ? ExitCode.Difference : status;    // the low byte of an exception's code may be 0

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            program.RequestStop();
        }
    }

    private static string PathOf(RunRequest request) =>
        request.HasRoot && !request.MayUseHostProgram ? Path.Join(request.Root, request.Words[0]) : request.Words[0];
}
