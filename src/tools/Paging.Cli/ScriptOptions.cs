using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Cli.Reports;
using Paging.Costs.Prices;
using Paging.Native;
using Paging.Scripting.Engine;

namespace Paging.Cli;

/// <summary>The arguments and options of <c>paging script</c>, and their values once they are parsed.</summary>
internal sealed class ScriptOptions
{
    private const ulong RamByteLengthMin = 1ul << 20, RamByteLengthMax = 1ul << 32;    // all that 32 bits reach

    private readonly Argument<string[]> _paths = new("FILE|DIR")
    {
        Description = "Scenario files; a directory stands for all *.scn files in it, in order.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _keepGoing =
        CommandOption.Flag("--keep-going", "After a difference, continue with the next call instead of the next file.", "-k");

    private readonly Option<bool> _print = CommandOption.Flag(
        "--print", "Write the scenarios to standard output with the engine's own results instead of comparing.", "-p");

    private readonly Option<bool> _report = CommandOption.Flag("--report",
        "Also show the calls, signals and page faults of the run, and the frames and maps at the end of the last scenario.", "-r");

    private readonly Option<string> _reportFile = CommandOption.OutputFile(ReportArguments.FileOption, "FILE.html",
        "Write a page with pictures: faults by time and address, memory in use. Same as --report FILE.html.");

    private readonly Option<AuditLevel> _audit = CommandOption.Choice("--audit",
        "Check the engine's invariants: off, cheap (when a scenario ends) or thorough (after every call) [default: cheap].",
        AuditLevel.Off, AuditLevel.Cheap, AuditLevel.Thorough);

    private readonly Option<ulong> _ram = CommandOption.Parsed(
        "--ram", "SIZE", "Physical memory of each engine: 1M to 4G, whole pages [default: 64M].", static result => ReadRam(result));

    private readonly Option<TableFormat> _tables =
        CommandOption.Tables("Page table format of each engine: classic (two levels) or pae (three levels, NX) [default: classic].");

    private readonly Option<SwapChoice?> _swap = SwapChoice.Make(
        "Add a swap device to each engine: in the host's memory, in a new file, or on servers (docs/REMOTE.md) [default: none].",
        SwapChoice.EngineWindow, takesSize: true);

    private readonly Option<ulong> _seed = CommandOption.Parsed(
        "--seed", "N", "Seed of the engine's random numbers [default: 0].", static result => ReadSeed(result));

    private readonly Option<PriceList?> _costs =
        CostLists.Make("Also show the time of each scenario on a machine; its files lie on the machine's disk.");

    private ParseResult _result = null!;

    /// <summary>Files and directories, as named.</summary>
    public ImmutableArray<string> Paths => [.. _result.GetRequiredValue(_paths)];

    /// <summary>Go on with the next call after a difference.</summary>
    public bool KeepGoing => _result.GetValue(_keepGoing);

    /// <summary>Write the scenarios with the machine's results instead of comparing.</summary>
    public bool Print => _result.GetValue(_print);

    /// <summary>Print at the end the executed calls and the state of the last machine.</summary>
    public bool Report => _result.GetValue(_report);

    /// <summary>The file for a page with pictures of the run, or null.</summary>
    public string? ReportFile => _result.GetValue(_reportFile);

    /// <summary>The swap device of each engine; null: none.</summary>
    public SwapChoice? Swap => _result.GetValue(_swap);

    /// <summary>The machine whose time is shown; null for none.</summary>
    public PriceList? Costs => _result.GetValue(_costs);

    /// <summary>The options of each machine.</summary>
    public EngineMachineOptions Machine { get; private set; } = new();

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public static Command Build(Func<ScriptOptions, int> run)
    {
        ScriptOptions options = new();
        Command command =
            new("script", "Execute recorded scenarios of memory calls on the engine and compare every result with the recorded one.")
        {
            options._paths, options._keepGoing, options._print, options._report, options._reportFile, options._audit, options._ram,
            options._swap, options._tables, options._seed, options._costs,
        };
        command.SetAction(result =>
        {
            options.Read(result);
            return run(options);
        });
        return command;
    }

    private void Read(ParseResult result)
    {
        _result = result;
        Machine = new()
        {
            RamBytes = result.Or(_ram, Machine.RamBytes),
            Tables = result.GetValue(_tables),
            Seed = result.Or(_seed, Machine.Seed),
            Audit = result.Or(_audit, Machine.Audit),
        };
    }

    private static ulong ReadRam(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (!ByteSize.TryParse(text, out ulong byteLength)) result.AddError($"--ram is a size such as 64M or 1G, not '{text}'");
        else if (byteLength is < RamByteLengthMin or > RamByteLengthMax || byteLength % 4096 != 0)
            result.AddError($"--ram is 1M to 4G in whole pages of 4096 bytes, not '{text}'");
        return byteLength;
    }

    private static ulong ReadSeed(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        bool isRead = text.StartsWith("0x", StringComparison.Ordinal)
            ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong seed)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out seed);
        if (!isRead) result.AddError($"--seed is a number of up to 64 bits, not '{text}'");
        return seed;
    }
}
