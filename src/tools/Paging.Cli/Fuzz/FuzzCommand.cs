using System.CommandLine;
using Paging.Cli.Run;
using Paging.Core;
using Paging.Guest;
using Paging.Native;
using Paging.Processors.Emulation;

namespace Paging.Cli.Fuzz;

/// <summary><c>paging fuzz PROGRAM</c>: what afl-fuzz starts as its target, for an i386 program without instrumentation.</summary>
/// <remarks>
/// The emulated processor executes the program up to the first call that uses the input; each input is a fork of that process
/// (<see cref="GuestKernel.RunCopy"/>). Code pace and a fixed clock, so that the same input takes the same way.
/// </remarks>
internal sealed class FuzzCommand(TextWriter output, TextWriter errors)
{
    private const string Name = "paging fuzz", FuzzersInput = ".cur_input";
    private readonly RunOptions _shared = new();
    private readonly Option<string> _input = new("--input")
    {
        Description = "The file that the fuzzer writes its inputs to, among the program's arguments [default: the argument that ends in "
            + $"{FuzzersInput}, which afl-fuzz puts in place of @@; without one, standard input].",
        HelpName = "FILE",
    };

    /// <summary>The command for the parser.</summary>
    public Command Build()
    {
        Command command = new("fuzz",
            "Serves afl-fuzz: runs an i386 program of Linux, as it is, from where it is about to use its input, once for each input.");
        _shared.AddForFuzzing(command);
        command.Options.Add(_input);
        command.SetAction(result =>
        {
            output.Flush();    // the program writes to the same stream, but past it
            return Execute(_shared.ReadForFuzzing(result), result.GetValue(_input));
        });
        return command;
    }

    /// <summary>Options that take the next word as their value.</summary>
    public static IEnumerable<string> NamesWithValue => ["--input", .. new RunOptions().NamesForFuzzing];

    private int Execute(RunRequest request, string? input)
    {
        if (!OperatingSystem.IsLinux()) return Refusal.Tell(errors, $"{Name}: programs run on Linux hosts only");
        ProcessLimits.RefuseLongFiles();
        if (!GuestProcessor.IsAvailable(out string reason)) return Refusal.Tell(errors, $"{Name}: {reason}");
        if (!Directory.Exists(request.Root)) return Refusal.Tell(errors, $"{Name}: --root {request.Root}: no such directory");
        if (request.Words.Length == 0) return Refusal.Tell(errors, $"{Name}: there is no PROGRAM (see {Name} --help)");
        using ForkServer? server = ForkServer.OpenOrNull(out string complaint);
        if (server is null) return Refusal.Tell(errors, $"{Name}: {complaint}");
        using EdgeCoverage coverage = new(server.Map);
        GuestKernelOptions options = RunCommand.ToOptions(request, errors) with { Coverage = coverage };
        if (!RunCommand.TryMake(options, request, errors, out GuestKernel? made)) return ExitCode.Unusable;
        using GuestKernel kernel = made!;
        int at = Array.FindIndex(request.Words, 1, word => input is null ? word.EndsWith(FuzzersInput, StringComparison.Ordinal)
            : string.Equals(word, input, StringComparison.Ordinal));
        if (input is not null && at < 0) return Refusal.Tell(errors, $"{Name}: --input {input} is not among the program's arguments");
        string? path = at < 0 ? null : kernel.ToGuestPath(Path.GetFullPath(request.Words[at]));
        if (path is not null)
        {
            bool isInTree = request.Root is "/" || !string.Equals(path, Path.GetFullPath(request.Words[at]), StringComparison.Ordinal);
            if (!isInTree) return Refusal.Tell(errors, $"{Name}: the input lies outside --root {request.Root}: {request.Words[at]}");
            request = request with { Words = [.. request.Words[..at], path, .. request.Words[(at + 1)..]] };
        }

        if (!RunCommand.TryBegin(kernel, request, checkpoint: null, errors)) return ExitCode.Unusable;
        if (kernel.RunToInput(path) is { } ended)
        {
            return Refusal.Tell(errors,
                $"{Name}: the program has ended ({ended.End}, {ended.Code}) before it used {path ?? "standard input"}");
        }

        coverage.Cover(CodeOf(kernel));
        return server.Serve(kernel);
    }

    /// <summary>The code of the program itself, which lies lowest; with AFL_INST_LIBS, as for afl-qemu-trace, all there is.</summary>
    private static PageRange CodeOf(GuestKernel kernel)
    {
        AreaSnapshot[] code = [.. kernel.Engine.Processes.First().Memory.Snapshot()
            .Where(static area => (area.Protection & MemoryProtection.Execute) != 0)];
        bool coversAll = Environment.GetEnvironmentVariable("AFL_INST_LIBS") is not null || code.Length == 0;
        return coversAll ? new(default, PageCount.UserHalf)
            : PageRange.Between(code[0].Range.First, code.Last(area => area.ObjectId == code[0].ObjectId).Range.End);
    }
}
