using System.CommandLine;
using System.Globalization;
using Paging.Cli.Run;
using Paging.Guest;
using Paging.Native;
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
    private readonly Option<string> _core = CommandOption.Text("--core", "FILE",
        "Core file of an i386 program: each run goes on from there, with the input written to --at. The input is the one argument, "
            + "else standard input.");
    private readonly Option<VirtualAddress?> _at = Address("--at", "With --core: address of the buffer that gets the input.");
    private readonly Option<VirtualAddress?> _length = Address("--length-at", "With --core: address of the word that gets its length.");

    /// <summary>The command for the parser.</summary>
    public Command Build()
    {
        Command command = new("fuzz",
            "Serve afl-fuzz: run an unmodified i386 program of Linux once per input, from its first use of the input.");
        _shared.AddForFuzzing(command);
        foreach (Option option in (Option[])[_input, _core, _at, _length]) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if ((result.GetResult(_core) is null) != (result.GetResult(_at) is null))
                result.AddError("--core FILE and --at ADDRESS belong together");
        });
        command.SetAction(result =>
        {
            output.Flush();    // the program writes to the same stream, but past it
            CoreInput? core = result.GetValue(_core) is { } path
                ? new(path, result.GetValue(_at)!.Value, result.GetValue(_length)) : null;
            return Execute(_shared.Read(result), result.GetValue(_input), core);
        });
        return command;
    }

    private static Option<VirtualAddress?> Address(string name, string description) =>
        CommandOption.Parsed<VirtualAddress?>(name, "ADDRESS", description, result =>
        {
            string text = result.Tokens[0].Value;
            ReadOnlySpan<char> digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text;
            if (uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)) return new(value);
            result.AddError($"{name} is an address in hexadecimal, not '{text}'");
            return null;
        });

    /// <summary>Options that take the next word as their value.</summary>
    public static IEnumerable<string> NamesWithValue => ["--input", "--core", "--at", "--length-at", .. new RunRequest().NamesForFuzzing];

    private int Execute(RunRequest request, string? input, CoreInput? core)
    {
        if (!OperatingSystem.IsLinux()) return Refusal.Report(errors, $"{Name}: programs run on Linux hosts only");
        ProcessLimits.RefuseLongFiles();
        if (!GuestProcessor.IsAvailable(out string reason)) return Refusal.Report(errors, $"{Name}: {reason}");
        if (!Directory.Exists(request.Root)) return Refusal.Report(errors, $"{Name}: {StartRefusal.MissingRoot(request.GivenRoot)}");
        if (core is not null && (request.ChecksMemory || request.Words.Length > 1))
            return Refusal.Report(errors, $"{Name}: --core goes with one argument, the input, and without --check");
        if (core is null && request.Words.Length == 0) return Refusal.Report(errors, $"{Name}: there is no PROGRAM (see {Name} --help)");
        using ForkServer? server = ForkServer.OpenOrNull(out string complaint);
        if (server is null) return Refusal.Report(errors, $"{Name}: {complaint}");
        using EdgeCoverage coverage = new(server.Map);
        using FuzzTarget? target = core is null
            ? FuzzTarget.StartOrNull(request with { IsUnchecked = true }, coverage, input, errors)
            : FuzzTarget.StartCoreOrNull(request, coverage, core, errors);
        if (target is null) return ExitCode.Unusable;
        using FuzzTarget? withChecks = request.ChecksMemory ? FuzzTarget.StartOrNull(request, coverage: null, input, errors) : null;
        if (withChecks is null && request.ChecksMemory) return ExitCode.Unusable;
        coverage.Cover(target.Code());
        return server.Serve(target, withChecks is null ? null : new InputChecks(withChecks, server.Map));
    }
}
