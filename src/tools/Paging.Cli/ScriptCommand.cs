using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Cli.Reports;
using Paging.Native;
using Paging.Scripting.Engine;

namespace Paging.Cli;

/// <summary>The arguments and options of <c>paging script</c>: how they are spelled, explained and checked.</summary>
internal sealed class ScriptCommand
{
    private readonly Argument<string[]> _paths = new("FILE|DIR")
    {
        Description = "Scenario files; a directory stands for all *.scn files in it, in order.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _keepGoing =
        new("--keep-going", "-k") { Description = "After a difference, continue with the next call instead of the next file." };

    private readonly Option<bool> _print = new("--print", "-p")
    {
        Description = "Write the scenarios to standard output with the engine's own results instead of comparing.",
    };

    private readonly Option<bool> _report = new("--report", "-r")
    {
        Description = "Also show the calls, signals and page faults of the run, and the frames and maps at the end of the last scenario.",
    };

    private readonly Option<string> _reportFile = new(ReportArguments.FileOption)
    {
        Description = "Write a page with pictures: faults by time and address, memory in use. Same as --report FILE.html.",
        HelpName = "FILE.html",
    };

    private readonly Option<AuditLevel> _audit = ChoiceOption.Make("--audit",
        "Check the engine's invariants: off, cheap (when a scenario ends) or thorough (after every call) [default: cheap].",
        ("off", AuditLevel.Off), ("cheap", AuditLevel.Cheap), ("thorough", AuditLevel.Thorough));

    private readonly Option<ulong> _ram = new("--ram")
    {
        Description = "Physical memory of each engine: 1M to 4G, whole pages [default: 64M].",
        HelpName = "SIZE",
        CustomParser = static result => ReadRam(result),
    };

    private readonly Option<TableFormat> _tables =
        ChoiceOption.Tables("Page table format of each engine: classic (two levels) or pae (three levels, NX) [default: classic].");

    private readonly Option<SwapChoice?> _swap = SwapChoice.Make(
        "Add a swap device to each engine: in the host's memory, in a new file, or on servers (docs/REMOTE.md) [default: none].",
        SwapChoice.EngineWindow, takesSize: true);

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "Seed of the engine's random numbers [default: 0].",
        HelpName = "N",
        CustomParser = static result => ReadSeed(result),
    };

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public Command Build(Func<ScriptOptions, int> run)
    {
        Command command =
            new("script", "Execute recorded scenarios of memory calls on the engine and compare every result with the recorded one.")
        {
            _paths, _keepGoing, _print, _report, _reportFile, _audit, _ram, _swap, _tables, _seed,
        };
        _paths.Validators.Add(static result => RefuseUnknownOptions(result));
        command.SetAction(result => run(OptionsOf(result)));
        return command;
    }

    private ScriptOptions OptionsOf(ParseResult result) => new()
    {
        Paths = [.. result.GetRequiredValue(_paths)],
        KeepGoing = result.GetValue(_keepGoing),
        Print = result.GetValue(_print),
        Report = result.GetValue(_report),
        ReportFile = result.GetValue(_reportFile),
        Machine = MachineOf(result, new()),
        Swap = result.GetValue(_swap),
    };

    private EngineMachineOptions MachineOf(ParseResult result, EngineMachineOptions defaults) => new()
    {
        RamBytes = result.GetResult(_ram) is null ? defaults.RamBytes : result.GetValue(_ram),
        Tables = result.GetValue(_tables),
        Seed = result.GetResult(_seed) is null ? defaults.Seed : result.GetValue(_seed),
        Audit = result.GetResult(_audit) is null ? defaults.Audit : result.GetValue(_audit),
    };

    /// <summary>The parser takes unknown options for files; refuses them unless such a file exists.</summary>
    private static void RefuseUnknownOptions(ArgumentResult result)
    {
        foreach (Token token in result.Tokens)
            if (token.Value.StartsWith('-') && !Path.Exists(token.Value)) result.AddError($"unknown option '{token.Value}'");
    }

    private static ulong ReadRam(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (!ByteSize.TryParse(text, out ulong byteLength)) result.AddError($"--ram is a size such as 64M or 1G, not '{text}'");
        else if (byteLength is < ScriptOptions.RamByteLengthMin or > ScriptOptions.RamByteLengthMax || byteLength % 4096 != 0)
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
