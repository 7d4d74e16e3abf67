using System.CommandLine;
using Paging.Cli.Run;
using Paging.Guest;
using Paging.Processors.Emulation;

namespace Paging.Cli.Fuzz;

/// <summary><c>paging fuzz PROGRAM</c>: the target of afl-fuzz, for an i386 program without instrumentation.</summary>
/// <remarks>
/// The emulated processor executes the program up to the first call that uses the input; each input is a fork of that process
/// (<see cref="GuestKernel.RunCopy"/>). Code pace and a fixed clock, so that the same input takes the same way.
/// </remarks>
internal sealed class FuzzCommand(TextWriter output, TextWriter errors)
{
    internal const string Name = "paging fuzz", FuzzersInput = ".cur_input";
    private readonly RunRequest _shared = new();
    private readonly Option<string> _input = CommandOption.Text("--input", "FILE",
        "Input file of the fuzzer, among the program's arguments [default: the argument that ends in "
            + $"{FuzzersInput}, which afl-fuzz puts in place of @@; without one, standard input].");

    /// <summary>The command for the parser.</summary>
    public Command Build()
    {
        Command command = new("fuzz",
            "Serve afl-fuzz: run an unmodified i386 program of Linux once per input, from its first use of the input.");
        _shared.AddForFuzzing(command);
        command.Options.Add(_input);
        command.SetAction(result =>
        {
            output.Flush();    // the program writes to the same stream, but past it
            return Execute(_shared.Read(result), result.GetValue(_input));
        });
        return command;
    }

    /// <summary>Options that take the next word as their value.</summary>
    public static IEnumerable<string> NamesWithValue => ["--input", .. new RunRequest().NamesForFuzzing];

    private int Execute(RunRequest request, string? input)
    {
        if (!OperatingSystem.IsLinux()) return Refusal.Report(errors, $"{Name}: programs run on Linux hosts only");
        ProcessLimits.RefuseLongFiles();
        if (!GuestProcessor.IsAvailable(out string reason)) return Refusal.Report(errors, $"{Name}: {reason}");
        if (!Directory.Exists(request.Root)) return Refusal.Report(errors, $"{Name}: {StartRefusal.MissingRoot(request.GivenRoot)}");
        if (request.Words.Length == 0) return Refusal.Report(errors, $"{Name}: there is no PROGRAM (see {Name} --help)");
        using ForkServer? server = ForkServer.OpenOrNull(out string complaint);
        if (server is null) return Refusal.Report(errors, $"{Name}: {complaint}");
        using EdgeCoverage coverage = new(server.Map);
        using FuzzTarget? target = FuzzTarget.StartOrNull(request with { IsUnchecked = true }, coverage, input, errors);
        if (target is null) return ExitCode.Unusable;
        using FuzzTarget? withChecks = request.ChecksMemory ? FuzzTarget.StartOrNull(request, coverage: null, input, errors) : null;
        if (withChecks is null && request.ChecksMemory) return ExitCode.Unusable;
        coverage.Cover(target.Code());
        return server.Serve(target.Kernel, withChecks is null ? null : new InputChecks(withChecks, server.Map));
    }
}
