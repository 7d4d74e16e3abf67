using System.Text.Json;
using System.Text.RegularExpressions;
using Paging.Cli;
using Paging.Cli.Exercises;
using Paging.Scripting.Engine;

namespace Paging.Pictures.Tests;

/// <summary><c>paging exercise</c>: the engine computes the answers, and prints them only with --explain.</summary>
public sealed class ExerciseCommandTests
{
    public static TheoryData<string> Names => [.. Exercise.All.Select(static exercise => exercise.Name)];

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(["exercise", .. args], output, errors, static options => new EngineMachine(options));
        return (code, output.ToString(), errors.ToString());
    }

    private static Exercise Find(string name) =>
        Exercise.All.Single(exercise => string.Equals(exercise.Name, name, StringComparison.Ordinal));

    [Fact]
    public void ThereAreFourteenInThreeLessons()
    {
        Assert.Equal(14, Exercise.All.Select(static exercise => exercise.Name).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal([1, 2, 3], Exercise.All.Select(static exercise => exercise.Lesson).Distinct());
        Assert.All(Exercise.All, exercise => Assert.Contains($"  {exercise.Name} ", Run().Output, StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Names))]
    public void TheQuestionGivesNothingAway(string name)
    {
        (int code, string output, _) = Run(name);
        Assert.Equal(ExitCode.Agreement, code);
        Assert.Contains(Find(name).Question, output, StringComparison.Ordinal);
        Assert.DoesNotContain(Find(name).Reason, output, StringComparison.Ordinal);
        Assert.DoesNotContain(") = ", output, StringComparison.Ordinal);    // no call has its result
    }

    [Theory, MemberData(nameof(Names))]
    public void OnlyTheCountsOfTheEngineAreRight(string name)
    {
        long[] counted = [.. new ExerciseRun(Find(name)).Counted];
        (int code, string output, _) = Run(name, "--answer", string.Join(',', counted));
        Assert.Equal((ExitCode.Agreement, false), (code, output.Contains("wrong", StringComparison.Ordinal)));
        for (int i = 0; i < counted.Length; i++)
        {
            long[] other = [.. counted];
            other[i]++;
            (code, output, _) = Run(name, "--answer", string.Join(',', other));
            Assert.Equal((ExitCode.Difference, 2), (code, output.Split("wrong").Length));
            Assert.DoesNotContain(Find(name).Reason, output, StringComparison.Ordinal);
        }
    }

    /// <summary>The first hints hold no number of the answer; the second names just the calls that the third explains.</summary>
    [Theory, MemberData(nameof(Names))]
    public void HintsComeByDegrees(string name)
    {
        Exercise exercise = Find(name);
        ExerciseRun run = new(exercise);
        Assert.Equal((ExitCode.Agreement, $"{exercise.Thought}\nMore: --hint 2\n", ""), Run(name, "--hint", "1"));
        string second = Run(name, "--hint", "2").Output, third = Run(name, "--hint", "3").Output;
        Assert.All(exercise.Asked, asked => Assert.DoesNotContain(asked, second, StringComparison.Ordinal));
        for (int i = 0; i < exercise.Asked.Length; i++)
        {
            string last = $"{exercise.Asked[i]}: (?<before>[0-9]+) → {run.Counted[i]}(;|$)";
            Assert.Equal(run.Counted[i] != 0, Regex.IsMatch(third, last, RegexOptions.Multiline, TimeSpan.FromSeconds(10)));
        }

        Assert.Equal((ExitCode.Unusable, "", "paging exercise: --hint is 1, 2 or 3, not '4'\n"), Run(name, "--hint", "4"));
        Assert.Contains($"paging exercise {name} --hint 1", Run(name, "--answer", Wrong(run)).Output, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void ALecturersToolReadsJson(string name)
    {
        Exercise exercise = Find(name);
        ExerciseRun run = new(exercise);
        JsonElement question = Parse(Run(name, "--json").Output);
        Assert.Equal(name, question.GetProperty("exercise").GetString());
        Assert.Equal(exercise.Question, question.GetProperty("question").GetString());
        string[] calls = [.. question.GetProperty("calls").EnumerateArray().Select(static call => call.GetString()!)];
        Assert.Equal(run.Calls, calls, StringComparer.Ordinal);
        (int code, string output, _) = Run(name, "--json", "--answer", string.Join(',', run.Counted));
        Assert.Equal((ExitCode.Agreement, true), (code, Parse(output).GetProperty("right").GetBoolean()));
        (code, output, _) = Run(name, "--json", "--answer", Wrong(run));
        JsonElement[] numbers = [.. Parse(output).GetProperty("numbers").EnumerateArray()];
        Assert.Equal((ExitCode.Difference, false), (code, Parse(output).GetProperty("right").GetBoolean()));
        Assert.All(numbers, static number => Assert.False(number.GetProperty("right").GetBoolean()));
        Assert.Contains(Run("--json").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => string.Equals(Parse(line).GetProperty("exercise").GetString(), name, StringComparison.Ordinal));
    }

    private static string Wrong(ExerciseRun run) => string.Join(',', run.Counted.Select(static number => number + 1));

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement.Clone();

    [Theory]
    [InlineData("4")]
    [InlineData("4,2,1")]
    [InlineData("4,two")]
    [InlineData("-4,2")]
    public void AnAnswerThatIsNoneIsRefused(string answer)
    {
        (int code, _, string errors) = Run("fork", "--answer", answer);
        Assert.Equal((ExitCode.Unusable, $"paging exercise: --answer is 2 numbers with commas between, not '{answer}'\n"), (code, errors));
    }

    [Fact]
    public void AMistypedNameIsGuessed() => Assert.Contains("did you mean 'stack'?", Run("stak").Errors, StringComparison.Ordinal);

    /// <summary><c>paging view --out</c> writes the same kind of page of any run: each call with its result.</summary>
    [Fact]
    public void ARunIsOneFileForOthers()
    {
        string file = Path.GetTempFileName();
        using StringWriter output = new(), errors = new();
        string script = Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn");
        int code = CommandLine.Run(["view", script, "--out", file], output, errors, static options => new EngineMachine(options));
        string page = File.ReadAllText(file);
        File.Delete(file);
        Assert.Equal((ExitCode.Agreement, $"10 steps: open {file}\n", ""), (code, output.ToString(), errors.ToString()));
        Assert.Contains("[1] load(0x20002000) = 0x03", page, StringComparison.Ordinal);
        Assert.Contains("06-fork.scn", page, StringComparison.Ordinal);
        Assert.Contains("The whole run, call by call.", page, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void TheExplanationGoesThroughTheCallsWithPictures(string name)
    {
        string file = Path.GetTempFileName();
        Assert.Equal(ExitCode.Agreement, Run(name, "--explain", file).Code);
        string page = File.ReadAllText(file);
        File.Delete(file);
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.Contains(Find(name).Reason.Split('.')[0], page, StringComparison.Ordinal);
    }
}
