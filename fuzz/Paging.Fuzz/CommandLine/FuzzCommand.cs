using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Native;
using Paging.Native.Diagnostics;
using Paging.Testing.Lockstep;

namespace Paging.Fuzz;

/// <summary>The options of the fuzzer: how they are spelled, explained and checked.</summary>
internal sealed class FuzzCommand
{
    private readonly Option<string> _target = new("--target", "-t") { Description = TargetTable.Help, HelpName = "NAME", Required = true };
    private readonly Option<ulong> _seed = new("--seed", "-s")
    {
        Description = "The first scenario's seed; the next ones take the numbers that follow.",
        DefaultValueFactory = static _ => 1,
    };
    private readonly Option<long> _operations = new("--ops") { Description = "Stop after this number of operations." };
    private readonly Option<double> _seconds =
        new("--seconds") { Description = "Stop after this number of seconds [default: 10, unless another option ends the run]." };
    private readonly Option<double> _processorSeconds =
        new("--processor-seconds") { Description = "Stop after this many seconds of processor time, however busy the host is." };
    private readonly Option<int> _jobs = new("--jobs", "-j") { Description = "Threads.", DefaultValueFactory = static _ => 1 };
    private readonly Option<string> _out =
        new("--out") { Description = "Where the scripts of failures go [default: paging-fuzz in the temporary directory]." };
    private readonly Option<int> _failures =
        new("--failures") { Description = "Stop after this number of failures.", DefaultValueFactory = static _ => 1 };
    private readonly Option<int> _audit = new("--audit")
    {
        Description = "Operations between two audits; 0 for no audits [default: chosen by the seed].",
        DefaultValueFactory = static _ => -1,
    };
    private readonly Option<string> _oracle =
        new("--oracle")
        {
            Description = "Which machine's results count as right [default: chosen by the target].",
            HelpName = OracleNames.All
        };
    private readonly Option<bool> _windows = new("--windows")
    {
        Description = "Scenarios with a window of the host for each process, compared with the page tables after each call.",
    };
    private readonly Option<string> _script = new("--script")
    {
        Description = "Runs the script of a finding and no seed; of crossings a scenario with a comment '# beside NAME…'.",
        HelpName = "FILE",
    };
    private readonly Option<VerificationLevel> _verify =
        new("--verify") { Description = "The engine's own checks.", DefaultValueFactory = static _ => VerificationLevel.Cheap };
    private readonly Option<int> _canaries =
        new("--canaries") { Description = "Try only this number of canaries, always the same ones [default: all]." };
    private readonly Option<string> _only = new("--only")
    {
        Description = "Try only canaries whose names contain this text; of rules, those whose numbers begin with it.",
    };
    private readonly Option<double> _shrink =
        new("--shrink")
        {
            Description = "Seconds to spend on making a failure smaller; 0 to skip it.",
            DefaultValueFactory = static _ => 30
        };
    private readonly Option<bool> _quiet = new("--quiet", "-q") { Description = "No table of what was executed." };

    /// <summary>The command for the parser; the parsed options go to the function.</summary>
    public RootCommand Build(Func<FuzzOptions, int> run)
    {
        RootCommand command =
            new("Runs random operations on the paging engine and its parts, against models, audits and the host's kernel.")
        {
            _target, _seed, _operations, _seconds, _processorSeconds, _jobs, _out, _failures, _audit, _oracle, _windows, _verify, _shrink,
            _canaries, _only, _script, _quiet,
        };
        _target.Validators.Add(static result =>
            Require(result, TargetTable.Exists(result.Tokens[0].Value),
            $"unknown target '{result.Tokens[0].Value}'; there are {TargetTable.Names}"));
        _oracle.Validators.Add(static result =>
            Require(result, OracleNames.TryFind(result.Tokens[0].Value, out _),
            $"--oracle is {OracleNames.All}, not '{result.Tokens[0].Value}'"));
        command.SetAction(result => run(OptionsOf(result)));
        command.Subcommands.Add(CampaignCommand.Build());
        command.Subcommands.Add(CampaignCommand.BuildStatus());
        return command;
    }

    private static void Require(SymbolResult result, bool holds, string complaint)
    {
        if (!holds) result.AddError(complaint);
    }

    private FuzzOptions OptionsOf(ParseResult result)
    {
        long operations = result.GetValue(_operations);
        double processorSeconds = result.GetValue(_processorSeconds);
        double seconds = result.GetResult(_seconds) is null && operations == 0 && processorSeconds == 0 ? 10 : result.GetValue(_seconds);
        FuzzOptions options = new()
        {
            Target = result.GetRequiredValue(_target),
            Seed = result.GetValue(_seed),
            OperationCountMax = operations,
            Duration = TimeSpan.FromSeconds(seconds),
            ProcessorTime = TimeSpan.FromSeconds(processorSeconds),
            JobCount = Math.Max(1, result.GetValue(_jobs)),
            FailureCountMax = Math.Max(1, result.GetValue(_failures)),
            AuditInterval = result.GetValue(_audit),
            Oracles = result.GetValue(_oracle) is { } name && OracleNames.TryFind(name, out MachineSet set) ? set : null,
            HasWindows = result.GetValue(_windows),
            Verification = result.GetValue(_verify),
            ShrinkBudget = TimeSpan.FromSeconds(result.GetValue(_shrink)),
            CanaryCountMax = result.GetValue(_canaries),
            CanaryName = result.GetValue(_only) ?? "",
            Script = result.GetValue(_script) ?? "",
            PrintsCoverage = !result.GetValue(_quiet),
        };
        return result.GetValue(_out) is { } directory ? options with { OutDirectory = directory } : options;
    }
}
