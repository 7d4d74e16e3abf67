using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Paging.Cli;
using Paging.Scripting.Calls;
using Paging.Testing.Conformance;

namespace Paging.Scripting.Tests;

/// <summary><c>paging conform --level 1-5</c>: recordings by what a course asks for, and a student's kernel with planted errors.</summary>
public sealed partial class CourseLevelTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("paging-levels-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    /// <summary>Each recording stands once, whole; what is cut from it needs its level and nothing above.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void EveryRecordingHasALevelAndNothingOfAHigherOne()
    {
        (CourseLevel Level, ConformanceScript Script)[] sorted = [.. CourseLevels.Sort(ConformanceScript.Recordings)];
        Assert.Equal(
            ConformanceScript.Recordings.Select(static script => script.Name).Order(StringComparer.Ordinal),
            sorted.Select(static one => one.Script.Name).Where(static name => !name.Contains(':', StringComparison.Ordinal))
                .Order(StringComparer.Ordinal), StringComparer.Ordinal);
        Assert.Distinct(sorted.Select(static one => one.Script.Name), StringComparer.Ordinal);
        foreach ((CourseLevel level, ConformanceScript script) in sorted)
        {
            Assert.Equal(level, CourseLevels.Of(script));
            Assert.All(script.Calls, call => Assert.True((CourseLevels.Of(call) ?? level) <= level, $"{script.Name}: {call}"));
            bool isOverlay = level == CourseLevel.UnmapAndSplit;    // a mapping over another is of this level by what was there
            Assert.True(isOverlay || level == CourseLevel.ReserveAndTouch || level == CourseLevel.Pressure
                || script.Calls.Any(call => CourseLevels.Of(call) == level), script.Name);
        }

        Assert.All(CourseLevels.All, level => Assert.True(sorted.Count(one => one.Level == level) >= 35, $"{level}"));
    }

    [Theory]
    [InlineData("hand-page-top", CourseLevel.ReserveAndTouch)]
    [InlineData("hand-vma-fixed-noreplace", CourseLevel.ReserveAndTouch)]
    [InlineData("hand-vma-fixed-overlay", CourseLevel.UnmapAndSplit)]
    [InlineData("hand-brk-basic", CourseLevel.UnmapAndSplit)]
    [InlineData("hand-cow-fork", CourseLevel.CopyOnWrite)]
    [InlineData("hand-shared-fork", CourseLevel.Files)]
    [InlineData("hand-truncate-sigbus", CourseLevel.Files)]
    [InlineData("hand-mlock-basic", CourseLevel.Pressure)]
    [InlineData("hand-growsdown-basic", CourseLevel.Pressure)]
    [InlineData("hand-mremap-move", CourseLevel.Pressure)]
    public void TheLevelIsTheHighestOfTheCalls(string name, CourseLevel level) =>
        Assert.Equal(level, CourseLevels.Of(
            ConformanceScript.Recordings.Single(script => string.Equals(script.Name, name, StringComparison.Ordinal))));

    /// <summary>The table of docs/CONFORMANCE.md has the names and the numbers.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheTableInTheDocumentHasTheNumbers()
    {
        string document = File.ReadAllText(Path.Combine(OtherKernelTests.Root, "docs", "CONFORMANCE.md"));
        (CourseLevel Level, ConformanceScript Script)[] sorted = [.. CourseLevels.Sort(ConformanceScript.Recordings)];
        Assert.All(CourseLevels.All, level => Assert.Matches(
            $@"(?m)^\| {(int)level} {CourseLevels.NameOf(level)} \| [^|]+ \| {sorted.Count(one => one.Level == level)} \|$", document));
    }

    /// <summary>The list is what would be run.</summary>
    [Trait("Category", "Medium")]
    [Fact]
    public void TheListNamesWhatIsRun()
    {
        CommandRun list = CommandRun.Of("conform", "--list", "--level", "2-3");
        Assert.Equal((0, ""), (list.Code, list.Errors));
        string[] heads = [.. list.Output.Split('\n').Where(static line => line.StartsWith("Level ", StringComparison.Ordinal))];
        Assert.Equal(["Level 2: unmap and split", "Level 3: copy on write, fork"], heads);
        Assert.Matches("(?m)^  hand-cow-fork +35 calls$", list.Output);
        Assert.Contains("  fork-s1:fork ", list.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hand-page-top", list.Output, StringComparison.Ordinal);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void TheEnginePassesEveryLevel()
    {
        string json = Path.Combine(_directory, "out.json");
        CommandRun run = Conform(["dotnet", typeof(CommandLine).Assembly.Location, "adapter"], "--level", "1-5", "--json", json);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.All(Rows(run), static row => Assert.Equal((row.Of, row.Calls), (row.Passed, row.CallsAgree)));
        Assert.Equal([1, 2, 3, 4, 5], Rows(run).Select(static row => row.Level));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal(Rows(run).Select(static row => row.Passed),
            document.RootElement.GetProperty("levels").EnumerateArray().Select(static level => level.GetProperty("passed").GetInt32()));
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void AStudentsKernelPassesItsThreeLevels()
    {
        CommandRun run = Conform([Compile(planted: 0)], "--level", "1-3");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.All(Rows(run), static row => Assert.Equal(row.Of, row.Passed));
        CommandRun above = Conform([Compile(planted: 0)], "--level", "4");
        Assert.Equal(1, above.Code);    // what it leaves out is not passed
        Assert.Equal(0, Assert.Single(Rows(above)).Passed);
        Assert.DoesNotContain("broken:", above.Output, StringComparison.Ordinal);
    }

    /// <summary>The level of an error is the first that is not passed, and a few calls show it.</summary>
    [Trait("Category", "Slow")]
    [Theory]
    [InlineData(1, "add(0x2")]
    [InlineData(2, "load(0x2")]
    [InlineData(3, "[1] load(0x2")]
    public void APlantedErrorIsFoundAtItsLevel(int planted, string last)
    {
        CommandRun run = Conform([Compile(planted)], "--level", "1-3", "--shrink", "300");
        Assert.Equal((1, ""), (run.Code, run.Errors));
        Assert.Equal(planted, Rows(run).First(static row => row.Passed < row.Of).Level);
        Row row = Rows(run)[planted - 1];
        Assert.True(row.Passed > 0 && row.CallsAgree > 0 && row.CallsAgree < row.Calls, $"{row}");    // partial credit
        string broken = run.Output[run.Output.IndexOf("broken:", StringComparison.Ordinal)..];
        string[] script = broken[..broken.IndexOf("\n\n", StringComparison.Ordinal)].Split('\n');
        Assert.True(script.Length <= 9, string.Join('\n', script));
        Assert.StartsWith($"  {last}", script[^3], StringComparison.Ordinal);
    }

    [Trait("Category", "Slow")]
    [Fact]
    public void ALevelWhoseOwnCallsAreLeftOutIsNotPassed()
    {
        const string adapter = "dotnet '{0}' adapter | sed -u 's/^supports.*/supports mmap load store areas resident/'";
        string shell = string.Format(null, adapter, typeof(CommandLine).Assembly.Location);
        CommandRun run = Conform(["/bin/sh", "-c", shell], "--level", "3");
        Assert.Equal(1, run.Code);
        Assert.Equal(0, Assert.Single(Rows(run)).Passed);
        Assert.Contains(" 0 differ, ", run.LastLine, StringComparison.Ordinal);
    }

    private static CommandRun Conform(string[] adapter, params string[] options)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the adapters here are programs of Linux");
        return CommandRun.Of(["conform", .. options, .. ConformTests.Patient(options), "--", .. adapter]);
    }

    private static Row[] Rows(CommandRun run) => [.. TableRow().Matches(run.Output).Select(static match =>
    {
        int[] numbers = [.. match.Groups["number"].Captures.Select(static capture => int.Parse(capture.Value, null))];
        return new Row(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
    })];

    private string Compile(int planted)
    {
        string source = Path.Combine(OtherKernelTests.Root, "samples", "adapters", "xv6.c");
        string program = Path.Combine(_directory, $"xv6-{planted}");
        if (File.Exists(program)) return program;
        try
        {
            string[] words = ["-O1", "-Wall", "-Wextra", "-Werror", $"-DPLANTED={planted}", "-o", program, source];
            ProcessStartInfo start = new("gcc", words) { UseShellExecute = false, RedirectStandardError = true };
            using Process compiler = Process.Start(start)!;
            string complaints = compiler.StandardError.ReadToEnd();
            compiler.WaitForExit();
            Assert.True(compiler.ExitCode == 0, complaints);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("There is no gcc here: apt-get install gcc");
        }

        return program;
    }

    private sealed record Row(int Level, int Passed, int Of, int CallsAgree, int Calls);

    [GeneratedRegex(@"(?m)^(?<number>[1-5]) [a-z, ]+?( +(?<number>\d+)){4}$", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex TableRow();
}
