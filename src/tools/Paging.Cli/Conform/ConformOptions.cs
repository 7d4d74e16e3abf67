using System.CommandLine;
using System.CommandLine.Parsing;
using Paging.Testing.Conformance;
using Paging.Testing.Lockstep;

namespace Paging.Cli.Conform;

/// <summary>The arguments and options of <c>paging conform</c>, and their values once they are parsed.</summary>
internal sealed class ConformOptions
{
    private readonly Argument<string[]> _command = new("COMMAND")
    {
        Description = "Adapter and its arguments, after --. Its standard streams follow the protocol of docs/CONFORMANCE.md.",
        Arity = ArgumentArity.ZeroOrMore,
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

    private readonly Option<string[]> _level = new("--level")
    {
        Description = "exact compares every row of maps; relaxed joins rows that look like one area first. A number or a range of 1-5: "
            + "only what this level of a course needs, with a table of what is passed. Both may be given [default: exact].",
        HelpName = "exact|relaxed|N|N-N",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _list = CommandOption.Flag("--list", "Print the scenarios with their levels, and run nothing.");

    private readonly Option<string> _out = CommandOption.Text("--out", "DIR", "Directory for the smallest script of each broken rule.");

    private readonly Option<string> _report = CommandOption.OutputFile(
        "--report", "FILE.html", "Write a page with agreement by family and rule, and the smallest scripts.");

    private readonly Option<string> _json = CommandOption.OutputFile(
        "--json", "FILE", "Write the results as JSON, also after an interruption.");

    private readonly Option<string> _junit = CommandOption.OutputFile(
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
    public IReadOnlyList<string> Command => _result.GetValue(_command) ?? [];

    /// <summary>Files and directories of recordings; if empty and nothing is generated, the recordings in this program.</summary>
    public IReadOnlyList<string> Recordings => _result.GetValue(_recordings) ?? [];

    /// <summary>Scenarios to generate.</summary>
    public int GenerateCount => _result.GetValue(_generate);

    /// <summary>The seed of the first generated scenario.</summary>
    public ulong Seed => _result.GetValue(_seed);

    /// <summary>The source of the expected results of generated and shrunk scenarios.</summary>
    public MachineSet Oracle => _result.GetValue(_against) is "host" ? MachineSet.Host : MachineSet.Model;

    /// <summary>The exactness required of the adapter.</summary>
    public ConformanceLevel Level => Words.Contains("relaxed", StringComparer.Ordinal) ? ConformanceLevel.Relaxed : ConformanceLevel.Exact;

    /// <summary>The levels of a course to run; null: whole scenarios, without levels.</summary>
    public IReadOnlyList<CourseLevel>? Course
    {
        get
        {
            CourseLevel[] asked = [.. CourseLevels.All.Where(level => Words.Any(word => TryReadRange(word, out int first, out int last)
                && (int)level >= first && (int)level <= last))];
            return asked.Length == 0 ? null : asked;
        }
    }

    /// <summary>True: the scenarios are listed and not run.</summary>
    public bool IsList => _result.GetValue(_list);

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

    private string[] Words => _result.GetValue(_level) ?? [];

    /// <summary>Builds the command for the parser; <paramref name="run"/> gets the options.</summary>
    public static Command Build(Func<ConformOptions, int> run)
    {
        ConformOptions options = new();
        Command command = new("conform",
            "Check any implementation of Linux' memory calls: run scenarios on COMMAND and compare every result.")
        {
            options._command, options._recordings, options._generate, options._seed, options._against, options._level, options._list,
            options._out,
            options._report, options._json, options._junit, options._anySpace, options._patience, options._shrink, options._progress,
        };
        command.Validators.Add(options.Check);
        options._level.Validators.Add(CheckLevel);
        options._level.CompletionSources.Add("exact", "relaxed", "1-5");
        command.SetAction(result =>
        {
            options._result = result;
            return run(options);
        });
        return command;
    }

    private void Check(CommandResult result)
    {
        bool isList = result.GetResult(_list) is not null, hasCommand = result.GetResult(_command) is { Tokens.Count: > 0 };
        bool hasCourse = result.GetResult(_level)?.Tokens.Any(static token => TryReadRange(token.Value, out _, out _)) ?? false;
        if (isList && hasCommand) result.AddError("--list runs nothing: leave out COMMAND");
        else if (!isList && !hasCommand) result.AddError("COMMAND is missing");
        else if (result.GetResult(_generate) is not null && (isList || hasCourse))
            result.AddError("levels are those of recordings: leave out --generate");
    }

    private static void CheckLevel(OptionResult result)
    {
        string[] words = [.. result.Tokens.Select(static token => token.Value)];
        if (words.FirstOrDefault(static word => word is not ("exact" or "relaxed") && !TryReadRange(word, out _, out _)) is { } other)
            result.AddError($"--level is exact, relaxed, a number from 1 to 5 or a range of them, not '{other}'");
        else if (words.Count(static word => word is "exact" or "relaxed") > 1 || words.Count(static word => char.IsAsciiDigit(word[0])) > 1)
            result.AddError("--level is given more than once");
    }

    /// <summary>Reads <c>3</c> or <c>1-3</c>. Returns false for anything else.</summary>
    private static bool TryReadRange(string word, out int first, out int last)
    {
        (first, last) = word switch
        {
            [>= '1' and <= '5'] => (word[0] - '0', word[0] - '0'),
            [>= '1' and <= '5', '-', >= '1' and <= '5'] when word[0] <= word[2] => (word[0] - '0', word[2] - '0'),
            _ => (0, 0),
        };
        return first != 0;
    }
}
