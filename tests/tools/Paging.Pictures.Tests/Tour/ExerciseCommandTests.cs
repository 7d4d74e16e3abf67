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
    public void ThereAreTenInThreeLessons()
    {
        Assert.Equal(10, Exercise.All.Select(static exercise => exercise.Name).Distinct(StringComparer.Ordinal).Count());
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
