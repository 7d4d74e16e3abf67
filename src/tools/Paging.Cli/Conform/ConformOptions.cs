using System.CommandLine;
using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>The arguments and options of <c>paging conform</c>, and their values once they are parsed.</summary>
internal sealed class ConformOptions
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

    private readonly Option<int> _generate = CommandOption.Number("--generate", "N", "Generate N scenarios instead.", 0, 1_000_000);

    private readonly Option<ulong> _seed =
        CommandOption.Number("--seed", "S", "Seed of the first generated one [default: 0].", 0UL, ulong.MaxValue);

    private readonly Option<string> _against = CommandOption.Word(
        "--against", "Source of the expected results: the model, or this host's kernel.", "model", "model", "host");

    private readonly Option<string> _level = CommandOption.Word(
        "--level", "exact compares every row of maps; relaxed joins rows that look like one area first.", "exact", "relaxed", "exact");

    private readonly Option<string> _out = CommandOption.Text("--out", "DIR", "Directory for the smallest script of each broken rule.");

    private readonly Option<string> _report = CommandOption.Text(
        "--report", "FILE.html", "Write a page with agreement by family and rule, and the smallest scripts.");

    private readonly Option<string> _json = CommandOption.Text("--json", "FILE", "Write the results as JSON, also after an interruption.");

    private readonly Option<string> _junit = CommandOption.Text(
        "--junit", "FILE.xml", "Write them as JUnit's XML: a suite for each family, a case for each scenario.");

    private readonly Option<bool> _anySpace = CommandOption.Flag(
        "--any-space", "Leave out calls whose results depend on an address space of 3 GiB, as for 64-bit processes.");

    private readonly Option<double> _patience = CommandOption.Number<double>("--timeout", "SECONDS", "Timeout of one answer.", 0, 3600, 10);

    private readonly Option<double> _shrink = CommandOption.Number<double>(
        "--shrink", "SECONDS", "Time limit for shrinking one script; 0 keeps scripts as they were found.", 0, 3600, 10);

    private readonly Option<double> _progress = CommandOption.Number<double>(
        "--progress", "SECONDS", "Time between two lines of progress, where standard error is no terminal.", 0.1, 3600, 10);

    private ParseResult _result = null!;

    /// <summary>The adapter: a program and its arguments.</summary>
    public IReadOnlyList<string> Command => _result.GetRequiredValue(_command);

    /// <summary>Files and directories of recordings; if empty and nothing is generated, the recordings in this program.</summary>
    public IReadOnlyList<string> Recordings => _result.GetValue(_recordings) ?? [];

    /// <summary>Scenarios to generate.</summary>
    public int GenerateCount => _result.GetValue(_generate);

    /// <summary>The seed of the first generated scenario.</summary>
    public ulong Seed => _result.GetValue(_seed);

    /// <summary>The source of the expected results of generated and shrunk scenarios.</summary>
    public MachineSet Oracle => _result.GetValue(_against) is "host" ? MachineSet.Host : MachineSet.Model;

    /// <summary>The exactness required of the adapter.</summary>
    public ConformanceLevel Level => _result.GetValue(_level) is "relaxed" ? ConformanceLevel.Relaxed : ConformanceLevel.Exact;

    /// <summary>The directory for the smallest scripts; null for none.</summary>
    public string? OutDirectory => _result.GetValue(_out);

    /// <summary>The file of the report page; null for none.</summary>
    public string? ReportFile => _result.GetValue(_report);

    /// <summary>The file of the results as JSON; null for none.</summary>
    public string? JsonFile => _result.GetValue(_json);

    /// <summary>The file of the results as JUnit's XML; null for none.</summary>
    public string? JunitFile => _result.GetValue(_junit);

    /// <summary>True: calls that depend on the size of the address space are left out.</summary>
    public bool TakesAnySpace => _result.GetValue(_anySpace);

    /// <summary>The source of the expected results, in a word.</summary>
    public string OracleName => Oracle == MachineSet.Host ? "host" : GenerateCount > 0 ? "model" : "recordings";

    /// <summary>The time for one answer.</summary>
    public TimeSpan Patience => TimeSpan.FromSeconds(Math.Max(0.1, _result.GetValue(_patience)));

    /// <summary>The time for the shrinking of one break.</summary>
    public TimeSpan ShrinkBudget => TimeSpan.FromSeconds(_result.GetValue(_shrink));

    /// <summary>The time between two lines of progress.</summary>
    public TimeSpan ProgressStep => TimeSpan.FromSeconds(_result.GetValue(_progress));

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public static Command Build(Func<ConformOptions, int> run)
    {
        ConformOptions options = new();
        Command command = new("conform",
            "Check any implementation of Linux' memory calls: run scenarios on COMMAND and compare every result.")
        {
            options._command, options._recordings, options._generate, options._seed, options._against, options._level, options._out,
            options._report, options._json, options._junit, options._anySpace, options._patience, options._shrink, options._progress,
        };
        command.SetAction(result =>
        {
            options._result = result;
            return run(options);
        });
        return command;
    }
}
