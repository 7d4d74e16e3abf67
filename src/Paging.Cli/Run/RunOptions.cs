using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Paging.Core;

namespace Paging.Cli;

/// <summary>The options of <c>paging run</c>.</summary>
internal sealed class RunOptions
{
    private readonly Option<ulong> _ram = Size("--ram", "Physical memory, 1M to 3G [default: 1G].", 1 << 30);
    private readonly Option<ulong> _swap = Size("--swap", "A swap device of so much, in the host's memory [default: none].", 0);

    private readonly Option<AddressLayout> _layout = new("--layout")
    {
        Description = "Where mappings go: flexible (downwards from below the stack) or classic (upwards from 40000000) [default: flexible].",
        HelpName = "flexible|classic",
        CustomParser = static result => ReadLayout(result),
    };

    private readonly Option<long> _seed = Number("--seed", "N", "Where all chance comes from: addresses, random bytes [default: 1].", 1);
    private readonly Option<long> _timeLimit = Number("--time-limit", "SECONDS", "End the run after so many seconds, with status 124.", 0);
    private readonly Option<long> _stepLimit = Number("--step-limit", "STEPS", "End the run after so many steps (system calls, and turns of code without one), with status 124.", 0);
    private readonly Option<long> _clock = Number("--clock", "SECONDS", "The guest's time at its start, since 1970 [default: the host's].", 0);
    private readonly Option<string> _root = new("--root") { Description = "The directory that is the program's /: it reaches nothing outside [default: the current directory].", HelpName = "DIR" };
    private readonly Option<string> _directory = new("--cwd") { Description = "Where in its tree the program starts [default: the current directory if that is in the tree, else /].", HelpName = "DIR" };
    private readonly Option<string[]> _environment = new("--env") { Description = "Adds to the environment, which is otherwise that of this command.", HelpName = "NAME=VALUE" };
    private readonly Option<bool> _noRandom = new("--no-aslr") { Description = "Leave nothing to chance in the layout of memory." };
    private readonly Option<string> _report = new("--report") { Description = "Write a page about the run: memory, counters, calls.", HelpName = "FILE.html" };
    private readonly Option<bool> _maps = new("--maps") { Description = "At the end print /proc/PID/maps of the program, on standard error." };
    private readonly Option<bool> _stats = new("--stats") { Description = "At the end print counters and calls, on standard error." };
    private readonly Option<bool> _trace = new("--strace") { Description = "Tell each system call on standard error; calls of memory as scenarios have them." };

    /// <summary>The program and its arguments.</summary>
    public Argument<string[]> Words { get; } = new("PROGRAM") { Description = "An i386 ELF program or a script, in the tree or on the host; then its arguments.", Arity = ArgumentArity.OneOrMore };

    public void AddTo(Command command)
    {
        command.Arguments.Add(Words);
        foreach (Option option in (Option[])[_ram, _swap, _layout, _seed, _noRandom, _root, _directory, _environment, _clock, _timeLimit, _stepLimit, _maps, _stats, _trace, _report]) command.Options.Add(option);
    }

    /// <summary>What was asked for.</summary>
    public RunRequest Read(ParseResult result) => new(
        result.GetRequiredValue(Words),
        result.GetResult(_ram) is null ? 1 << 30 : result.GetValue(_ram),
        result.GetResult(_swap) is null ? 0 : result.GetValue(_swap),
        result.GetValue(_layout),
        result.GetResult(_seed) is null ? 1 : (ulong)result.GetValue(_seed),
        !result.GetValue(_noRandom),
        result.GetValue(_root) ?? ".",
        result.GetValue(_directory),
        result.GetValue(_environment) ?? [],
        result.GetResult(_clock) is null ? null : result.GetValue(_clock) * 1_000_000_000,
        result.GetResult(_timeLimit) is null ? null : result.GetValue(_timeLimit),
        result.GetResult(_stepLimit) is null ? null : result.GetValue(_stepLimit),
        result.GetValue(_maps), result.GetValue(_stats), result.GetValue(_trace), result.GetValue(_report));

    private static Option<ulong> Size(string name, string description, ulong value) => new(name)
    {
        Description = description,
        HelpName = "SIZE",
        CustomParser = result =>
        {
            if (ByteSize.TryParse(result.Tokens[0].Value, out ulong size)) return size;
            result.AddError($"{name} is a size such as 16M, not '{result.Tokens[0].Value}'");
            return value;
        },
    };

    private static Option<long> Number(string name, string unit, string description, long value) => new(name)
    {
        Description = description,
        HelpName = unit,
        CustomParser = result =>
        {
            if (long.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return number;
            result.AddError($"{name} is a number, not '{result.Tokens[0].Value}'");
            return value;
        },
    };

    private static AddressLayout ReadLayout(ArgumentResult result)
    {
        switch (result.Tokens[0].Value)
        {
            case "flexible": return AddressLayout.Flexible;
            case "classic": return AddressLayout.Classic;
            default:
                result.AddError($"--layout is flexible or classic, not '{result.Tokens[0].Value}'");
                return default;
        }
    }
}

/// <summary>What <c>paging run</c> was asked for.</summary>
internal sealed record RunRequest(
    string[] Words, ulong RamBytes, ulong SwapBytes, AddressLayout Layout, ulong Seed, bool IsRandomized, string Root, string? Directory, string[] Environment, long? StartTime,
    long? TimeLimitSeconds, long? StepLimit, bool ShowMaps, bool ShowStatistics, bool Trace, string? ReportPath);
