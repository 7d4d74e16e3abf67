using System.Globalization;
using System.Text.RegularExpressions;
using Paging.Cli.Exercises;
using Paging.Pictures.Snapshots;
using Paging.Scripting.Engine;
using Paging.Scripting.Parsing;
using Paging.Scripting.Running;

namespace Paging.Pictures.Tests;

/// <summary>The exercises of docs/TOUR.md: every scenario runs as it is written, and the counters are those of the table.</summary>
public sealed partial class ExerciseTests
{
    private static readonly string Docs = Path.Combine(Root, "docs");

    internal static string Root
    {
        get
        {
            string? folder = AppContext.BaseDirectory;
            while (folder is not null && !File.Exists(Path.Combine(folder, "Paging.sln"))) folder = Path.GetDirectoryName(folder);
            return folder ?? throw new DirectoryNotFoundException("The tests do not lie in the repository.");
        }
    }

    /// <summary>The rows of the table: the scenario, and the counters that it lists.</summary>
    public static TheoryData<string, string> Exercises
    {
        get
        {
            TheoryData<string, string> exercises = [];
            foreach (string line in File.ReadLines(Path.Combine(Docs, "TOUR.md")))
            {
                Match row = Row().Match(line);
                if (row.Success) exercises.Add(row.Groups["file"].Value, row.Groups["expected"].Value);
            }

            return exercises;
        }
    }

    [Fact]
    public void AllOfTheirFilesAreNamed()
    {
        string[] named = [.. Exercises.Select(static row => Path.GetFileName(row.Data.Item1))];
        Assert.Equal(Exercise.All.Length, named.Length);
        Assert.Equal(Directory.GetFiles(Path.Combine(Docs, "tour"), "*.scn").Select(Path.GetFileName).Order(StringComparer.Ordinal), named,
            StringComparer.Ordinal);
    }

    [Theory, MemberData(nameof(Exercises))]
    public void TheObservationAgreesWithTheTable(string file, string expected)
    {
        string path = Path.Combine(Docs, file);
        ScenarioDocument document = ScenarioParser.ParseFile(path);
        Exercise exercise = Exercise.All.Single(known => string.Equals(known.File, Path.GetFileName(file), StringComparison.Ordinal));
        using EngineMachine machine = new(ExerciseRun.MakeOptions(exercise));
        ScenarioOutcome outcome = ScenarioRunner.Run(document, machine, ScenarioRunOptions.Default);
        Assert.Empty(outcome.Differences);
        MachineView view = MachineView.Take(machine.Engine);
        Match[] counters = [.. Counter().Matches(expected).Cast<Match>()];
        Assert.NotEmpty(counters);
        foreach (Match counter in counters)
        {
            string name = counter.Groups["name"].Value;
            bool isKnown = view.Counters.Any(known => string.Equals(known.Name, name, StringComparison.Ordinal));
            Assert.True(isKnown || exercise.Asked.Contains(name, StringComparer.Ordinal), name);
            Assert.Equal(long.Parse(counter.Groups["value"].Value, CultureInfo.InvariantCulture), ExerciseCount.Of(view, name));
        }
    }

    [GeneratedRegex(@"^\| \d+ \| \[[^\]]+\]\((?<file>tour/[\w.-]+)\) \|[^|]*\|(?<expected>[^|]*)\|", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<name>[A-Za-z ]+) = (?<value>\d+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Counter();
}
