using Paging.Cli;
using Paging.Pictures.Pages;
using Paging.Scripting.Engine;
using Paging.Tour;

namespace Paging.Pictures.Tests;

/// <summary>The command <c>paging tour</c>, and rules for its stories.</summary>
public sealed class TourTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("paging-tour").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Stories => [.. Registered.Stories.Select(static story => story.Name)];

    private static (int Code, string Output, string Errors) Run(params string[] args)
    {
        using StringWriter output = new(), errors = new();
        int code = CommandLine.Run(args, output, errors, static options => new EngineMachine(options));
        return (code, output.ToString(), errors.ToString());
    }

    [Fact]
    public void TheListNamesEveryStoryOnce()
    {
        (int code, string output, _) = Run("tour", "--list");
        Assert.Equal(ExitCode.Agreement, code);
        Assert.Equal(Registered.Stories.Select(static story => story.Name), output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => line.Split(' ')[0]), StringComparer.Ordinal);
        Assert.Equal(36, Registered.Stories.Select(static story => story.Name).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>docs/TOUR.md lists the story for each figure of the articles: each is there once, in its chapter.</summary>
    [Fact]
    public void EveryStoryIsInTheTableOfTheArticlesFigures()
    {
        string[][] rows = [.. File.ReadLines(Path.Combine(ExerciseTests.Root, "docs", "TOUR.md"))
            .SkipWhile(static line => !line.StartsWith("## Where the articles' figures are", StringComparison.Ordinal))
            .Skip(1).TakeWhile(static line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(static line => line.StartsWith('|')).Skip(2).Select(static line => line.Split('|', StringSplitOptions.TrimEntries))];
        Assert.Equal(Registered.Stories.Select(static story => story.Name).Order(StringComparer.Ordinal),
            rows.Select(static row => row[3].Trim('`')).Order(StringComparer.Ordinal));
        foreach (string[] row in rows.Where(static row => row[1].Length == 1))
            Assert.StartsWith(row[1], Registered.FindStory(row[3].Trim('`'))!.Chapter, StringComparison.Ordinal);
    }

    [Fact]
    public void AStoryIsPrintedAndWritten()
    {
        (int code, string output, string errors) = Run("tour", "--story", "brk", "--out", _folder);
        Assert.Equal((ExitCode.Agreement, ""), (code, errors));
        Assert.Contains("do_anonymous_page()", output, StringComparison.Ordinal);
        string page = File.ReadAllText(Path.Combine(_folder, "tour.html"));
        Assert.DoesNotContain("http://", page.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        IEnumerable<string> figures = TourStories.All.Single(static story => story.Name is "brk").Steps.Index()
            .SelectMany(static step => step.Item.Figures.Select(figure => $"{step.Index + 1:00}-{figure.Key}.svg"));
        Assert.Equal(figures.Order(StringComparer.Ordinal), Directory.GetFiles(Path.Combine(_folder, "brk"))
            .Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AStoryThatThereIsNotIsRefusedInALine()
    {
        (int code, _, string errors) = Run("tour", "--story", "nothing", "--out", _folder);
        Assert.Equal((ExitCode.Unusable, "paging tour: there is no story 'nothing' (see paging tour --list)\n"), (code, errors));
    }

    [Fact]
    public void AFolderThatCannotBeMadeIsRefusedInALine()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        string below = Path.Combine(file, "below");
        (int code, string output, string errors) = Run("tour", "--story", "brk", "--out", below);    // before anything is told
        Assert.Equal((ExitCode.Unusable, "", $"{below}: cannot be written: no such file or directory\n"), (code, output, errors));
        if (!OperatingSystem.IsLinux()) return;
        (_, _, errors) = Run("tour", "--story", "brk", "--out", "/proc/x");
        Assert.Equal("/proc/x: cannot be written: no such file or directory\n", errors);    // the host's words, not .NET's
    }

    [Fact]
    public void WithoutOutNothingIsWritten()
    {
        string[] before = Directory.GetFileSystemEntries(Directory.GetCurrentDirectory());
        (int code, string output, string errors) = Run("tour", "brk");
        Assert.Equal((ExitCode.Agreement, ""), (code, errors));
        Assert.EndsWith("1 story, 5 steps; --out DIR writes them as a page with pictures\n", output, StringComparison.Ordinal);
        Assert.Equal(before, Directory.GetFileSystemEntries(Directory.GetCurrentDirectory()));
    }

    /// <summary>The engine is deterministic, and so is every story.</summary>
    [Trait("Category", "Medium")]
    [Theory, MemberData(nameof(Stories))]
    public void AStoryRunTwiceIsTheSame(string name)
    {
        Story first = TourStories.All.Single(story => string.Equals(story.Name, name, StringComparison.Ordinal)),
            second = Registered.FindStory(name)!.Tell();
        Assert.Equal(StoryPage.Write([first]), StoryPage.Write([second]));
    }

    [Theory, MemberData(nameof(Stories))]
    public void EveryStepHasPicturesAndOfEachKindOne(string name)
    {
        Story story = TourStories.All.Single(story => string.Equals(story.Name, name, StringComparison.Ordinal));
        Assert.InRange(story.Steps.Count, 3, 9);
        foreach (StoryStep step in story.Steps)
        {
            Assert.InRange(step.Figures.Count, 2, 6);
            Assert.Equal(step.Figures.Count, step.Figures.Select(static figure => figure.Key).Distinct(StringComparer.Ordinal).Count());
            Assert.InRange(step.Text.Length, 30, 700);
        }

        Assert.All(story.Steps.Skip(1), static step => Assert.NotEmpty(step.Call));
    }
}
