using System.CommandLine;
using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>The arguments and options of <c>paging conform</c>.</summary>
internal sealed class ConformCommand
{
    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description = "Adapter and its arguments, after --. Its standard streams follow the protocol of docs/CONFORMANCE.md.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _recordings = new("--recordings")
    {
        Description = "Scenarios to compare with; a directory means its *.scn files [default: the recordings in this program].",
        HelpName = "FILE|DIR",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int> _generate = new("--generate") { Description = "Generate N scenarios instead.", HelpName = "N" };

    private readonly Option<ulong> _seed = new("--seed") { Description = "Seed of the first generated one [default: 0].", HelpName = "S" };

    private readonly Option<string> _against = new("--against")
    {
        Description = "Source of the expected results: the model, or this host's kernel.",
        HelpName = "model|host",
        DefaultValueFactory = static _ => "model",
    };

    private readonly Option<string> _level = new("--level")
    {
        Description = "exact compares every row of maps; relaxed joins rows that look like one area first.",
        HelpName = "relaxed|exact",
        DefaultValueFactory = static _ => "exact",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "Directory for the smallest script of each broken rule.",
        HelpName = "DIR",
    };

    private readonly Option<string> _report = new("--report")
    {
        Description = "Write a page with agreement by family and rule, and the smallest scripts.",
        HelpName = "FILE.html",
    };

    private readonly Option<double> _patience = new("--timeout")
    {
        Description = "Timeout of one answer.",
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => 10,
    };

    private readonly Option<double> _shrink = new("--shrink")
    {
        Description = "Time limit for shrinking one script; 0 keeps scripts as they were found.",
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => 10,
    };

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public Command Build(Func<ConformOptions, int> run)
    {
        Command command = new("conform",
            "Check any implementation of Linux' memory calls: run scenarios on COMMAND and compare every result.")
        {
            _command, _recordings, _generate, _seed, _against, _level, _out, _report, _patience, _shrink,
        };
        _against.AcceptOnlyFromAmong("model", "host");
        _level.AcceptOnlyFromAmong("relaxed", "exact");
        OptionRange.Require(_generate, 0, 1_000_000);
        OptionRange.Require(_seed, 0UL, ulong.MaxValue);
        foreach (Option<double> seconds in new[] { _patience, _shrink }) OptionRange.Require(seconds, 0, 3600);
        command.SetAction(result => run(OptionsOf(result)));
        return command;
    }

    private ConformOptions OptionsOf(ParseResult result) => new()
    {
        Command = result.GetRequiredValue(_command),
        Recordings = result.GetValue(_recordings) ?? [],
        GenerateCount = result.GetValue(_generate),
        Seed = result.GetValue(_seed),
        Oracle = result.GetValue(_against) is "host" ? MachineSet.Host : MachineSet.Model,
        Level = result.GetValue(_level) is "relaxed" ? ConformanceLevel.Relaxed : ConformanceLevel.Exact,
        OutDirectory = result.GetValue(_out),
        ReportFile = result.GetValue(_report),
        Patience = TimeSpan.FromSeconds(Math.Max(0.1, result.GetValue(_patience))),
        ShrinkBudget = TimeSpan.FromSeconds(result.GetValue(_shrink)),
    };
}
