using System.Globalization;
using System.Xml.Linq;
using Paging.Cli;

namespace Paging.Pictures.Tests;

/// <summary><c>paging view --out FILE.svg</c>, and the recording in the README that it has made.</summary>
public sealed class RecordingTests : IDisposable
{
    /// <summary>The recording: mapped, a page fault, after fork(), a copy on write, and back.</summary>
    internal const string Visits = "1,2,6,7,6";

    private const string WriteVariable = "PAGING_WRITE_PICTURES";
    private const int ByteLengthMax = 150_000;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly string _folder = Directory.CreateTempSubdirectory("paging-recording").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    internal static string Committed => Path.Combine(ExerciseTests.Root, "docs", "pictures", "view.svg");

    private static string Script => Path.Combine(ExerciseTests.Root, "docs", "tour", "06-fork.scn");

    private static (int Code, string Said) View(params string[] args)
    {
        using StringWriter output = new();
        return (CommandLine.Run(["view", "--ram", "2M", .. args, Script], output, output, static _ => throw new NotSupportedException()),
            output.ToString());
    }

    private string Made()
    {
        string file = Path.Combine(_folder, "view.svg");
        (int code, string output) = View("--visit", Visits, "--out", file);
        Assert.True(code == ExitCode.Agreement, output);
        return File.ReadAllText(file);
    }

    [Fact]
    public void TheReadmesRecordingIsTheCommandsPresentOutput()
    {
        string made = Made();
        if (Environment.GetEnvironmentVariable(WriteVariable) is "1") File.WriteAllText(Committed, made);
        Assert.Equal(made, File.ReadAllText(Committed));
        Assert.InRange(new FileInfo(Committed).Length, 1, ByteLengthMax);
        Assert.Contains("docs/pictures/view.svg", File.ReadAllText(Path.Combine(ExerciseTests.Root, "README.md")),
            StringComparison.Ordinal);
    }

    /// <summary>Each scene describes its pictures in words. Back at an earlier call, the pictures are the earlier ones.</summary>
    [Fact]
    public void ItShowsAPageFaultACopyAndAStepBackToTheSameMachine()
    {
        XElement root = XElement.Parse(Made());
        Assert.NotEmpty(root.Element(Svg + "title")!.Value);
        Dictionary<string, XElement> pictures = root.Element(Svg + "defs")!.Elements()
            .ToDictionary(static picture => "#" + picture.Attribute("id")!.Value, StringComparer.Ordinal);
        string[][] scenes = [.. root.Elements(Svg + "g").Select(static scene =>
            scene.Elements(Svg + "use").Select(static use => use.Attribute("href")!.Value).ToArray())];
        string[] output = root.Element(Svg + "desc")!.Value.Split("; ");
        Assert.Equal(Visits.Split(',').Length, scenes.Length);
        Assert.Contains("minor fault", output[1], StringComparison.Ordinal);
        Assert.Contains("copied", output[3], StringComparison.Ordinal);
        Assert.StartsWith("back to call 6", output[4], StringComparison.Ordinal);
        Assert.Equal(scenes[2][1..], scenes[4][1..], StringComparer.Ordinal);
        Assert.NotEqual(scenes[2][0], scenes[4][0], StringComparer.Ordinal);
        Assert.NotEqual(scenes[2][1..], scenes[3][1..], StringComparer.Ordinal);

        int CountOf(int scene, string state) => scenes[scene].SelectMany(id => pictures[id].Descendants(Svg + "rect"))
            .Where(box => string.Equals(box.Attribute("data-count")?.Value, state, StringComparison.Ordinal))
            .Sum(static box => int.Parse(box.Attribute("data-of")!.Value, CultureInfo.InvariantCulture));
        Assert.Equal([0, 1, 4, 5, 4], Enumerable.Range(0, scenes.Length).Select(scene => CountOf(scene, "Anonymous")));
    }

    [Theory]
    [InlineData("--visit needs --out FILE.svg", "--visit", "1,2", "--out", "run.html")]
    [InlineData("--visit needs --out FILE.svg", "--visit", "1,2")]
    [InlineData("--visit is at most 30 numbers from 0 to 2147483647 with commas between, not '1,x'",
        "--visit", "1,x", "--out", "run.svg")]
    [InlineData("--visit is at most 30 numbers from 0 to 2147483647 with commas between, not '2147483648'",
        "--visit", "2147483648", "--out", "run.svg")]
    [InlineData("06-fork.scn has 10 calls: --visit 99 is none of them", "--visit", "1,99", "--out", "run.svg")]
    public void AnInvalidVisitIsRefusedInALine(string expected, params string[] args)
    {
        (int code, string output) = View(args);
        Assert.Equal(ExitCode.Unusable, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.False(File.Exists("run.svg"));
    }

    /// <summary>Without places to visit it is the whole run.</summary>
    [Fact]
    public void WithoutVisitsEveryCallIsAScene()
    {
        string file = Path.Combine(_folder, "all.svg");
        Assert.Equal((ExitCode.Agreement, $"11 scenes: open {file}\n"), View("--out", file));
        Assert.Equal(11, XElement.Load(file).Elements(Svg + "g").Count());
    }
}
